// int8 convolution in AVX-512 with VNNI: as in AVX-VNNI with sixteen channels a vector.

#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))), apply_to = function)

#include <immintrin.h>

#include "conv1d_tiles.h"

enum { sumsMax = 24, panelChannels = 16, groupBytes = 64 };

/// The constants of sixteen channels; odd ones moved to where `vpmuldq` reads.
typedef struct {
  __m512i multiplier, oddMultiplier;
  __m512i skipMultiplier, oddSkipMultiplier;
  __m512i half;
  __m128i shift, minimum, maximum;
} requantisation;

ALWAYS_INLINE requantisation requantisation_of(const conv1d_s8_layer *layer, size_t channel, bool skips) {
  requantisation by;
  by.multiplier = _mm512_loadu_si512(layer->multiplier + channel);
  by.oddMultiplier = _mm512_srli_epi64(by.multiplier, 32);
  by.skipMultiplier = skips ? _mm512_loadu_si512(layer->skipMultiplier + channel) : _mm512_setzero_si512();
  by.oddSkipMultiplier = _mm512_srli_epi64(by.skipMultiplier, 32);
  by.half = _mm512_set1_epi64((int64_t)1 << (layer->shift - 1));
  by.shift = _mm_cvtsi32_si128(layer->shift);
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
  even = _mm512_sra_epi64(_mm512_add_epi64(even, by.half), by.shift);
  odd = _mm512_sra_epi64(_mm512_add_epi64(odd, by.half), by.shift);
  const __m512i value = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
  return _mm_min_epi8(_mm_max_epi8(_mm512_cvtsepi32_epi8(value), by.minimum), by.maximum);
}

/// Codes of sixteen channels, those of the mask, of every window, from sums `[rows][stride]`.
ALWAYS_INLINE void finish_sixteen(const conv1d_s8_layer *layer, const conv1d_tile *place, const int32_t *sums,
                                  size_t rows, size_t stride, size_t first, __mmask16 mask, bool skips) {
  const requantisation by = requantisation_of(layer, place->channel + first, skips);
  const size_t channels = (size_t)layer->outputChannels;
  const int8_t *skipped = skips ? place->skip + first : NULL;
  int8_t *output = place->output + first;
  for (size_t row = 0; row < rows; row++, sums += stride, output += channels) {
    __m128i skip = _mm_setzero_si128();
    if (skips) {
      skip = _mm_maskz_loadu_epi8(mask, skipped);
      skipped += channels;
    }
    _mm_mask_storeu_epi8(output, mask, requantise(by, _mm512_loadu_si512(sums), skip, skips));
  }
}

/// The codes of a tile from its sums, `[rows][vectors][16]`.
static void finish_tile(const conv1d_s8_layer *layer, const conv1d_tile *place, const int32_t *sums,
                        size_t rows, size_t vectors) {
  const size_t stride = vectors * panelChannels;
  for (size_t first = 0; first < place->channels; first += panelChannels) {
    const size_t left = place->channels - first;
    const __mmask16 mask = left >= panelChannels ? 0xFFFF : (__mmask16)((1u << left) - 1);
    if (place->skip) {
      finish_sixteen(layer, place, sums + first, rows, stride, first, mask, true);
    } else {
      finish_sixteen(layer, place, sums + first, rows, stride, first, mask, false);
    }
  }
}

/// Adds one group of four codes of every window, fewer at a window's end.
ALWAYS_INLINE void add_group(const conv1d_tile *place, size_t group, size_t count, __m512i *sums, size_t rows,
                             size_t vectors, bool isSigned) {
  const int8_t *weights = place->weight + group * groupBytes;
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    const int8_t *codes = place->input + row * place->step + 4 * group;
    __m512i four = _mm512_set1_epi32(conv1d_four(codes, count));
    if (isSigned) four = _mm512_xor_si512(four, _mm512_set1_epi8((char)0x80));
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
  int32_t stored[sumsMax * panelChannels];
  UNROLLED
  for (size_t i = 0; i < rows * vectors; i++) _mm512_storeu_si512(stored + i * panelChannels, sums[i]);
  finish_tile(layer, place, stored, rows, vectors);
}

ALWAYS_INLINE void tile_rows(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows,
                             size_t vectors, bool isSigned) {
  const size_t rowsMax = vectors <= 2 ? 12 : sumsMax / vectors;
#define TILE(n) tile_of(layer, place, n, vectors, isSigned)
  switch (rows) { CONV1D_CASES(rowsMax, TILE) }
#undef TILE
}

ALWAYS_INLINE void tile_vectors(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows,
                                bool isSigned) {
  switch ((place->channels + panelChannels - 1) / panelChannels) {
    case 1: return tile_rows(layer, place, rows, 1, isSigned);
    case 2: return tile_rows(layer, place, rows, 2, isSigned);
    case 3: return tile_rows(layer, place, rows, 3, isSigned);
    default: return tile_rows(layer, place, rows, 4, isSigned);
  }
}

static void tile_unsigned(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  tile_vectors(layer, place, rows, false);
}

static void tile_signed(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  tile_vectors(layer, place, rows, true);
}

static void conv1d_s8_avx512vnni(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                                 int8_t *output, size_t outputCount) {
  conv1d_tiling tiling = {tile_unsigned, panelChannels, 4, {12, 12, 8, 6}};
  if (layer->inputIsSigned) tiling.tile = tile_signed;
  conv1d_walk(tiling, layer, input, skip, output, outputCount, (conv1d_length(layer) + 3) / 4 * 4);
}

#pragma clang attribute pop

const kernel_set kernels_avx512vnni = {
    "avx512vnni",
    {.panelChannels = 16, .groupLength = 4, .signedInputOffset = 128},
    conv1d_s8_avx512vnni};

#endif
