// Every backend that this processor runs, on random layers at the very edge of what conv1d_s8.h allows, against
// the portable one. Built and run by scripts/sanitize: with every array in memory of its exact size, a
// sanitizer sees a byte read or written beyond it, and any arithmetic that C leaves undefined.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

static uint64_t state = 4;
static long pairedLayers = 0;

static int64_t draw(int64_t low, int64_t high) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return low + (int64_t)((state >> 16) % (uint64_t)(high - low + 1));
}

/// The largest number a quarter of the time, else any up to it.
static int64_t draw_up_to(int64_t high) { return draw(0, 3) == 0 ? high : draw(0, high); }

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static void *take(size_t size) {
  void *memory = calloc(size > 0 ? size : 1, 1);
  if (!memory) abort();
  return memory;
}

static size_t padded(size_t channels) {
  return (channels + conv1d_s8_channel_multiple - 1) / conv1d_s8_channel_multiple *
         conv1d_s8_channel_multiple;
}

/// A layer with its weights as rows, before a backend packs them.
typedef struct {
  conv1d_s8_layer layer;
  int8_t *rows, *input, *skip;
  int32_t *bias, *multiplier, *skipMultiplier;
  size_t length, count;
} given;

static int64_t sum_of_magnitudes(const given *g, size_t channel) {
  int64_t sum = 0;
  for (size_t i = 0; i < g->length; i++) sum += llabs(g->rows[channel * g->length + i]);
  return sum;
}

/// Bias and multipliers of a channel as large as they may be: the accumulator below 2^31, both products
/// together below 2^62, what remains after the shift below 2^31.
static void draw_channel(given *g, size_t channel) {
  const int64_t int32Max = INT32_MAX, products = ((int64_t)1 << 62) - 1;
  const int shift = g->layer.shift;
  const int64_t weights = sum_of_magnitudes(g, channel) * 127;
  const int64_t bias = draw_up_to(int32Max - weights);
  g->bias[channel] = (int32_t)(draw(0, 1) ? bias : -bias);
  const int64_t remains = shift > 30 ? products : ((int64_t)1 << (31 + shift)) - ((int64_t)2 << shift);
  const int64_t skip = g->layer.skipMultiplier ? draw_up_to(smaller(int32Max, remains / 127)) : 0;
  g->skipMultiplier[channel] = (int32_t)skip;
  const int64_t sum = weights + bias, left = remains - 127 * skip;
  g->multiplier[channel] = (int32_t)draw_up_to(sum == 0 ? int32Max : smaller(int32Max, left / sum));
}

static given draw_layer(void) {
  given g;
  conv1d_s8_layer *layer = &g.layer;
  // With weights up to 42 all sums of three fit, and windows can be computed in pairs.
  const int8_t limit = (int8_t[]){42, 63, 127}[draw(0, 2)];
  layer->kernel = (int32_t)(draw(0, 1) ? 3 : draw(1, 9));
  layer->stride = (int32_t)(draw(0, 1) ? 1 : draw(1, 4));
  layer->inputChannels = (int32_t)draw(1, draw(0, 3) ? 24 : 150);
  layer->outputChannels = (int32_t)draw(1, draw(0, 3) ? 24 : 150);
  layer->shift = (int32_t)draw(1, 62);
  layer->minimum = (int32_t)draw(-127, 0);
  layer->maximum = (int32_t)draw(layer->minimum, 127);
  layer->inputIsSigned = draw(0, 1);
  layer->weightsAreNarrow = limit <= 63;
  const size_t channels = (size_t)layer->outputChannels, inputs = (size_t)layer->inputChannels;
  g.length = (size_t)layer->kernel * inputs;
  g.count = (size_t)draw(0, 26);
  const size_t steps = g.count ? (g.count - 1) * (size_t)layer->stride + (size_t)layer->kernel : 0;
  g.rows = take(channels * g.length);
  g.input = take(steps * inputs);
  g.skip = take(g.count * channels);
  g.bias = take(padded(channels) * sizeof(int32_t));
  g.multiplier = take(padded(channels) * sizeof(int32_t));
  g.skipMultiplier = take(padded(channels) * sizeof(int32_t));
  layer->multiplier = g.multiplier;
  layer->skipMultiplier = draw(0, 1) ? g.skipMultiplier : NULL;
  const int extreme = draw(0, 3) == 0;
  const int8_t least = layer->inputIsSigned ? -127 : 0;
  for (size_t i = 0; i < channels * g.length; i++) {
    g.rows[i] = (int8_t)(extreme ? (draw(0, 1) ? limit : -limit) : draw(-limit, limit));
  }
  for (size_t i = 0; i < steps * inputs; i++) {
    g.input[i] = (int8_t)(extreme ? (draw(0, 3) ? 127 : least) : draw(least, 127));
  }
  for (size_t i = 0; i < g.count * channels; i++) g.skip[i] = (int8_t)draw(-127, 127);
  for (size_t channel = 0; channel < channels; channel++) draw_channel(&g, channel);
  return g;
}

static int8_t *run(const given *g, const kernel_set *kernels) {
  conv1d_s8_layer layer = g->layer;
  void *packed = take(conv1d_s8_packed_size(kernels->layout, &layer, g->rows));
  conv1d_s8_pack(kernels->layout, g->rows, g->bias, packed, &layer);
  pairedLayers += layer.secondBias != NULL;
  int8_t *output = take(g->count * (size_t)layer.outputChannels);
  conv1d_s8(kernels, &layer, g->input, layer.skipMultiplier ? g->skip : NULL, output, g->count);
  free(packed);
  return output;
}

static void give_back(given g) {
  free(g.rows);
  free(g.input);
  free(g.skip);
  free(g.bias);
  free(g.multiplier);
  free(g.skipMultiplier);
}

int main(int argumentCount, char **arguments) {
  const long layers = argumentCount > 1 ? strtol(arguments[1], NULL, 10) : 2000;
  size_t backends = 0;
  for (; kernels_at(backends); backends++) {
    printf("%s%s", backends > 0 ? ", " : "kernels ", kernels_at(backends)->name);
  }
  for (long index = 0; index < layers; index++) {
    const given g = draw_layer();
    int8_t *expected = run(&g, kernels_at(backends - 1));
    for (size_t k = 0; k + 1 < backends; k++) {
      int8_t *output = run(&g, kernels_at(k));
      if (memcmp(output, expected, g.count * (size_t)g.layer.outputChannels) != 0) {
        printf("\nlayer %ld differs with %s: kernel %d, stride %d, %d to %d channels, shift %d\n", index,
               kernels_at(k)->name, g.layer.kernel, g.layer.stride, g.layer.inputChannels,
               g.layer.outputChannels, g.layer.shift);
        return 1;
      }
      free(output);
    }
    free(expected);
    give_back(g);
  }
  printf(": %ld random layers equal, %ld times in pairs\n", layers, pairedLayers);
  return 0;
}
