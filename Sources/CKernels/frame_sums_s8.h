// The loops of the sums over time, which compilers turn into vectors of the instruction set of the file that
// includes them: blocks of sixteen channels stay in registers over all frames.

#ifndef FRAME_SUMS_S8_LOOPS_H
#define FRAME_SUMS_S8_LOOPS_H

#include "kernels.h"

enum { frame_sums_block = 16 };

/// Adds up `width` channels of frames that lie `channels` apart.
ALWAYS_INLINE void frame_sums_of(const int8_t *input, size_t count, size_t channels, size_t width, int32_t *sums,
                                 int32_t *squares) {
  int32_t sum[frame_sums_block] = {0}, square[frame_sums_block] = {0};
  for (size_t t = 0; t < count; t++, input += channels) {
    for (size_t c = 0; c < width; c++) {
      const int16_t code = input[c];
      sum[c] += code;
      square[c] += (int16_t)(code * code);
    }
  }
  for (size_t c = 0; c < width; c++) {
    sums[c] = sum[c];
    if (squares) squares[c] = square[c];
  }
}

ALWAYS_INLINE void frame_sums(const int8_t *input, size_t count, size_t channels, int32_t *sums, int32_t *squares) {
  size_t first = 0;
  for (; first + frame_sums_block <= channels; first += frame_sums_block) {
    frame_sums_of(input + first, count, channels, frame_sums_block, sums + first, squares ? squares + first : NULL);
  }
  if (first < channels) {
    frame_sums_of(input + first, count, channels, channels - first, sums + first, squares ? squares + first : NULL);
  }
}

#endif
