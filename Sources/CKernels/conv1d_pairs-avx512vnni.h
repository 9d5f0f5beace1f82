// Windows in pairs (conv1d_pairs.h) in AVX-512 with VNNI. The parts of the input are made for a block of pairs at a
// time, in memory that stays in the nearest cache; a tile then keeps the four sums of each of its pairs in registers.

#ifndef CONV1D_PAIRS_AVX512VNNI_H
#define CONV1D_PAIRS_AVX512VNNI_H

#include "conv1d_pairs.h"
#include "requantise-avx512.h"

enum {
  /// Bytes of a block's parts, for four pairs or more; the nearest cache has twice as many.
  pairBytesMax = 16384,
  pairsMax = 6,
  pairSumsMax = 24,
};

/// The parts of sixteen channels of one pair, from the steps that its windows span.
ALWAYS_INLINE void turn_sixteen(const int8_t *step, size_t inputs, __mmask16 mask, __mmask16 lastMask,
                                int8_t *parts) {
  const __m128i offset = _mm_set1_epi8((char)conv1d_pair_offset);
  const __m128i d0 = _mm_maskz_loadu_epi8(mask, step), d1 = _mm_maskz_loadu_epi8(mask, step + inputs);
  const __m128i d2 = _mm_maskz_loadu_epi8(mask, step + 2 * inputs);
  const __m128i d3 = _mm_maskz_loadu_epi8(lastMask, step + 3 * inputs);
  const __m128i part0 = _mm_xor_si128(_mm_sub_epi8(d0, d2), offset), part1 = _mm_add_epi8(d1, d2);
  const __m128i part2 = _mm_xor_si128(_mm_sub_epi8(d2, d1), offset);
  const __m128i part3 = _mm_xor_si128(_mm_sub_epi8(d1, d3), offset);
  const __m128i low01 = _mm_unpacklo_epi32(part0, part1), high01 = _mm_unpackhi_epi32(part0, part1);
  const __m128i low23 = _mm_unpacklo_epi32(part2, part3), high23 = _mm_unpackhi_epi32(part2, part3);
  __m128i *groups = (__m128i *)parts;
  _mm_storeu_si128(groups, _mm_unpacklo_epi64(low01, low23));
  _mm_storeu_si128(groups + 1, _mm_unpackhi_epi64(low01, low23));
  _mm_storeu_si128(groups + 2, _mm_unpacklo_epi64(high01, high23));
  _mm_storeu_si128(groups + 3, _mm_unpackhi_epi64(high01, high23));
}

/// The parts of all pairs that `outputCount` windows make, `length` bytes a pair; the last step that an odd count
/// lacks is not read. Writes up to 48 bytes of nothing behind the last pair.
ALWAYS_INLINE void turn(const int8_t *input, size_t inputs, size_t outputCount, size_t length, int8_t *parts) {
  for (size_t t = 0; t < outputCount; t += 2) {
    for (size_t channel = 0; channel < inputs; channel += panelChannels) {
      const size_t left = inputs - channel;
      const __mmask16 mask = left >= panelChannels ? 0xFFFF : (__mmask16)((1u << left) - 1);
      turn_sixteen(input + t * inputs + channel, inputs, mask, t + 1 < outputCount ? mask : 0,
                   parts + t / 2 * length + channel * conv1d_pair_parts);
    }
  }
}

/// The sums of a tile's windows from those of their parts, `[pair][vector]` in each part, to `[window][vector]`.
ALWAYS_INLINE void windows_of(const __m512i *parts, __m512i *windows, size_t pairs, size_t vectors) {
  const size_t part = pairs * vectors;
  UNROLLED
  for (size_t pair = 0; pair < pairs; pair++) {
    UNROLLED
    for (size_t v = 0; v < vectors; v++) {
      const __m512i *sum = parts + pair * vectors + v;
      const __m512i plus = _mm512_add_epi32(sum[part], sum[2 * part]);
      const __m512i minus = _mm512_sub_epi32(sum[part], sum[2 * part]);
      windows[2 * pair * vectors + v] = _mm512_add_epi32(sum[0], _mm512_srai_epi32(plus, 1));
      windows[(2 * pair + 1) * vectors + v] = _mm512_sub_epi32(_mm512_srai_epi32(minus, 1), sum[3 * part]);
    }
  }
}

