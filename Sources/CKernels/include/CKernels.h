// The arithmetic of the encoder, as C functions: the seam behind which an instruction set does the
// same sums faster. Every backend gives the same bits as the portable one.

#ifndef C_KERNELS_H
#define C_KERNELS_H

#include "conv1d_s8.h"
#include "frame_sums_s8.h"
#include "kernel_attributes.h"

/// A backend: functions for one instruction set. Lives forever.
typedef struct {
  /// "c", "neon", "neondot", "avx2", "avxvnni" or "avx512vnni".
  const char *name;
  /// How it wants weights.
  conv1d_s8_layout layout;
  conv1d_s8_function *conv1d_s8;
  frame_sums_s8_function *frame_sums_s8;
} kernel_set;

/// The backends that were built for this architecture and that this processor can run, fastest first;
/// the portable one is the last. NULL beyond them.
const kernel_set *kernels_at(size_t index);

/// Runs a convolution on a backend; see `conv1d_s8_function`.
KERNEL_REAL_TIME
static inline void conv1d_s8(const kernel_set *kernels, const conv1d_s8_layer *layer, const int8_t *input,
                             const int8_t *skip, int8_t *output, size_t outputCount) {
  kernels->conv1d_s8(layer, input, skip, output, outputCount);
}

/// Adds up frames on a backend; see `frame_sums_s8_function`.
KERNEL_REAL_TIME
static inline void frame_sums_s8(const kernel_set *kernels, const int8_t *input, size_t count, size_t channels,
                                 int32_t *sums, int32_t *squares) {
  kernels->frame_sums_s8(input, count, channels, sums, squares);
}

#endif
