// int8 convolution in AVX-VNNI: `vpdpbusd` adds four products of unsigned by signed bytes to 32 bits.
// Signed input is moved up by 128, which the bias takes back.

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,avxvnni"))), apply_to = function)

#include "requantise-avx2.h"

enum { sumsMax = 12, panelChannels = 8, groupBytes = 32 };

/// Adds one group of four codes of every window, fewer at a window's end.
ALWAYS_INLINE void add_group(const conv1d_tile *place, size_t group, size_t count, __m256i *sums, size_t rows,
                             size_t vectors, bool isSigned) {
  const int8_t *weights = place->weight + group * groupBytes;
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    const int8_t *codes = place->input + row * place->step + 4 * group;
    __m256i four = _mm256_set1_epi32(conv1d_four(codes, count));
    if (isSigned) four = _mm256_xor_si256(four, _mm256_set1_epi8((char)0x80));
    UNROLLED
    for (size_t v = 0; v < vectors; v++) {
      const __m256i *panel = (const __m256i *)(weights + v * 8 * place->rowLength);
      sums[row * vectors + v] =
          _mm256_dpbusd_avx_epi32(sums[row * vectors + v], four, _mm256_loadu_si256(panel));
    }
  }
}

ALWAYS_INLINE void tile_of(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows,
                           size_t vectors, bool isSigned) {
  __m256i sums[sumsMax];
  UNROLLED
  for (size_t i = 0; i < rows * vectors; i++) {
    sums[i] = _mm256_loadu_si256((const __m256i *)(layer->bias + place->channel + i % vectors * 8));
  }
  const size_t length = conv1d_length(layer), groups = length / 4;
  for (size_t group = 0; group < groups; group++) add_group(place, group, 4, sums, rows, vectors, isSigned);
  if (length % 4 != 0) add_group(place, groups, length % 4, sums, rows, vectors, isSigned);
  finish_avx2(layer, place, sums, rows, vectors);
}

#define TILE_1(n) tile_of(layer, place, n, 1, isSigned)
#define TILE_2(n) tile_of(layer, place, n, 2, isSigned)

ALWAYS_INLINE void tile(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows, bool isSigned) {
  if (place->channels > panelChannels) {
    switch (rows) { CONV1D_CASES_6(TILE_2) }
    return;
  }
  switch (rows) {
    CONV1D_CASES_6(TILE_1)
    default: TILE_1(12);
  }
}

static void tile_unsigned(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  tile(layer, place, rows, false);
}

static void tile_signed(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  tile(layer, place, rows, true);
}

static void conv1d_s8_avxvnni(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                              int8_t *output, size_t outputCount) {
  const conv1d_tiling tiling = {.tile = layer->inputIsSigned ? tile_signed : tile_unsigned,
                                .vectorChannels = 2 * panelChannels,
                                .vectorsMax = 1,
                                .rowsMax = {6},
                                .restMax = 6,
                                .fewChannels = panelChannels,
                                .fewRowsMax = 12};
  conv1d_walk(tiling, layer, input, skip, output, outputCount, (conv1d_length(layer) + 3) / 4 * 4);
}

#pragma clang attribute pop

const kernel_set kernels_avxvnni = {
    "avxvnni",
    {.panelChannels = panelChannels, .groupLength = 4, .signedInputOffset = 128},
    conv1d_s8_avxvnni, frame_sums_s8_avx2};

#endif
