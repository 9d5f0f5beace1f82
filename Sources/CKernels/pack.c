// Weights in the order that a backend reads them, zeros where a panel or a group is not full, and the biases that
// take back what it adds to the input.

#include <string.h>

#include "conv1d_pairs.h"
#include "kernels.h"

enum { cacheLine = 64 };

static size_t round_up(size_t count, size_t multiple) { return (count + multiple - 1) / multiple * multiple; }

static bool is_paired(conv1d_s8_layout layout, const conv1d_s8_layer *layer, const int8_t *rows) {
  return layout.takesPairs && conv1d_pairs_are_exact(layer, rows);
}

static size_t row_length(const conv1d_s8_layer *layer, bool paired) {
  return paired ? conv1d_pair_length(layer) : (size_t)layer->kernel * (size_t)layer->inputChannels;
}

static size_t group_length(conv1d_s8_layout layout, size_t length) {
  return layout.groupIsRow ? round_up(length, (size_t)layout.groupLength) : (size_t)layout.groupLength;
}

static size_t weight_bytes(conv1d_s8_layout layout, size_t outputChannels, size_t length) {
  const size_t bytes = round_up(outputChannels, (size_t)layout.panelChannels) *
                       round_up(length, group_length(layout, length));
  return round_up(bytes, cacheLine);
}

static size_t bias_bytes(size_t outputChannels) {
  return round_up(round_up(outputChannels, conv1d_s8_channel_multiple) * sizeof(int32_t), cacheLine);
}

static size_t packed_size(conv1d_s8_layout layout, const conv1d_s8_layer *layer, bool paired) {
  const size_t channels = (size_t)layer->outputChannels;
  return weight_bytes(layout, channels, row_length(layer, paired)) + (paired ? 2 : 1) * bias_bytes(channels);
}

size_t conv1d_s8_packed_size(conv1d_s8_layout layout, const conv1d_s8_layer *layer, const int8_t *rows) {
  return packed_size(layout, layer, is_paired(layout, layer, rows));
}

/// Where a channel's first group lies, and how far the next one is.
static int8_t *first_group(conv1d_s8_layout layout, size_t length, size_t channel, int8_t *packed, size_t *step) {
  const size_t panel = (size_t)layout.panelChannels, group = group_length(layout, length);
  *step = panel * group;
  return packed + channel / panel * panel * round_up(length, group) + channel % panel * group;
}

static void pack_row(conv1d_s8_layout layout, const int8_t *row, size_t length, int8_t *place, size_t step) {
  const size_t group = group_length(layout, length);
  for (size_t i = 0; i < length; i += group, place += step) {
    memcpy(place, row + i, length - i < group ? length - i : group);
  }
}

/// The bias that takes back what `offset` added to every input code, modulo 2^32.
static int32_t bias_without(int32_t offset, int32_t bias, const int8_t *row, size_t length) {
  uint32_t sum = 0;
  for (size_t i = 0; i < length; i++) sum += (uint32_t)row[i];
  return (int32_t)((uint32_t)bias - (uint32_t)offset * sum);
}

size_t conv1d_s8_pack(conv1d_s8_layout layout, const int8_t *rows, const int32_t *bias, void *memory,
                      conv1d_s8_layer *layer) {
  const size_t channels = (size_t)layer->outputChannels;
  const bool paired = is_paired(layout, layer, rows);
  const size_t given = row_length(layer, false), length = row_length(layer, paired);
  const int32_t offset = layer->inputIsSigned ? layout.signedInputOffset : 0;
  int8_t *weight = memory;
  int32_t *first = (int32_t *)(weight + weight_bytes(layout, channels, length));
  int32_t *second = (int32_t *)((int8_t *)first + bias_bytes(channels));
  const size_t size = packed_size(layout, layer, paired);
  memset(memory, 0, size);
  for (size_t channel = 0; channel < channels; channel++) {
    const int8_t *row = rows + channel * given;
    size_t step;
    int8_t *place = first_group(layout, length, channel, weight, &step);
    if (paired) {
      conv1d_pair_row(layer, row, place, step);
      conv1d_pair_bias(layer, row, bias[channel], first + channel, second + channel);
    } else {
      pack_row(layout, row, length, place, step);
      first[channel] = bias_without(offset, bias[channel], row, length);
    }
  }
  layer->weight = weight;
  layer->bias = first;
  layer->secondBias = paired ? second : NULL;
  return size;
}
