// Portable int8 convolution: the reference that every other backend must equal, written so that the
// compiler can use whatever vectors the target has.

#include "kernels.h"

// A window of `kernel` time steps lies contiguous in [time][channel] memory, in the order of a row of
// weights: each output is one dot product of `length` bytes. Four rows share the loads of the window.
enum { rowsAtOnce = 4 };

static void dot4(const int8_t *restrict window, const int8_t *restrict weight, size_t length,
                 int32_t *restrict sums) {
  const int8_t *restrict row1 = weight + length;
  const int8_t *restrict row2 = row1 + length;
  const int8_t *restrict row3 = row2 + length;
  int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
  for (size_t i = 0; i < length; i++) {
    sum0 += window[i] * weight[i];
    sum1 += window[i] * row1[i];
    sum2 += window[i] * row2[i];
    sum3 += window[i] * row3[i];
  }
  sums[0] = sum0;
  sums[1] = sum1;
  sums[2] = sum2;
  sums[3] = sum3;
}

static int32_t dot(const int8_t *restrict window, const int8_t *restrict weight, size_t length) {
  int32_t sum = 0;
  for (size_t i = 0; i < length; i++) sum += window[i] * weight[i];
  return sum;
}

// The shift of a negative number is arithmetic on every compiler this builds with: rounds halves up.
static int8_t requantise(const conv1d_s8_layer *layer, int32_t accumulator, const int8_t *skip,
                         size_t channel) {
  int64_t value = (int64_t)accumulator * layer->multiplier[channel];
  if (skip) value += (int64_t)skip[channel] * layer->skipMultiplier[channel];
  value = (value + ((int64_t)1 << (layer->shift - 1))) >> layer->shift;
  if (value < layer->minimum) value = layer->minimum;
  if (value > layer->maximum) value = layer->maximum;
  return (int8_t)value;
}

static void conv1d_s8_c(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                        int8_t *output, size_t outputCount) {
  const size_t channels = (size_t)layer->outputChannels;
  const size_t step = (size_t)layer->stride * (size_t)layer->inputChannels;
  const size_t length = (size_t)layer->kernel * (size_t)layer->inputChannels;
  for (size_t t = 0; t < outputCount; t++) {
    const int8_t *window = input + t * step;
    const int8_t *skipped = skip ? skip + t * channels : NULL;
    int8_t *row = output + t * channels;
    size_t channel = 0;
    for (; channel + rowsAtOnce <= channels; channel += rowsAtOnce) {
      int32_t sums[rowsAtOnce];
      dot4(window, layer->weight + channel * length, length, sums);
      for (size_t i = 0; i < rowsAtOnce; i++) {
        const int32_t accumulator = layer->bias[channel + i] + sums[i];
        row[channel + i] = requantise(layer, accumulator, skipped, channel + i);
      }
    }
    for (; channel < channels; channel++) {
      const int32_t sum = dot(window, layer->weight + channel * length, length);
      row[channel] = requantise(layer, layer->bias[channel] + sum, skipped, channel);
    }
  }
}

const kernel_set kernels_c = {"c", {.panelChannels = 1, .groupLength = 1}, conv1d_s8_c, frame_sums_s8_c};
