// The dispatch table: one row a backend, one column an operation.

#ifndef KERNELS_H
#define KERNELS_H

#include "CKernels.h"

typedef struct {
  const char *name;
  void (*conv1d_s8)(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                    int8_t *output, size_t outputCount);
  void (*sum_s8)(const int8_t *input, size_t count, size_t channels, int32_t *sum);
  void (*sum_squares_s8)(const int8_t *input, size_t count, size_t channels, int32_t *sum);
} kernel_table;

void conv1d_s8_c(const conv1d_s8_layer *layer, const int8_t *input, const int8_t *skip,
                 int8_t *output, size_t outputCount);
void sum_s8_c(const int8_t *input, size_t count, size_t channels, int32_t *sum);
void sum_squares_s8_c(const int8_t *input, size_t count, size_t channels, int32_t *sum);

#endif
