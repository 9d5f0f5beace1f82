// int8 convolution in NEON of ARMv8.0 (Cortex-A53, A72). A register holds sixteen products' worth of one
// window; `smull` and `smlal` add them in pairs within 16 bits (2 * 127 * 127 = 32,258), `sadalp` moves the
// pairs to 32 bits; where no weight is beyond 63, four products fit (32,004) and every other `sadalp` falls away.

#if defined(__aarch64__)

#include "requantise-neon.h"

enum { rowsMax = 4, channelsMax = 8, panelChannels = 4 };

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

/// The last codes of a window, zeros behind them.
ALWAYS_INLINE int8x16_t rest(const int8_t *codes, size_t count) {
  int8_t padded[16] = {0};
  memcpy(padded, codes, count);
  return vld1q_s8(padded);
}

/// Sums of up to four windows and four channels, to `[row][channelsMax]`.
ALWAYS_INLINE void tile_of(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows,
                           size_t first, bool narrow, int32_t *stored) {
  int32x4_t sums[rowsMax * panelChannels];
  UNROLLED
  for (size_t i = 0; i < rows * panelChannels; i++) sums[i] = vdupq_n_s32(0);
  const int8_t *input[rowsMax], *weights[panelChannels];
  UNROLLED
  for (size_t row = 0; row < rows; row++) input[row] = place->input + row * place->step;
  UNROLLED
  for (size_t c = 0; c < panelChannels; c++) weights[c] = place->weight + (first + c) * place->rowLength;
  const size_t length = conv1d_length(layer);
  size_t i = 0;
  for (; narrow && i + 32 <= length; i += 32) {
    int8x16_t codes[rowsMax], next[rowsMax];
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      codes[row] = vld1q_s8(input[row] + i);
      next[row] = vld1q_s8(input[row] + i + 16);
    }
    UNROLLED
    for (size_t c = 0; c < panelChannels; c++) {
      int8x16_t weight = vld1q_s8(weights[c] + i), nextWeight = vld1q_s8(weights[c] + i + 16);
      IN_ORDER(weight)
      UNROLLED
      for (size_t row = 0; row < rows; row++) {
        const int16x8_t four = more_products(products(codes[row], weight), next[row], nextWeight);
        sums[row * panelChannels + c] = vpadalq_s16(sums[row * panelChannels + c], four);
        IN_ORDER(sums[row * panelChannels + c])
      }
    }
  }
  for (; i < length; i += 16) {
    int8x16_t codes[rowsMax];
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      codes[row] = i + 16 <= length ? vld1q_s8(input[row] + i) : rest(input[row] + i, length - i);
    }
    UNROLLED
    for (size_t c = 0; c < panelChannels; c++) {
      const int8x16_t weight = vld1q_s8(weights[c] + i);
      UNROLLED
      for (size_t row = 0; row < rows; row++) {
        sums[row * panelChannels + c] =
            vpadalq_s16(sums[row * panelChannels + c], products(codes[row], weight));
      }
    }
  }
  const int32x4_t bias = vld1q_s32(layer->bias + place->channel + first);
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    const int32x4_t *of = sums + row * panelChannels;
    const int32x4_t four = vpaddq_s32(vpaddq_s32(of[0], of[1]), vpaddq_s32(of[2], of[3]));
    vst1q_s32(stored + row * channelsMax + first, vaddq_s32(four, bias));
  }
}

ALWAYS_INLINE void tile_rows(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows,
                             bool narrow) {
  int32_t stored[rowsMax * channelsMax] = {0};
  for (size_t first = 0; first < place->channels; first += panelChannels) {
    switch (rows) {
      case 1: tile_of(layer, place, 1, first, narrow, stored); break;
      case 2: tile_of(layer, place, 2, first, narrow, stored); break;
      case 3: tile_of(layer, place, 3, first, narrow, stored); break;
      default: tile_of(layer, place, 4, first, narrow, stored); break;
    }
  }
  finish_tile_neon(layer, place, stored, rows, channelsMax);
}

static void tile_narrow(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  tile_rows(layer, place, rows, true);
}

static void tile_wide(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows) {
  tile_rows(layer, place, rows, false);
}

static void conv1d_s8_neon(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                           int8_t *output, size_t outputCount) {
  const conv1d_tiling tiling = {
      layer->weightsAreNarrow ? tile_narrow : tile_wide, channelsMax, 1, {rowsMax}, rowsMax};
  conv1d_walk(tiling, layer, input, skip, output, outputCount, (conv1d_length(layer) + 15) / 16 * 16);
}

const kernel_set kernels_neon = {
    "neon",
    {.panelChannels = panelChannels, .groupLength = 16, .groupIsRow = true},
    conv1d_s8_neon};

#endif
