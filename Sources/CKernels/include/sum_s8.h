// Sum of int8 activations over time: frames to embedding.

#ifndef SUM_S8_H
#define SUM_S8_H

#include <stddef.h>
#include <stdint.h>

#include "kernel_attributes.h"

/// sum[c] = sum over t of input[t][c]. `input` is `[count][channels]`, `sum` takes `[channels]`;
/// exact while count < 2^24.
KERNEL_REAL_TIME
void sum_s8(const int8_t *input, size_t count, size_t channels, int32_t *sum);

#endif
