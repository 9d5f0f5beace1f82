// int8 convolution along time with bias, requantisation, optional skip connection and clamp: one layer
// of the encoder. Arithmetic as docs/model-format.md fixes it; every backend gives the same bits.

#ifndef CONV1D_S8_H
#define CONV1D_S8_H

#include <stddef.h>
#include <stdint.h>

#include "kernel_attributes.h"

/// A layer's constants. The arrays belong to the caller and must live as long as the layer is used.
typedef struct {
  /// `[outputChannels][kernel][inputChannels]`, -127..127.
  const int8_t *weight;
  /// `[outputChannels]`. |bias| + sum |weight| * 127 must stay below 2^31 in every output channel.
  const int32_t *bias;
  /// `[outputChannels]`, >= 0.
  const int32_t *multiplier;
  /// `[outputChannels]`, >= 0; NULL where the layer adds no skip.
  const int32_t *skipMultiplier;
  /// Time steps a window spans; input steps between windows; both >= 1.
  int32_t kernel;
  int32_t stride;
  int32_t inputChannels;
  int32_t outputChannels;
  /// 1..62: the products (below 2^62) and the rounding half (at most 2^61) fit 64 bits.
  int32_t shift;
  /// -127 <= minimum <= maximum <= 127.
  int32_t minimum;
  int32_t maximum;
} conv1d_s8_layer;

/// y[t][o] = clamp((acc * multiplier[o] + skip[t][o] * skipMultiplier[o] + 2^(shift-1)) >> shift)
/// with acc = bias[o] + sum over k, i of weight[o][k][i] * input[t * stride + k][i].
///
/// `input` is `[time][inputChannels]` from the first time step of the first window (crop applied) and
/// holds (outputCount - 1) * stride + kernel steps. `skip` is `[time][outputChannels]` from the step
/// added to the first output (skip crop applied), NULL without skip. `output` takes
/// `[outputCount][outputChannels]` and overlaps neither. All codes are in -127..127.
KERNEL_REAL_TIME
void conv1d_s8(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
               int8_t *output, size_t outputCount);

#endif
