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

/// Four codes, fewer at a window's end, in every lane.
ALWAYS_INLINE int8x16_t four_at(const int8_t *codes, size_t count) {
  return vreinterpretq_s8_s32(vdupq_n_s32(conv1d_four(codes, count)));
}

/// `count` codes of the eight channels of two vectors, of every window.
ALWAYS_INLINE void finish_eight(const conv1d_s8_layer *layer, const conv1d_tile *place, const int32x4_t *sums,
                                size_t rows, size_t vectors, size_t first, size_t count, bool skips) {
  const size_t channels = (size_t)layer->outputChannels;
  const requantisation low = requantisation_of(layer, place->channel + first, skips);
  const requantisation high = requantisation_of(layer, place->channel + first + 4, skips);
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    const size_t offset = row * channels + first;
    const int16x8_t skip = skips ? vmovl_s8(load_codes(place->skip + offset, count)) : vdupq_n_s16(0);
    const int32x4_t *of = sums + row * vectors + first / 4;
    const uint64_t codes = clamped(low, requantise(low, of[0], vget_low_s16(skip), skips),
                                   requantise(high, of[1], vget_high_s16(skip), skips));
    memcpy(place->output + offset, &codes, count);
  }
}

/// The codes of a tile from its sums, `[rows][vectors]`, of which `count` channels exist.
ALWAYS_INLINE void finish_sums(const conv1d_s8_layer *layer, const conv1d_tile *place, const int32x4_t *sums,
                               size_t rows, size_t vectors, size_t count, bool skips) {
  UNROLLED
  for (size_t first = 0; first < 4 * vectors; first += 8) {
    const size_t left = count - first;
    finish_eight(layer, place, sums, rows, vectors, first, left < 8 ? left : 8, skips);
  }
}

/// The same, with the usual numbers of channels known when compiling.
ALWAYS_INLINE void finish(const conv1d_s8_layer *layer, const conv1d_tile *place, const int32x4_t *sums,
                          size_t rows, size_t vectors) {
  if (place->channels < 4 * vectors) {
    finish_sums(layer, place, sums, rows, vectors, place->channels, place->skip != NULL);
  } else if (place->skip) {
    finish_sums(layer, place, sums, rows, vectors, 4 * vectors, true);
  } else {
    finish_sums(layer, place, sums, rows, vectors, 4 * vectors, false);
  }
}

ALWAYS_INLINE void tile_of(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows, size_t vectors) {
  int32x4_t sums[rowsMax * vectorsMax];
  UNROLLED
  for (size_t i = 0; i < rows * vectors; i++) {
    sums[i] = vld1q_s32(layer->bias + place->channel + i % vectors * 4);
  }
  const int8_t *input[rowsMax], *weights = place->weight;
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    input[row] = place->input + row * place->step;
    CONV1D_OPAQUE(input[row])
  }
  const size_t length = conv1d_length(layer), whole = length / 16 * 16, fours = length / 4 * 4;
  for (size_t i = 0; i < whole; i += 16, weights += 16 * panelChannels) {
    int8x16_t codes[rowsMax];
    UNROLLED
    for (size_t row = 0; row < rows; row++) codes[row] = vld1q_s8(input[row] + i);
    ADD_LANE(0)
    ADD_LANE(1)
    ADD_LANE(2)
    ADD_LANE(3)
  }
  for (size_t i = whole; i < fours; i += 4, weights += 4 * panelChannels) {
    int8x16_t codes[rowsMax];
    UNROLLED
    for (size_t row = 0; row < rows; row++) codes[row] = four_at(input[row] + i, 4);
    ADD_LANE(0)
  }
  if (fours < length) {
    int8x16_t codes[rowsMax];
    UNROLLED
    for (size_t row = 0; row < rows; row++) codes[row] = four_at(input[row] + fours, length - fours);
    ADD_LANE(0)
  }
  finish(layer, place, sums, rows, vectors);
}

#define TILE_2(n) tile_of(layer, place, n, 2)
#define TILE_4(n) tile_of(layer, place, n, 4)

static void tile(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  if (place->channels <= 8) {
    switch (rows) { CONV1D_CASES_6(TILE_2) }
    return;
  }
  switch (rows) { CONV1D_CASES_6(TILE_4) }
}

static void conv1d_s8_neondot(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                              int8_t *output, size_t outputCount) {
  const conv1d_tiling tiling = {.tile = tile,
                                .vectorChannels = panelChannels,
                                .vectorsMax = 1,
                                .rowsMax = {rowsMax},
                                .restMax = rowsMax};
  conv1d_walk(tiling, layer, input, skip, output, outputCount, (conv1d_length(layer) + 3) / 4 * 4);
}

#pragma clang attribute pop

const kernel_set kernels_neondot = {
    "neondot", {.panelChannels = panelChannels, .groupLength = 4}, conv1d_s8_neondot, frame_sums_s8_c};

#endif
