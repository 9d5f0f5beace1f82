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
  int8x8_t minimum, maximum;
} requantisation;

ALWAYS_INLINE requantisation requantisation_of(const conv1d_s8_layer *layer, size_t channel, bool skips) {
  requantisation by;
  by.multiplier = vld1q_s32(layer->multiplier + channel);
  by.skipMultiplier = skips ? vld1q_s32(layer->skipMultiplier + channel) : vdupq_n_s32(0);
  by.shift = vdupq_n_s64(-(int64_t)layer->shift);
  by.minimum = vdup_n_s8((int8_t)layer->minimum);
  by.maximum = vdup_n_s8((int8_t)layer->maximum);
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

/// The first `count` codes, zeros behind them.
ALWAYS_INLINE int8x8_t load_codes(const int8_t *codes, size_t count) {
  uint64_t eight = 0;
  memcpy(&eight, codes, count);
  return vcreate_s8(eight);
}

/// Numbers to codes within the layer's range.
ALWAYS_INLINE uint64_t clamped(requantisation by, int16x4_t low, int16x4_t high) {
  const int8x8_t codes = vmin_s8(vmax_s8(vqmovn_s16(vcombine_s16(low, high)), by.minimum), by.maximum);
  return vget_lane_u64(vreinterpret_u64_s8(codes), 0);
}

#endif
