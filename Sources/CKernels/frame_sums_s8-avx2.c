// The sums over time in AVX2.

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#include "frame_sums_s8.h"

void frame_sums_s8_avx2(const int8_t *input, size_t count, size_t channels, int32_t *sums, int32_t *squares) {
  frame_sums(input, count, channels, sums, squares);
}

#pragma clang attribute pop

#endif
