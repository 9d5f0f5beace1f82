// Sum of squared int8 activations over time: with the plain sum, how much frames differ.

#ifndef SUM_SQUARES_S8_H
#define SUM_SQUARES_S8_H

#include <stddef.h>
#include <stdint.h>

#include "kernel_attributes.h"

/// sum[c] = sum over t of input[t][c]^2. `input` is `[count][channels]`, `sum` takes `[channels]`;
/// exact while count < 2^17.
KERNEL_REAL_TIME
void sum_squares_s8(const int8_t *input, size_t count, size_t channels, int32_t *sum);

#endif
