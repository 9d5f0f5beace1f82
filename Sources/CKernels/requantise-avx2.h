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

/// Eight accumulators to numbers before the clamp; `skip` holds the skip's codes as 32-bit numbers.
ALWAYS_INLINE __m256i requantise(requantisation by, __m256i accumulator, __m256i skip, bool skips) {
  __m256i even = _mm256_mul_epi32(accumulator, by.multiplier);
  __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(accumulator, 32), by.oddMultiplier);
  if (skips) {
    even = _mm256_add_epi64(even, _mm256_mul_epi32(skip, by.skipMultiplier));
    odd = _mm256_add_epi64(odd, _mm256_mul_epi32(_mm256_srli_epi64(skip, 32), by.oddSkipMultiplier));
  }
  even = _mm256_srl_epi64(_mm256_add_epi64(even, by.raise), by.shift);
  odd = _mm256_srl_epi64(_mm256_add_epi64(odd, by.raise), by.shift);
  const __m256i both = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
  return _mm256_sub_epi32(both, by.lower);
}

/// The first `count` of sixteen codes.
ALWAYS_INLINE __m128i load_codes(const int8_t *codes, size_t count) {
  int8_t sixteen[16] = {0};
  memcpy(sixteen, codes, count);
  return _mm_loadu_si128((const __m128i *)sixteen);
}

/// The codes of a tile from its sums, `[rows][vectors]`, of which `count` channels exist.
ALWAYS_INLINE void finish_sums(const conv1d_s8_layer *layer, const conv1d_tile *place, const __m256i *sums,
                               size_t rows, size_t vectors, size_t count, bool skips) {
  const size_t channels = (size_t)layer->outputChannels, last = vectors - 1;
  const requantisation low = requantisation_of(layer, place->channel, skips);
  const requantisation high = requantisation_of(layer, place->channel + 8 * last, skips);
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    const __m128i skip = skips ? load_codes(place->skip + row * channels, count) : low.minimum;
    const __m256i first = requantise(low, sums[vectors * row], _mm256_cvtepi8_epi32(skip), skips);
    const __m256i second =
        last == 0 ? first
                  : requantise(high, sums[vectors * row + last],
                               _mm256_cvtepi8_epi32(_mm_unpackhi_epi64(skip, skip)), skips);
    // In each half four channels of the first vector, then four of the second.
    const __m256i words = _mm256_packs_epi32(first, second);
    const __m128i mixed = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    __m128i codes = _mm_shuffle_epi32(mixed, _MM_SHUFFLE(3, 1, 2, 0));
    codes = _mm_min_epi8(_mm_max_epi8(codes, low.minimum), low.maximum);
    memcpy(place->output + row * channels, &codes, count);
  }
}

/// The same, with the usual numbers of channels known when compiling.
ALWAYS_INLINE void finish_avx2(const conv1d_s8_layer *layer, const conv1d_tile *place, const __m256i *sums,
                               size_t rows, size_t vectors) {
  if (place->channels < 8 * vectors) {
    finish_sums(layer, place, sums, rows, vectors, place->channels, place->skip != NULL);
  } else if (place->skip) {
    finish_sums(layer, place, sums, rows, vectors, 8 * vectors, true);
  } else {
    finish_sums(layer, place, sums, rows, vectors, 8 * vectors, false);
  }
}

#endif
