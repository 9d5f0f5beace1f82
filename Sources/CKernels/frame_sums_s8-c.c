// Portable sums over time.

#include "frame_sums_s8.h"

void frame_sums_s8_c(const int8_t *input, size_t count, size_t channels, int32_t *sums, int32_t *squares) {
  frame_sums(input, count, channels, sums, squares);
}
