// The weights of windows that are computed in pairs; see conv1d_pairs.h.

#include "conv1d_pairs.h"

#include <stdlib.h>

/// A part of the weights of one channel at one step of the input.
static int32_t part_of(const int8_t *row, size_t inputs, size_t input, int part) {
  const int32_t g0 = row[input], g1 = row[inputs + input], g2 = row[2 * inputs + input];
  switch (part) {
    case 0: return g0;
    case 1: return g0 + g1 + g2;
    case 2: return g0 - g1 + g2;
    default: return g2;
  }
}

bool conv1d_pairs_are_exact(const conv1d_s8_layer *layer, const int8_t *rows) {
  if (layer->kernel != 3 || layer->stride != 1 || layer->inputIsSigned) return false;
  if (layer->inputChannels > conv1d_pair_inputs_max) return false;
  const size_t inputs = (size_t)layer->inputChannels;
  for (size_t channel = 0; channel < (size_t)layer->outputChannels; channel++) {
    const int8_t *row = rows + channel * 3 * inputs;
    for (size_t input = 0; input < inputs; input++) {
      if (abs(part_of(row, inputs, input, 1)) > 127 || abs(part_of(row, inputs, input, 2)) > 127) return false;
    }
  }
  return true;
}

void conv1d_pair_row(const conv1d_s8_layer *layer, const int8_t *row, int8_t *parts, size_t step) {
  const size_t inputs = (size_t)layer->inputChannels;
  for (size_t input = 0; input < inputs; input++) {
    const size_t group = input / conv1d_pair_group, place = input % conv1d_pair_group;
    for (int part = 0; part < conv1d_pair_parts; part++) {
      parts[(group * conv1d_pair_parts + (size_t)part) * step + place] = (int8_t)part_of(row, inputs, input, part);
    }
  }
}

// Modulo 2^32: the offset adds 128 g0 to m0, 128 (g0 - g1 + g2) to m2 and 128 g2 to m3 of every channel.
void conv1d_pair_bias(const conv1d_s8_layer *layer, const int8_t *row, int32_t bias, int32_t *first,
                      int32_t *second) {
  const size_t inputs = (size_t)layer->inputChannels;
  uint32_t sums[conv1d_pair_parts] = {0};
  for (size_t input = 0; input < inputs; input++) {
    for (int part = 0; part < conv1d_pair_parts; part++) {
      sums[part] += (uint32_t)part_of(row, inputs, input, part);
    }
  }
  const uint32_t half = conv1d_pair_offset / 2;
  *first = (int32_t)((uint32_t)bias - conv1d_pair_offset * sums[0] - half * sums[2]);
  *second = (int32_t)(-((uint32_t)bias + conv1d_pair_offset * sums[3] + half * sums[2]));
}
