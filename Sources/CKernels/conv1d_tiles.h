// The walk that the vector backends share: blocks of channels outside, so that a block's weights stay in
// the nearest cache, and tiles of neighbouring windows inside.

#ifndef CONV1D_TILES_H
#define CONV1D_TILES_H

#include <string.h>

#include "kernels.h"

/// Before a loop with a few turns, known when compiling, over numbers that must stay in registers.
#define UNROLLED _Pragma("clang loop unroll(full)")

/// Hides how an address was computed, which otherwise is computed again, by additions between the products.
#define CONV1D_OPAQUE(address) __asm__("" : "+r"(address));

/// Some channels of some neighbouring windows.
typedef struct {
  /// First window, or what a pair of windows is computed from; the next one starts `step` bytes later.
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
  /// Outputs of the tile, each `outputChannels` behind the one before.
  size_t outputs;
} conv1d_tile;

/// A tile's function, and how large it may be.
typedef struct {
  void (*tile)(const conv1d_s8_layer *layer, const conv1d_tile *place, size_t rows);
  /// Channels of a vector, and vectors a tile has at most.
  size_t vectorChannels;
  size_t vectorsMax;
  /// Windows of a full tile, by its vectors from one on.
  size_t rowsMax[4];
  /// Windows of smaller tiles: from one to so many.
  size_t restMax;
  /// So few last channels make a tile of their own, full with so many windows.
  size_t fewChannels;
  size_t fewRowsMax;
} conv1d_tiling;

/// Windows of the next tile: a full one, or what is left in even parts, as a tile of one costs half of a full one.
ALWAYS_INLINE size_t conv1d_rows(size_t left, size_t rowsMax, size_t restMax) {
  if (left == rowsMax || left >= rowsMax + restMax) return rowsMax;
  if (left <= restMax) return left;
  return left <= 2 * restMax ? (left + 1) / 2 : restMax;
}

/// Vectors of the next tile: as many in each as in the others.
ALWAYS_INLINE size_t conv1d_vectors(const conv1d_tiling *tiling, size_t left) {
  const size_t last = left % tiling->vectorChannels, whole = left / tiling->vectorChannels;
  const size_t vectors = whole + (last > 0 && (last > tiling->fewChannels || whole == 0));
  const size_t blocks = (vectors + tiling->vectorsMax - 1) / tiling->vectorsMax;
  return (vectors + blocks - 1) / blocks;
}

/// Calls the tile for every row and channel. Rows of the input begin `step` bytes after each other and give
/// `outputsOfRow` outputs each, the last one fewer where the count ends within it.
ALWAYS_INLINE void conv1d_walk_rows(conv1d_tiling tiling, const conv1d_s8_layer *layer, const int8_t *input,
                                    size_t step, size_t outputsOfRow, const int8_t *skip, int8_t *output,
                                    size_t outputCount, size_t rowLength) {
  const size_t channels = (size_t)layer->outputChannels;
  conv1d_tile place;
  place.step = step;
  place.rowLength = rowLength;
  for (place.channel = 0; place.channel < channels; place.channel += place.channels) {
    const size_t left = channels - place.channel, vectors = conv1d_vectors(&tiling, left);
    place.channels = vectors * tiling.vectorChannels;
    if (left < place.channels) place.channels = left;
    const bool isFew = place.channels <= tiling.fewChannels;
    const size_t rowsMax = isFew ? tiling.fewRowsMax : tiling.rowsMax[vectors - 1];
    place.weight = layer->weight + place.channel * rowLength;
    for (size_t t = 0; t < outputCount; t += place.outputs) {
      const size_t rowsLeft = (outputCount - t + outputsOfRow - 1) / outputsOfRow;
      const size_t rows = conv1d_rows(rowsLeft, rowsMax, tiling.restMax);
      place.input = input + t / outputsOfRow * step;
      place.skip = skip ? skip + t * channels + place.channel : NULL;
      place.output = output + t * channels + place.channel;
      place.outputs = rows == rowsLeft ? outputCount - t : rows * outputsOfRow;
      tiling.tile(layer, &place, rows);
    }
  }
}

/// The same where every row is a window.
ALWAYS_INLINE void conv1d_walk(conv1d_tiling tiling, const conv1d_s8_layer *layer, const int8_t *input,
                               const int8_t *skip, int8_t *output, size_t outputCount, size_t rowLength) {
  const size_t step = (size_t)layer->stride * (size_t)layer->inputChannels;
  conv1d_walk_rows(tiling, layer, input, step, 1, skip, output, outputCount, rowLength);
}

/// Cases of a switch over the windows of a smaller tile: `CALL(1)` to `CALL(4)`, `CALL(6)`.
#define CONV1D_CASES_4(CALL) \
  case 1: CALL(1); break;    \
  case 2: CALL(2); break;    \
  case 3: CALL(3); break;    \
  case 4: CALL(4); break;
#define CONV1D_CASES_6(CALL) \
  CONV1D_CASES_4(CALL)       \
  case 5: CALL(5); break;    \
  case 6: CALL(6); break;

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
