// int8 convolution in NEON with dot products (ARMv8.2, Cortex-A76): `sdot` adds four products to each of
// four channels; a register of sixteen codes serves four of them by lane.

#if defined(__aarch64__)

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#include "requantise-neon.h"

enum { rowsMax = 6, panelChannels = 16, vectorsMax = 4 };

/// Adds four codes of every window, given as lane `lane` of sixteen.
#define ADD_LANE(lane)                                                                                \
  UNROLLED                                                                                            \
  for (size_t v = 0; v < vectors; v++) {                                                              \
    const int8x16_t panel = vld1q_s8(weights + (lane) * 4 * panelChannels + 16 * v);                  \
    UNROLLED                                                                                          \
    for (size_t row = 0; row < rows; row++) {                                                         \
      sums[row * vectors + v] = vdotq_laneq_s32(sums[row * vectors + v], panel, codes[row], lane);    \
    }                                                                                                 \
  }

/// Sums of a tile, `[rows][panelChannels]`.
ALWAYS_INLINE void tile_of(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows, size_t vectors,
                           int32_t *stored) {
  int32x4_t sums[rowsMax * vectorsMax];
  UNROLLED
  for (size_t i = 0; i < rows * vectors; i++) {
    sums[i] = vld1q_s32(layer->bias + place->channel + i % vectors * 4);
  }
  const int8_t *input = place->input, *weights = place->weight;
  const size_t step = place->step, length = conv1d_length(layer), whole = length / 16 * 16;
  for (const int8_t *end = input + whole; input != end; input += 16, weights += 16 * panelChannels) {
    int8x16_t codes[rowsMax];
    UNROLLED
    for (size_t row = 0; row < rows; row++) codes[row] = vld1q_s8(input + row * step);
    ADD_LANE(0)
    ADD_LANE(1)
    ADD_LANE(2)
    ADD_LANE(3)
  }
  for (size_t i = whole; i < length; i += 4, weights += 4 * panelChannels) {
    const size_t count = length - i < 4 ? length - i : 4;
    int8x16_t codes[rowsMax];
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      codes[row] = vreinterpretq_s8_s32(vdupq_n_s32(conv1d_four(place->input + row * step + i, count)));
    }
    ADD_LANE(0)
  }
  UNROLLED
  for (size_t i = 0; i < rows * vectors; i++) {
    vst1q_s32(stored + i / vectors * panelChannels + i % vectors * 4, sums[i]);
  }
}

ALWAYS_INLINE void tile_rows(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows,
                             size_t vectors, int32_t *stored) {
  switch (rows) {
    case 1: return tile_of(layer, place, 1, vectors, stored);
    case 2: return tile_of(layer, place, 2, vectors, stored);
    case 3: return tile_of(layer, place, 3, vectors, stored);
    case 4: return tile_of(layer, place, 4, vectors, stored);
    case 5: return tile_of(layer, place, 5, vectors, stored);
    default: return tile_of(layer, place, 6, vectors, stored);
  }
}

ALWAYS_INLINE void tile(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  int32_t stored[rowsMax * panelChannels];
  if (place->channels > 8) {
    tile_rows(layer, place, rows, 4, stored);
  } else {
    tile_rows(layer, place, rows, 2, stored);
  }
  finish_tile_neon(layer, place, stored, rows, panelChannels);
}

static void conv1d_s8_neondot(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                              int8_t *output, size_t outputCount) {
  const conv1d_tiling tiling = {tile, panelChannels, 1, {rowsMax}, rowsMax};
  conv1d_walk(tiling, layer, input, skip, output, outputCount, (conv1d_length(layer) + 3) / 4 * 4);
}

#pragma clang attribute pop

const kernel_set kernels_neondot = {
    "neondot", {.panelChannels = panelChannels, .groupLength = 4}, conv1d_s8_neondot};

#endif
