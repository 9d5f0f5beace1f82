// Requantisation in NEON: 64-bit products, a rounding shift, saturating narrowing. The constants of eight
// channels are loaded once for all windows of a tile.

#ifndef REQUANTISE_NEON_H
#define REQUANTISE_NEON_H

#include <arm_neon.h>

#include "conv1d_tiles.h"

/// The constants of four channels.
typedef struct {
  int32x4_t multiplier;
  int32x4_t skipMultiplier;
  int64x2_t shift;
} requantisation;

ALWAYS_INLINE requantisation requantisation_of(const conv1d_s8_layer *layer, size_t channel, bool skips) {
  requantisation by;
  by.multiplier = vld1q_s32(layer->multiplier + channel);
  by.skipMultiplier = skips ? vld1q_s32(layer->skipMultiplier + channel) : vdupq_n_s32(0);
  by.shift = vdupq_n_s64(-(int64_t)layer->shift);
  return by;
}

/// Four channels: accumulators and skip codes to numbers before the clamp.
ALWAYS_INLINE int16x4_t requantise(requantisation by, int32x4_t accumulator, int16x4_t skip, bool skips) {
  int64x2_t low = vmull_s32(vget_low_s32(accumulator), vget_low_s32(by.multiplier));
  int64x2_t high = vmull_high_s32(accumulator, by.multiplier);
  if (skips) {
    const int32x4_t codes = vmovl_s16(skip);
    low = vmlal_s32(low, vget_low_s32(codes), vget_low_s32(by.skipMultiplier));
    high = vmlal_high_s32(high, codes, by.skipMultiplier);
  }
  const int64x2_t lowShifted = vrshlq_s64(low, by.shift), highShifted = vrshlq_s64(high, by.shift);
  return vqmovn_s32(vuzp1q_s32(vreinterpretq_s32_s64(lowShifted), vreinterpretq_s32_s64(highShifted)));
}

/// `count` codes of eight channels of every window, from sums `[rows][stride]`.
ALWAYS_INLINE void finish_eight(const conv1d_s8_layer *layer, const conv1d_tile *place, const int32_t *sums,
                                size_t rows, size_t stride, size_t first, size_t count, bool skips) {
  const requantisation low = requantisation_of(layer, place->channel + first, skips);
  const requantisation high = requantisation_of(layer, place->channel + first + 4, skips);
  const int8x8_t minimum = vdup_n_s8((int8_t)layer->minimum), maximum = vdup_n_s8((int8_t)layer->maximum);
  const size_t channels = (size_t)layer->outputChannels;
  const int8_t *skipped = skips ? place->skip + first : NULL;
  int8_t *output = place->output + first;
  for (size_t row = 0; row < rows; row++, sums += stride, output += channels) {
    int16x8_t skip = vdupq_n_s16(0);
    if (skips) {
      int64_t codes = 0;
      memcpy(&codes, skipped, count);
      skip = vmovl_s8(vcreate_s8((uint64_t)codes));
      skipped += channels;
    }
    const int16x8_t words =
        vcombine_s16(requantise(low, vld1q_s32(sums), vget_low_s16(skip), skips),
                     requantise(high, vld1q_s32(sums + 4), vget_high_s16(skip), skips));
    const int8x8_t codes = vmin_s8(vmax_s8(vqmovn_s16(words), minimum), maximum);
    const uint64_t stored = vget_lane_u64(vreinterpret_u64_s8(codes), 0);
    memcpy(output, &stored, count);
  }
}

/// The codes of a tile from its sums, `[rows][stride]`.
ALWAYS_INLINE void finish_tile_neon(const conv1d_s8_layer *layer, const conv1d_tile *place,
                                    const int32_t *sums, size_t rows, size_t stride) {
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
