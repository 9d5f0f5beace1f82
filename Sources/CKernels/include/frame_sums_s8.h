// Sums of int8 activations and of their squares over time: frames to embedding.

#ifndef FRAME_SUMS_S8_H
#define FRAME_SUMS_S8_H

#include <stddef.h>
#include <stdint.h>

/// sums[c] = sum over t of input[t][c], squares[c] = sum over t of input[t][c]^2; `squares` may be NULL.
/// `input` is `[count][channels]`, the others take `[channels]`; exact while count < 2^17.
typedef void frame_sums_s8_function(const int8_t *input, size_t count, size_t channels, int32_t *sums,
                                    int32_t *squares);

#endif
