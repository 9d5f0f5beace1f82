// int8 convolution in AVX-512 with VNNI: as in AVX-VNNI with sixteen channels a vector.

#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))), apply_to = function)

#include "conv1d_pairs-avx512vnni.h"
#include "requantise-avx512.h"

enum { sumsMax = 24, rowsMax = 12 };

/// Four codes of every channel, fewer at a window's end.
ALWAYS_INLINE __m512i group_of(const int8_t *codes, size_t count, bool isSigned) {
  const __m512i four = _mm512_set1_epi32(conv1d_four(codes, count));
  return isSigned ? _mm512_xor_si512(four, _mm512_set1_epi8((char)0x80)) : four;
}

/// Adds one group of four codes of every window.
ALWAYS_INLINE void add_group(const conv1d_tile *place, size_t group, size_t count, __m512i *sums, size_t rows,
                             size_t vectors, bool isSigned) {
  const int8_t *weights = place->weight + group * groupBytes;
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    const __m512i four = group_of(place->input + row * place->step + 4 * group, count, isSigned);
    UNROLLED
    for (size_t v = 0; v < vectors; v++) {
      const __m512i panel = _mm512_loadu_si512(weights + v * panelChannels * place->rowLength);
      sums[row * vectors + v] = _mm512_dpbusd_epi32(sums[row * vectors + v], four, panel);
    }
  }
}

ALWAYS_INLINE void tile_of(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows,
                           size_t vectors, bool isSigned) {
  __m512i sums[sumsMax];
  UNROLLED
  for (size_t i = 0; i < rows * vectors; i++) {
    sums[i] = _mm512_loadu_si512(layer->bias + place->channel + i % vectors * panelChannels);
  }
  const size_t length = conv1d_length(layer), groups = length / 4;
  for (size_t group = 0; group < groups; group++) add_group(place, group, 4, sums, rows, vectors, isSigned);
  if (length % 4 != 0) add_group(place, groups, length % 4, sums, rows, vectors, isSigned);
  finish_avx512(layer, place, sums, rows, rows, vectors);
}

/// Adds one group to the eight channels that half a vector holds.
ALWAYS_INLINE void add_half_group(const conv1d_tile *place, size_t group, size_t count, __m256i *sums,
                                  size_t rows) {
  const __m256i panel = _mm256_loadu_si256((const __m256i *)(place->weight + group * groupBytes));
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    const int8_t *codes = place->input + row * place->step + 4 * group;
    sums[row] = _mm256_dpbusd_epi32(sums[row], _mm256_set1_epi32(conv1d_four(codes, count)), panel);
  }
}

ALWAYS_INLINE void half_tile_of(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  __m256i halves[rowsMax];
  UNROLLED
  for (size_t i = 0; i < rows; i++) {
    halves[i] = _mm256_loadu_si256((const __m256i *)(layer->bias + place->channel));
  }
  const size_t length = conv1d_length(layer), groups = length / 4;
  for (size_t group = 0; group < groups; group++) add_half_group(place, group, 4, halves, rows);
  if (length % 4 != 0) add_half_group(place, groups, length % 4, halves, rows);
  __m512i sums[rowsMax];
  UNROLLED
  for (size_t i = 0; i < rows; i++) sums[i] = _mm512_castsi256_si512(halves[i]);
  finish_avx512(layer, place, sums, rows, rows, 1);
}

#define TILE_1(n) tile_of(layer, place, n, 1, false)
#define TILE_2(n) tile_of(layer, place, n, 2, false)
#define TILE_3(n) tile_of(layer, place, n, 3, false)
#define TILE_4(n) tile_of(layer, place, n, 4, false)
#define TILE_HALF(n) half_tile_of(layer, place, n)
#define TILE_SIGNED(n) tile_of(layer, place, n, 1, true)

static void tile_unsigned(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  if (place->channels <= panelChannels / 2) {
    switch (rows) {
      CONV1D_CASES_6(TILE_HALF)
      default: TILE_HALF(12);
    }
    return;
  }
  switch ((place->channels + panelChannels - 1) / panelChannels) {
    case 1:
      switch (rows) {
        CONV1D_CASES_6(TILE_1)
        default: TILE_1(12);
      }
      break;
    case 2:
      switch (rows) {
        CONV1D_CASES_6(TILE_2)
        default: TILE_2(12);
      }
      break;
    case 3:
      switch (rows) {
        CONV1D_CASES_6(TILE_3)
        default: TILE_3(8);
      }
      break;
    default:
      switch (rows) { CONV1D_CASES_6(TILE_4) }
  }
}

/// Signed codes are those of the stem: one vector at a time will do.
static void tile_signed(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  switch (rows) {
    CONV1D_CASES_6(TILE_SIGNED)
    default: TILE_SIGNED(12);
  }
}

static void conv1d_s8_avx512vnni(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                                 int8_t *output, size_t outputCount) {
  if (layer->secondBias) {
    conv1d_pairs_avx512vnni(layer, input, skip, output, outputCount);
    return;
  }
  conv1d_tiling tiling = {.tile = tile_unsigned,
                          .vectorChannels = panelChannels,
                          .vectorsMax = 4,
                          .rowsMax = {rowsMax, rowsMax, 8, 6},
                          .restMax = 6,
                          .fewChannels = panelChannels / 2,
                          .fewRowsMax = rowsMax};
  if (layer->inputIsSigned) {
    tiling.tile = tile_signed;
    tiling.vectorsMax = 1;
    tiling.fewChannels = 0;
  }
  conv1d_walk(tiling, layer, input, skip, output, outputCount, (conv1d_length(layer) + 3) / 4 * 4);
}

#pragma clang attribute pop

const kernel_set kernels_avx512vnni = {
    "avx512vnni",
    {.panelChannels = 16, .groupLength = 4, .signedInputOffset = 128, .takesPairs = true},
    conv1d_s8_avx512vnni, frame_sums_s8_avx2};

#endif
