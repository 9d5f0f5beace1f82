// Requantisation in AVX2. There is no arithmetic shift of 64-bit lanes: 2^62, a multiple of 2^shift, is added
// to the products (beyond -2^62 by range), shifted logically, and taken off again. The constants of eight
// channels are loaded once for all windows of a tile.

#ifndef REQUANTISE_AVX2_H
#define REQUANTISE_AVX2_H

#include <immintrin.h>

#include "conv1d_tiles.h"

/// The constants of eight channels; odd ones moved to where `vpmuldq` reads.
typedef struct {
  __m256i multiplier, oddMultiplier;
  __m256i skipMultiplier, oddSkipMultiplier;
  __m256i raise, lower;
  __m128i shift, minimum, maximum;
} requantisation;

ALWAYS_INLINE requantisation requantisation_of(const conv1d_s8_layer *layer, size_t channel, bool skips) {
  requantisation by;
  by.multiplier = _mm256_loadu_si256((const __m256i *)(layer->multiplier + channel));
  by.oddMultiplier = _mm256_srli_epi64(by.multiplier, 32);
  by.skipMultiplier = by.oddSkipMultiplier = _mm256_setzero_si256();
  if (skips) {
    by.skipMultiplier = _mm256_loadu_si256((const __m256i *)(layer->skipMultiplier + channel));
    by.oddSkipMultiplier = _mm256_srli_epi64(by.skipMultiplier, 32);
  }
  by.raise = _mm256_set1_epi64x(((int64_t)1 << 62) + ((int64_t)1 << (layer->shift - 1)));
  by.lower = _mm256_set1_epi32((int32_t)((int64_t)1 << (62 - layer->shift)));
  by.shift = _mm_cvtsi32_si128(layer->shift);
  by.minimum = _mm_set1_epi8((char)layer->minimum);
  by.maximum = _mm_set1_epi8((char)layer->maximum);
  return by;
}

/// Accumulators to codes in the low half; `skip` holds the skip's codes as 32-bit numbers.
ALWAYS_INLINE __m128i requantise(requantisation by, __m256i accumulator, __m256i skip, bool skips) {
  __m256i even = _mm256_mul_epi32(accumulator, by.multiplier);
  __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(accumulator, 32), by.oddMultiplier);
  if (skips) {
    even = _mm256_add_epi64(even, _mm256_mul_epi32(skip, by.skipMultiplier));
    odd = _mm256_add_epi64(odd, _mm256_mul_epi32(_mm256_srli_epi64(skip, 32), by.oddSkipMultiplier));
  }
  even = _mm256_srl_epi64(_mm256_add_epi64(even, by.raise), by.shift);
  odd = _mm256_srl_epi64(_mm256_add_epi64(odd, by.raise), by.shift);
  const __m256i both = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
  const __m256i value = _mm256_sub_epi32(both, by.lower);
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(value), _mm256_extracti128_si256(value, 1));
  return _mm_min_epi8(_mm_max_epi8(_mm_packs_epi16(words, words), by.minimum), by.maximum);
}

/// `count` codes of eight channels of every window, from sums `[rows][stride]`.
ALWAYS_INLINE void finish_eight(const conv1d_s8_layer *layer, const conv1d_tile *place, const int32_t *sums,
                                size_t rows, size_t stride, size_t first, size_t count, bool skips) {
  const requantisation by = requantisation_of(layer, place->channel + first, skips);
  const size_t channels = (size_t)layer->outputChannels;
  const int8_t *skipped = skips ? place->skip + first : NULL;
  int8_t *output = place->output + first;
  for (size_t row = 0; row < rows; row++, sums += stride, output += channels) {
    __m256i skip = _mm256_setzero_si256();
    if (skips) {
      int64_t codes = 0;
      memcpy(&codes, skipped, count);
      skip = _mm256_cvtepi8_epi32(_mm_cvtsi64_si128(codes));
      skipped += channels;
    }
    const __m256i accumulator = _mm256_loadu_si256((const __m256i *)sums);
    const int64_t codes = _mm_cvtsi128_si64(requantise(by, accumulator, skip, skips));
    memcpy(output, &codes, count);
  }
}

/// The codes of a tile from its sums, `[rows][vectors][8]`.
static inline void finish_tile_avx2(const conv1d_s8_layer *layer, const conv1d_tile *place,
                                    const int32_t *sums, size_t rows, size_t vectors) {
  const size_t stride = 8 * vectors;
  size_t first = 0;
  for (; first + 8 <= place->channels; first += 8) {
    if (place->skip) {
      finish_eight(layer, place, sums + first, rows, stride, first, 8, true);
    } else {
      finish_eight(layer, place, sums + first, rows, stride, first, 8, false);
    }
  }
  const size_t left = place->channels - first;
  if (left > 0) finish_eight(layer, place, sums + first, rows, stride, first, left, place->skip != NULL);
}

#endif
