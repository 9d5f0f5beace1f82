// int8 convolution along time with bias, requantisation, optional skip connection and clamp: one layer
// of the encoder. Arithmetic as docs/model-format.md fixes it; every backend gives the same bits.

#ifndef CONV1D_S8_H
#define CONV1D_S8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel_attributes.h"

/// Numbers of channels that the arrays of a layer are padded to with zeros, so that a backend may read
/// whole vectors of them.
enum { conv1d_s8_channel_multiple = 16 };

/// A layer's constants. The arrays belong to the caller and must live as long as the layer is used.
typedef struct {
  /// `[outputChannels][kernel][inputChannels]`, -127..127, as the backend's `conv1d_s8_pack` wrote them.
  const int8_t *weight;
  /// `[outputChannels]`, padded, from there too. |bias| + sum |weight| * 127 must stay below 2^31 in every
  /// output channel.
  const int32_t *bias;
  /// The same for every second window where windows are computed in pairs; NULL where each is on its own.
  const int32_t *secondBias;
  /// `[outputChannels]`, padded, >= 0.
  const int32_t *multiplier;
  /// `[outputChannels]`, padded, >= 0; NULL where the layer adds no skip.
  const int32_t *skipMultiplier;
  /// Time steps a window spans; input steps between windows; both >= 1.
  int32_t kernel;
  int32_t stride;
  int32_t inputChannels;
  int32_t outputChannels;
  /// 1..62: both products together (below 2^62) and the rounding half (at most 2^61) fit 64 bits. What
  /// remains after the shift must fit 32 bits.
  int32_t shift;
  /// -127 <= minimum <= maximum <= 127.
  int32_t minimum;
  int32_t maximum;
  /// Whether input codes may be negative (-127..127); 0..127 otherwise.
  bool inputIsSigned;
  /// Whether no weight is beyond -63..63, so that four products add up within 16 bits.
  bool weightsAreNarrow;
} conv1d_s8_layer;

/// y[t][o] = clamp((acc * multiplier[o] + skip[t][o] * skipMultiplier[o] + 2^(shift-1)) >> shift)
/// with acc = bias[o] + sum over k, i of weight[o][k][i] * input[t * stride + k][i].
///
/// `input` is `[time][inputChannels]` from the first time step of the first window (crop applied) and
/// holds (outputCount - 1) * stride + kernel steps; nothing beyond them is read. `skip` is
/// `[time][outputChannels]` from the step added to the first output (skip crop applied), NULL without
/// skip. `output` takes `[outputCount][outputChannels]` and overlaps neither. All codes are in -127..127.
typedef void conv1d_s8_function(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                                int8_t *output, size_t outputCount);

/// How a backend reads weights: `[panel][group][channel of the panel][weight of the group]`.
typedef struct {
  /// Channels side by side in one panel; channels are padded to a multiple of it with zeros.
  int32_t panelChannels;
  /// Consecutive weights of one channel; rows are padded to a multiple of it with zeros.
  int32_t groupLength;
  /// Whether a group is the whole row, padded to `groupLength`.
  bool groupIsRow;
  /// What is added to signed input codes before they are multiplied: the packed bias takes it back,
  /// bias - offset * sum of the row's weights (modulo 2^32).
  int32_t signedInputOffset;
  /// Whether neighbouring windows are computed in pairs where that is exact (conv1d_pairs.h).
  bool takesPairs;
} conv1d_s8_layout;

/// Bytes of a layer's packed weights and biases. `layer` describes shape and input; its arrays are not read.
/// `rows` is `[outputChannels][kernel][inputChannels]`.
size_t conv1d_s8_packed_size(conv1d_s8_layout layout, const conv1d_s8_layer *layer, const int8_t *rows);

/// Packs rows and `bias`, `[outputChannels]`, into `memory`, of `conv1d_s8_packed_size` bytes on a cache line, and
/// points the layer's `weight`, `bias` and `secondBias` there. Returns those bytes.
size_t conv1d_s8_pack(conv1d_s8_layout layout, const int8_t *rows, const int32_t *bias, void *memory,
                      conv1d_s8_layer *layer);

#endif
