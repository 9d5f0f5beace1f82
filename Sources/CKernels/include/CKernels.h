// The arithmetic of the encoder, as C functions: the seam behind which an instruction set may do the
// same sums faster. Every function here calls the backend that `kernels_name` names.

#ifndef C_KERNELS_H
#define C_KERNELS_H

#include "conv1d_s8.h"
#include "sum_s8.h"
#include "sum_squares_s8.h"

/// The backend in use ("c": portable C). Lives forever.
KERNEL_REAL_TIME
const char *kernels_name(void);

#endif
