// int8 convolution in AVX-512 with VNNI: as in AVX-VNNI with sixteen channels a vector.

#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))), apply_to = function)

#include <immintrin.h>

#include "conv1d_tiles.h"

enum { sumsMax = 24, rowsMax = 12, panelChannels = 16, groupBytes = 64 };

/// The constants of sixteen channels; odd ones moved to where `vpmuldq` reads.
typedef struct {
  __m512i multiplier, oddMultiplier;
  __m512i skipMultiplier, oddSkipMultiplier;
  __m512i half;
  /// Where the upper halves of the even and the odd products lie, in the order of the channels.
  __m512i upperHalves;
  /// How far products move up until the upper half holds the number, and the number down in it.
  __m128i up, down;
  bool movesUp;
  __m128i minimum, maximum;
} requantisation;

ALWAYS_INLINE requantisation requantisation_of(const conv1d_s8_layer *layer, size_t channel, bool skips) {
  requantisation by;
  by.multiplier = _mm512_loadu_si512(layer->multiplier + channel);
  by.oddMultiplier = _mm512_srli_epi64(by.multiplier, 32);
  by.skipMultiplier = skips ? _mm512_loadu_si512(layer->skipMultiplier + channel) : _mm512_setzero_si512();
  by.oddSkipMultiplier = _mm512_srli_epi64(by.skipMultiplier, 32);
  by.half = _mm512_set1_epi64((int64_t)1 << (layer->shift - 1));
  by.upperHalves = _mm512_setr_epi32(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
  by.movesUp = layer->shift < 32;
  by.up = _mm_cvtsi32_si128(by.movesUp ? 32 - layer->shift : 0);
  by.down = _mm_cvtsi32_si128(by.movesUp ? 0 : layer->shift - 32);
  by.minimum = _mm_set1_epi8((char)layer->minimum);
  by.maximum = _mm_set1_epi8((char)layer->maximum);
  return by;
}

/// Accumulators to codes; `skip` holds the skip's codes.
ALWAYS_INLINE __m128i requantise(requantisation by, __m512i accumulator, __m128i skip, bool skips) {
  __m512i even = _mm512_mul_epi32(accumulator, by.multiplier);
  __m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(accumulator, 32), by.oddMultiplier);
  if (skips) {
    const __m512i codes = _mm512_cvtepi8_epi32(skip);
    even = _mm512_add_epi64(even, _mm512_mul_epi32(codes, by.skipMultiplier));
    odd = _mm512_add_epi64(odd, _mm512_mul_epi32(_mm512_srli_epi64(codes, 32), by.oddSkipMultiplier));
  }
  even = _mm512_add_epi64(even, by.half);
  odd = _mm512_add_epi64(odd, by.half);
  if (by.movesUp) {
    even = _mm512_sll_epi64(even, by.up);
    odd = _mm512_sll_epi64(odd, by.up);
  }
  const __m512i value = _mm512_sra_epi32(_mm512_permutex2var_epi32(even, by.upperHalves, odd), by.down);
  return _mm_min_epi8(_mm_max_epi8(_mm512_cvtsepi32_epi8(value), by.minimum), by.maximum);
}

/// The codes of a tile from its sums, vector by vector.
ALWAYS_INLINE void finish_sums(const conv1d_s8_layer *layer, const conv1d_tile *place, const __m512i *sums,
                               size_t rows, size_t vectors, bool skips) {
  const size_t channels = (size_t)layer->outputChannels;
  UNROLLED
  for (size_t v = 0; v < vectors; v++) {
    const size_t first = v * panelChannels, left = place->channels - first;
    const __mmask16 mask = left >= panelChannels ? 0xFFFF : (__mmask16)((1u << left) - 1);
    const requantisation by = requantisation_of(layer, place->channel + first, skips);
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      const size_t offset = row * channels + first;
      __m128i skip = _mm_setzero_si128();
      if (skips) skip = _mm_maskz_loadu_epi8(mask, place->skip + offset);
      const __m128i codes = requantise(by, sums[row * vectors + v], skip, skips);
      _mm_mask_storeu_epi8(place->output + offset, mask, codes);
    }
  }
}

ALWAYS_INLINE void finish(const conv1d_s8_layer *layer, const conv1d_tile *place, const __m512i *sums,
                          size_t rows, size_t vectors) {
  if (place->skip) {
    finish_sums(layer, place, sums, rows, vectors, true);
  } else {
    finish_sums(layer, place, sums, rows, vectors, false);
  }
}

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
  finish(layer, place, sums, rows, vectors);
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
  finish(layer, place, sums, rows, 1);
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
    {.panelChannels = 16, .groupLength = 4, .signedInputOffset = 128},
    conv1d_s8_avx512vnni, frame_sums_s8_avx2};

#endif
