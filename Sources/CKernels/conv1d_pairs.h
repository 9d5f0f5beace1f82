// Two neighbouring windows of three steps from four products instead of six: Winograd's minimal filtering F(2, 3)
// (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015). With the steps d0 to d3 that the two
// windows span, and weights g0 to g2,
//
//   first window  = m0 + (m1 + m2) / 2      m0 = (d0 - d2) g0    m1 = (d1 + d2) (g0 + g1 + g2)
//   second window = (m1 - m2) / 2 - m3      m3 = (d1 - d3) g2    m2 = (d2 - d1) (g0 - g1 + g2)
//
// All of it is exact in integers: m1 + m2 and m1 - m2 are even. With codes of 0..127 the four parts of the input fit
// a byte, moved up by `conv1d_pair_offset` where they may be negative, and the four parts of the weights fit one
// where no sum is beyond -127..127. Sums of up to `conv1d_pair_inputs_max` products stay far below 2^31.

#ifndef CONV1D_PAIRS_H
#define CONV1D_PAIRS_H

#include "kernels.h"

enum {
  conv1d_pair_parts = 4,
  /// Channels of which the parts lie together: `[group of channels][part][channel of the group]`.
  conv1d_pair_group = 4,
  /// What is added to all parts of the input but d1 + d2.
  conv1d_pair_offset = 128,
  /// Channels of the input at most.
  conv1d_pair_inputs_max = 1024,
};

/// Whether a layer's windows can be computed in pairs.
bool conv1d_pairs_are_exact(const conv1d_s8_layer *layer, const int8_t *rows);

/// Bytes of a pair's input, and of a channel's weights.
ALWAYS_INLINE size_t conv1d_pair_length(const conv1d_s8_layer *layer) {
  const size_t inputs = (size_t)layer->inputChannels;
  return (inputs + conv1d_pair_group - 1) / conv1d_pair_group * conv1d_pair_group * conv1d_pair_parts;
}

/// Writes the parts of one channel's weights, `[kernel][inputChannels]`, four bytes at a time, every `step` bytes.
void conv1d_pair_row(const conv1d_s8_layer *layer, const int8_t *row, int8_t *parts, size_t step);

/// The biases of the first and the second window of a pair, with what takes the offset back; the second one's is
/// subtracted with m3.
void conv1d_pair_bias(const conv1d_s8_layer *layer, const int8_t *row, int32_t bias, int32_t *first,
                      int32_t *second);

#endif
