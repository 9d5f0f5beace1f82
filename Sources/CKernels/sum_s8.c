// Portable sum over time.

#include "kernels.h"

void sum_s8(const int8_t *input, size_t count, size_t channels, int32_t *sum) {
  for (size_t channel = 0; channel < channels; channel++) sum[channel] = 0;
  for (size_t t = 0; t < count; t++) {
    const int8_t *row = input + t * channels;
    for (size_t channel = 0; channel < channels; channel++) sum[channel] += row[channel];
  }
}
