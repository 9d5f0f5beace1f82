// int8 convolution in AVX2. `vpmaddubsw` multiplies unsigned by signed bytes and adds neighbours within
// 16 bits: 2 * 127 * 127 = 32,258 fits; where no weight is beyond 63, so do the products of four (32,004).

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#include "requantise-avx2.h"

enum { sumsMax = 8, panelChannels = 8, groupBytes = 32 };

/// How input codes and weights are multiplied.
typedef enum { narrow, wide, signedInput } flavour;

/// Neighbouring products of one group of four codes, added within 16 bits.
ALWAYS_INLINE __m256i pairs(__m256i codes, __m256i weights, flavour kind) {
  if (kind != signedInput) return _mm256_maddubs_epi16(codes, weights);
  return _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(weights, codes));
}

ALWAYS_INLINE __m256i load(const int8_t *weights) { return _mm256_loadu_si256((const __m256i *)weights); }

ALWAYS_INLINE __m256i add_quads(__m256i accumulator, __m256i products) {
  return _mm256_add_epi32(accumulator, _mm256_madd_epi16(products, _mm256_set1_epi16(1)));
}

/// Keeps the compiler from starting the products of all windows at once, for which registers do not suffice:
/// volatile statements stay in order.
#define IN_ORDER(vector) __asm__ volatile("" : "+x"(vector));

/// Adds one group of four codes of every window, fewer at a window's end. The weights of the vectors lie
/// `panelBytes` apart.
ALWAYS_INLINE void add_group(const int8_t *const *input, size_t offset, size_t count, const int8_t *weights,
                             size_t panelBytes, __m256i *sums, size_t rows, size_t vectors, flavour kind) {
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    const __m256i four = _mm256_set1_epi32(conv1d_four(input[row] + offset, count));
    UNROLLED
    for (size_t v = 0; v < vectors; v++) {
      const __m256i products = pairs(four, load(weights + v * panelBytes), kind);
      sums[row * vectors + v] = add_quads(sums[row * vectors + v], products);
    }
  }
}

/// Adds two groups, whose products fit 16 bits together.
ALWAYS_INLINE void add_two_groups(const int8_t *const *input, size_t offset, const int8_t *weights,
                                  size_t panelBytes, __m256i *sums, size_t rows, size_t vectors) {
  __m256i first[2], second[2];
  UNROLLED
  for (size_t v = 0; v < vectors; v++) {
    first[v] = load(weights + v * panelBytes);
    second[v] = load(weights + v * panelBytes + groupBytes);
  }
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    const __m256i four = _mm256_set1_epi32(conv1d_four(input[row] + offset, 4));
    const __m256i next = _mm256_set1_epi32(conv1d_four(input[row] + offset + 4, 4));
    UNROLLED
    for (size_t v = 0; v < vectors; v++) {
      __m256i *sum = &sums[row * vectors + v];
      *sum = add_quads(*sum, _mm256_add_epi16(pairs(four, first[v], narrow), pairs(next, second[v], narrow)));
      IN_ORDER(*sum)
    }
  }
}

ALWAYS_INLINE void tile_of(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows,
                           size_t vectors, flavour kind) {
  __m256i sums[sumsMax];
  UNROLLED
  for (size_t i = 0; i < rows * vectors; i++) {
    sums[i] = _mm256_loadu_si256((const __m256i *)(layer->bias + place->channel + i % vectors * 8));
  }
  const int8_t *input[sumsMax], *weights = place->weight;
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    input[row] = place->input + row * place->step;
    CONV1D_OPAQUE(input[row])
  }
  const size_t length = conv1d_length(layer), panelBytes = panelChannels * place->rowLength;
  size_t i = 0;
  for (; kind == narrow && i + 8 <= length; i += 8, weights += 2 * groupBytes) {
    add_two_groups(input, i, weights, panelBytes, sums, rows, vectors);
  }
  for (; i + 4 <= length; i += 4, weights += groupBytes) {
    add_group(input, i, 4, weights, panelBytes, sums, rows, vectors, kind);
  }
  if (i < length) add_group(input, i, length - i, weights, panelBytes, sums, rows, vectors, kind);
  finish_avx2(layer, place, sums, rows, vectors);
}

#define TILE_1(n) tile_of(layer, place, n, 1, kind)
#define TILE_2(n) tile_of(layer, place, n, 2, kind)

ALWAYS_INLINE void tile(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows, flavour kind) {
  if (place->channels > panelChannels) {
    switch (rows) { CONV1D_CASES_4(TILE_2) }
    return;
  }
  switch (rows) {
    CONV1D_CASES_4(TILE_1)
    default: TILE_1(8);
  }
}

static void tile_narrow(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  tile(layer, place, rows, narrow);
}
static void tile_wide(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  tile(layer, place, rows, wide);
}
static void tile_signedInput(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  tile(layer, place, rows, signedInput);
}

static void conv1d_s8_avx2(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                           int8_t *output, size_t outputCount) {
  conv1d_tiling tiling = {.tile = layer->weightsAreNarrow ? tile_narrow : tile_wide,
                          .vectorChannels = 2 * panelChannels,
                          .vectorsMax = 1,
                          .rowsMax = {4},
                          .restMax = 4,
                          .fewChannels = panelChannels,
                          .fewRowsMax = 8};
  if (layer->inputIsSigned) tiling.tile = tile_signedInput;
  conv1d_walk(tiling, layer, input, skip, output, outputCount, (conv1d_length(layer) + 3) / 4 * 4);
}

#pragma clang attribute pop

const kernel_set kernels_avx2 = {"avx2", {.panelChannels = panelChannels, .groupLength = 4}, conv1d_s8_avx2, frame_sums_s8_avx2};

#endif