ALWAYS_INLINE void pair_tile_of(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t pairs,
                                size_t vectors) {
  __m512i sums[pairSumsMax], windows[2 * pairsMax];
  const size_t part = pairs * vectors;
  UNROLLED
  for (size_t i = 0; i < part; i++) {
    const size_t channel = place->channel + i % vectors * panelChannels;
    sums[i] = _mm512_loadu_si512(layer->bias + channel);
    sums[part + i] = sums[2 * part + i] = _mm512_setzero_si512();
    sums[3 * part + i] = _mm512_loadu_si512(layer->secondBias + channel);
  }
  const size_t vectorBytes = panelChannels * place->rowLength;
  for (size_t at = 0; at < place->rowLength; at += conv1d_pair_group * conv1d_pair_parts) {
    const int8_t *weights = place->weight + at * panelChannels, *codes = place->input + at;
    UNROLLED
    for (size_t p = 0; p < conv1d_pair_parts; p++) {
      UNROLLED
      for (size_t pair = 0; pair < pairs; pair++) {
        const __m512i four = _mm512_set1_epi32(conv1d_four(codes + pair * place->step + 4 * p, 4));
        UNROLLED
        for (size_t v = 0; v < vectors; v++) {
          const __m512i panel = _mm512_loadu_si512(weights + v * vectorBytes + p * groupBytes);
          const size_t i = p * part + pair * vectors + v;
          sums[i] = _mm512_dpbusd_epi32(sums[i], four, panel);
        }
      }
    }
  }
  windows_of(sums, windows, pairs, vectors);
  finish_avx512(layer, place, windows, 2 * pairs, place->outputs, vectors);
}

/// Eight channels or fewer: half a vector costs half.
ALWAYS_INLINE void half_pair_tile_of(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t pairs) {
  __m256i halves[pairSumsMax];
  UNROLLED
  for (size_t i = 0; i < pairs; i++) {
    halves[i] = _mm256_loadu_si256((const __m256i *)(layer->bias + place->channel));
    halves[pairs + i] = halves[2 * pairs + i] = _mm256_setzero_si256();
    halves[3 * pairs + i] = _mm256_loadu_si256((const __m256i *)(layer->secondBias + place->channel));
  }
  for (size_t at = 0; at < place->rowLength; at += conv1d_pair_group * conv1d_pair_parts) {
    const int8_t *weights = place->weight + at * panelChannels, *codes = place->input + at;
    UNROLLED
    for (size_t p = 0; p < conv1d_pair_parts; p++) {
      const __m256i panel = _mm256_loadu_si256((const __m256i *)(weights + p * groupBytes));
      UNROLLED
      for (size_t pair = 0; pair < pairs; pair++) {
        const __m256i four = _mm256_set1_epi32(conv1d_four(codes + pair * place->step + 4 * p, 4));
        halves[p * pairs + pair] = _mm256_dpbusd_epi32(halves[p * pairs + pair], four, panel);
      }
    }
  }
  __m512i sums[pairSumsMax], windows[2 * pairsMax];
  UNROLLED
  for (size_t i = 0; i < conv1d_pair_parts * pairs; i++) sums[i] = _mm512_castsi256_si512(halves[i]);
  windows_of(sums, windows, pairs, 1);
  finish_avx512(layer, place, windows, 2 * pairs, place->outputs, 1);
}

#define PAIR_CASES(CALL)   \
  case 1: CALL(1); break;  \
  case 2: CALL(2); break;  \
  case 3: CALL(3); break;

#define PAIR_TILE_1(n) pair_tile_of(layer, place, n, 1)
#define PAIR_TILE_2(n) pair_tile_of(layer, place, n, 2)
#define PAIR_TILE_HALF(n) half_pair_tile_of(layer, place, n)

static void pair_tile(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t pairs) {
  if (place->channels <= panelChannels / 2) {
    switch (pairs) {
      PAIR_CASES(PAIR_TILE_HALF)
      default: PAIR_TILE_HALF(6);
    }
  } else if (place->channels <= panelChannels) {
    switch (pairs) {
      PAIR_CASES(PAIR_TILE_1)
      default: PAIR_TILE_1(6);
    }
  } else {
    switch (pairs) { PAIR_CASES(PAIR_TILE_2) }
  }
}

static void conv1d_pairs_avx512vnni(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                                    int8_t *output, size_t outputCount) {
  const conv1d_tiling tiling = {.tile = pair_tile,
                                .vectorChannels = panelChannels,
                                .vectorsMax = 2,
                                .rowsMax = {pairsMax, 3},
                                .restMax = 3,
                                .fewChannels = panelChannels / 2,
                                .fewRowsMax = pairsMax};
  const size_t inputs = (size_t)layer->inputChannels, channels = (size_t)layer->outputChannels;
  const size_t length = conv1d_pair_length(layer);
  _Alignas(64) int8_t parts[pairBytesMax + 64];
  const size_t pairs = (outputCount + 1) / 2, fitting = pairBytesMax / length;
  const size_t blocks = (pairs + fitting - 1) / fitting;
  const size_t outputsAtOnce = blocks ? 2 * ((pairs + blocks - 1) / blocks) : 0;
  for (size_t t = 0; t < outputCount; t += outputsAtOnce) {
    const size_t left = outputCount - t, count = left < outputsAtOnce ? left : outputsAtOnce;
    turn(input + t * inputs, inputs, count, length, parts);
    conv1d_walk_rows(tiling, layer, parts, length, 2, skip ? skip + t * channels : NULL, output + t * channels,
                     count, length);
  }
}

#endif
