// Chooses the backend. There is one today; a faster one adds a row and the test of what the processor
// can do.

#include "kernels.h"

static const kernel_table portable = {"c", conv1d_s8_c, sum_s8_c, sum_squares_s8_c};

static const kernel_table *const chosen = &portable;

const char *kernels_name(void) { return chosen->name; }

void conv1d_s8(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
               int8_t *output, size_t outputCount) {
  chosen->conv1d_s8(layer, input, skip, output, outputCount);
}

void sum_s8(const int8_t *input, size_t count, size_t channels, int32_t *sum) {
  chosen->sum_s8(input, count, channels, sum);
}

void sum_squares_s8(const int8_t *input, size_t count, size_t channels, int32_t *sum) {
  chosen->sum_squares_s8(input, count, channels, sum);
}
