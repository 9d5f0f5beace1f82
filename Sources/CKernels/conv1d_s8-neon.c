// int8 convolution in NEON of ARMv8.0 (Cortex-A53, A72). A register holds sixteen products' worth of one
// window; `smull` and `smlal` add them in pairs within 16 bits (2 * 127 * 127 = 32,258), `sadalp` moves the
// pairs to 32 bits; where no weight is beyond 63, four products fit (32,004) and every other `sadalp` falls away.

#if defined(__aarch64__)

#include "requantise-neon.h"

enum { rowsMax = 4, panelChannels = 4, groupBytes = 16 };

/// Keeps the compiler from starting the products of all channels at once, for which registers do not suffice:
/// volatile statements stay in order.
#define IN_ORDER(vector) __asm__ volatile("" : "+w"(vector));

/// Pairs of products of sixteen codes, added to those of sixteen before.
ALWAYS_INLINE int16x8_t products(int8x16_t codes, int8x16_t weights) {
  return vmlal_high_s8(vmull_s8(vget_low_s8(codes), vget_low_s8(weights)), codes, weights);
}

ALWAYS_INLINE int16x8_t more_products(int16x8_t sum, int8x16_t codes, int8x16_t weights) {
  return vmlal_high_s8(vmlal_s8(sum, vget_low_s8(codes), vget_low_s8(weights)), codes, weights);
}

/// A group of codes, zeros behind them where it is not full.
ALWAYS_INLINE int8x16_t codes_at(const int8_t *codes, size_t count) {
  int8_t sixteen[groupBytes] = {0};
  memcpy(sixteen, codes, count);
  return vld1q_s8(sixteen);
}

/// The codes of a tile from its sums, `count` channels of two windows at a time.
ALWAYS_INLINE void finish(const conv1d_s8_layer *layer, const conv1d_tile *place, const int32x4_t *sums,
                          size_t rows, size_t count, bool skips) {
  const size_t channels = (size_t)layer->outputChannels;
  const requantisation by = requantisation_of(layer, place->channel, skips);
  UNROLLED
  for (size_t row = 0; row < rows; row += 2) {
    const size_t offset = row * channels, next = row + 1 < rows ? offset + channels : offset;
    int16x8_t skip = vdupq_n_s16(0);
    if (skips) {
      uint32_t codes[2] = {0};
      memcpy(codes, place->skip + offset, count);
      memcpy(codes + 1, place->skip + next, count);
      skip = vmovl_s8(vreinterpret_s8_u32(vld1_u32(codes)));
    }
    const int32x4_t second = row + 1 < rows ? sums[row + 1] : sums[row];
    const uint64_t codes = clamped(by, requantise(by, sums[row], vget_low_s16(skip), skips),
                                   requantise(by, second, vget_high_s16(skip), skips));
    const uint32_t halves[2] = {(uint32_t)codes, (uint32_t)(codes >> 32)};
    memcpy(place->output + offset, halves, count);
    memcpy(place->output + next, halves + 1, count);
  }
}

/// Adds the products of two groups of sixteen codes, which fit 16 bits together.
ALWAYS_INLINE void add_two_groups(const int8_t **input, const int8_t *weights, int32x4_t *sums, size_t rows) {
  int8x16_t codes[rowsMax], next[rowsMax];
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    codes[row] = vld1q_s8(input[row]);
    next[row] = vld1q_s8(input[row] + groupBytes);
    input[row] += 2 * groupBytes;
  }
  UNROLLED
  for (size_t c = 0; c < panelChannels; c += 2) {
    int8x16_t weight[2], nextWeight[2];
    UNROLLED
    for (size_t i = 0; i < 2; i++) {
      weight[i] = vld1q_s8(weights + groupBytes * (c + i));
      nextWeight[i] = vld1q_s8(weights + groupBytes * (panelChannels + c + i));
    }
    UNROLLED
    for (size_t i = 0; i < 2; i++) {
      UNROLLED
      for (size_t row = 0; row < rows; row++) {
        int32x4_t *sum = &sums[row * panelChannels + c + i];
        const int16x8_t four =
            more_products(products(codes[row], weight[i]), next[row], nextWeight[i]);
        *sum = vpadalq_s16(*sum, four);
        IN_ORDER(*sum)
      }
    }
  }
}

/// Adds the products of one group of codes, of which `count` exist.
ALWAYS_INLINE void add_group(const int8_t **input, const int8_t *weights, int32x4_t *sums, size_t rows,
                             size_t count) {
  int8x16_t codes[rowsMax];
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    codes[row] = codes_at(input[row], count);
    input[row] += groupBytes;
  }
  UNROLLED
  for (size_t c = 0; c < panelChannels; c++) {
    const int8x16_t weight = vld1q_s8(weights + groupBytes * c);
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      int32x4_t *sum = &sums[row * panelChannels + c];
      *sum = vpadalq_s16(*sum, products(codes[row], weight));
    }
  }
}

ALWAYS_INLINE void tile_of(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows, bool narrow) {
  int32x4_t sums[rowsMax * panelChannels];
  UNROLLED
  for (size_t i = 0; i < rows * panelChannels; i++) sums[i] = vdupq_n_s32(0);
  const int8_t *input[rowsMax], *weights = place->weight;
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    input[row] = place->input + row * place->step;
    CONV1D_OPAQUE(input[row])
  }
  size_t left = conv1d_length(layer);
  for (; narrow && left >= 2 * groupBytes; left -= 2 * groupBytes) {
    add_two_groups(input, weights, sums, rows);
    weights += 2 * groupBytes * panelChannels;
  }
  for (; left >= groupBytes; left -= groupBytes) {
    add_group(input, weights, sums, rows, groupBytes);
    weights += groupBytes * panelChannels;
  }
  if (left == groupBytes / 2) {
    add_group(input, weights, sums, rows, groupBytes / 2);
  } else if (left > 0) {
    add_group(input, weights, sums, rows, left);
  }
  const int32x4_t bias = vld1q_s32(layer->bias + place->channel);
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    const int32x4_t *of = sums + row * panelChannels;
    sums[row] = vaddq_s32(vpaddq_s32(vpaddq_s32(of[0], of[1]), vpaddq_s32(of[2], of[3])), bias);
  }
  if (place->channels < panelChannels) {
    finish(layer, place, sums, rows, place->channels, place->skip != NULL);
  } else if (place->skip) {
    finish(layer, place, sums, rows, panelChannels, true);
  } else {
    finish(layer, place, sums, rows, panelChannels, false);
  }
}

#define TILE_NARROW(n) tile_of(layer, place, n, true)
#define TILE_WIDE(n) tile_of(layer, place, n, false)

static void tile_narrow(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  switch (rows) { CONV1D_CASES_4(TILE_NARROW) }
}

static void tile_wide(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  switch (rows) { CONV1D_CASES_4(TILE_WIDE) }
}

static void conv1d_s8_neon(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                           int8_t *output, size_t outputCount) {
  const conv1d_tiling tiling = {.tile = layer->weightsAreNarrow ? tile_narrow : tile_wide,
                                .vectorChannels = panelChannels,
                                .vectorsMax = 1,
                                .rowsMax = {rowsMax},
                                .restMax = rowsMax};
  const size_t rowLength = (conv1d_length(layer) + groupBytes - 1) / groupBytes * groupBytes;
  conv1d_walk(tiling, layer, input, skip, output, outputCount, rowLength);
}

const kernel_set kernels_neon = {
    "neon", {.panelChannels = panelChannels, .groupLength = groupBytes}, conv1d_s8_neon, frame_sums_s8_c};

#endif
