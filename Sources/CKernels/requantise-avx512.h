// Requantisation in AVX-512: sixteen channels a vector, their constants loaded once for all windows of a tile.

#ifndef REQUANTISE_AVX512_H
#define REQUANTISE_AVX512_H

#include <immintrin.h>

#include "conv1d_tiles.h"

/// Channels of a vector, and bytes of a group of four codes of each of them.
enum { panelChannels = 16, groupBytes = 64 };

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

/// The codes of a tile from its sums, vector by vector; no more than `outputs` of them, which at most lacks the last.
ALWAYS_INLINE void finish_sums(const conv1d_s8_layer *layer, const conv1d_tile *place, const __m512i *sums,
                               size_t rows, size_t outputs, size_t vectors, bool skips) {
  const size_t channels = (size_t)layer->outputChannels;
  UNROLLED
  for (size_t v = 0; v < vectors; v++) {
    const size_t first = v * panelChannels, left = place->channels - first;
    const __mmask16 mask = left >= panelChannels ? 0xFFFF : (__mmask16)((1u << left) - 1);
    const requantisation by = requantisation_of(layer, place->channel + first, skips);
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      if (row + 1 == rows && outputs < rows) break;
      const size_t offset = row * channels + first;
      __m128i skip = _mm_setzero_si128();
      if (skips) skip = _mm_maskz_loadu_epi8(mask, place->skip + offset);
      const __m128i codes = requantise(by, sums[row * vectors + v], skip, skips);
      _mm_mask_storeu_epi8(place->output + offset, mask, codes);
    }
  }
}

ALWAYS_INLINE void finish_avx512(const conv1d_s8_layer *layer, const conv1d_tile *place, const __m512i *sums,
                                 size_t rows, size_t outputs, size_t vectors) {
  if (place->skip) {
    finish_sums(layer, place, sums, rows, outputs, vectors, true);
  } else {
    finish_sums(layer, place, sums, rows, outputs, vectors, false);
  }
}

#endif
