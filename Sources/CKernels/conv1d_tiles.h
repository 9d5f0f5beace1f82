// The walk that the vector backends share: blocks of channels outside, so that a block's weights stay in
// the nearest cache, and tiles of neighbouring windows inside.

#ifndef CONV1D_TILES_H
#define CONV1D_TILES_H

#include <string.h>

#include "kernels.h"

/// Before a loop with a few turns, known when compiling, over numbers that must stay in registers.
#define UNROLLED _Pragma("clang loop unroll(full)")

/// Some channels of some neighbouring windows.
typedef struct {
  /// First window; the next one starts `step` bytes later.
  const int8_t *input;
  size_t step;
  /// Packed weights of the first channel, and bytes a channel.
  const int8_t *weight;
  size_t rowLength;
  /// First channel, and how many.
  size_t channel;
  size_t channels;
  /// The skip and the output of the first channel of the first window; NULL without skip.
  const int8_t *skip;
  int8_t *output;
} conv1d_tile;

/// Windows of the next tile: what is left is shared by the last two, as a tile of one costs half of a full one.
ALWAYS_INLINE size_t conv1d_rows(size_t left, size_t rowsMax) {
  if (left <= rowsMax) return left;
  return left < 2 * rowsMax ? (left + 1) / 2 : rowsMax;
}

/// A tile's function, and how large it may be.
typedef struct {
  void (*tile)(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows);
  /// Channels of a vector, and vectors a tile has at most.
  size_t vectorChannels;
  size_t vectorsMax;
  /// Windows a tile has at most, by its vectors from one on.
  size_t rowsMax[4];
} conv1d_tiling;

/// Calls the tile for every window and channel; blocks of channels are as even as vectors allow.
ALWAYS_INLINE void conv1d_walk(conv1d_tiling tiling, const conv1d_s8_layer *layer, const int8_t *input,
                               const int8_t *skip, int8_t *output, size_t outputCount, size_t rowLength) {
  const size_t channels = (size_t)layer->outputChannels;
  size_t vectors = (channels + tiling.vectorChannels - 1) / tiling.vectorChannels;
  size_t blocks = (vectors + tiling.vectorsMax - 1) / tiling.vectorsMax;
  conv1d_tile place;
  place.step = (size_t)layer->stride * (size_t)layer->inputChannels;
  place.rowLength = rowLength;
  for (place.channel = 0; blocks > 0; blocks--) {
    const size_t inBlock = (vectors + blocks - 1) / blocks, left = channels - place.channel;
    const size_t rowsMax = tiling.rowsMax[inBlock - 1];
    place.channels = inBlock * tiling.vectorChannels;
    if (left < place.channels) place.channels = left;
    place.weight = layer->weight + place.channel * rowLength;
    for (size_t t = 0; t < outputCount;) {
      const size_t rows = conv1d_rows(outputCount - t, rowsMax);
      place.input = input + t * place.step;
      place.skip = skip ? skip + t * channels + place.channel : NULL;
      place.output = output + t * channels + place.channel;
      tiling.tile(layer, &place, rows);
      t += rows;
    }
    vectors -= inBlock;
    place.channel += inBlock * tiling.vectorChannels;
  }
}

/// Cases of a switch over a tile's windows: `CALL(n)` for up to twelve, where so many fit the registers.
#define CONV1D_CASES(rowsMax, CALL)                                              \
  case 1: CALL(1); break;                                                        \
  case 2: if (rowsMax >= 2) { CALL(2); } break;                                  \
  case 3: if (rowsMax >= 3) { CALL(3); } break;                                  \
  case 4: if (rowsMax >= 4) { CALL(4); } break;                                  \
  case 5: if (rowsMax >= 5) { CALL(5); } break;                                  \
  case 6: if (rowsMax >= 6) { CALL(6); } break;                                  \
  case 7: if (rowsMax >= 7) { CALL(7); } break;                                  \
  case 8: if (rowsMax >= 8) { CALL(8); } break;                                  \
  case 9: if (rowsMax >= 9) { CALL(9); } break;                                  \
  case 10: if (rowsMax >= 10) { CALL(10); } break;                               \
  case 11: if (rowsMax >= 11) { CALL(11); } break;                               \
  default: if (rowsMax >= 12) { CALL(12); } break;

/// Bytes of a window.
ALWAYS_INLINE size_t conv1d_length(const conv1d_s8_layer *layer) {
  return (size_t)layer->kernel * (size_t)layer->inputChannels;
}

/// Four consecutive codes as one number, to be repeated in a vector; `count` below four takes the last
/// codes of a window, zeros behind them.
ALWAYS_INLINE int32_t conv1d_four(const int8_t *codes, size_t count) {
  int32_t four = 0;
  memcpy(&four, codes, count);
  return four;
}

#endif
