// The backends, each in a file of its own, built where the compiler targets its architecture.

#ifndef KERNELS_H
#define KERNELS_H

#include "CKernels.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

extern frame_sums_s8_function frame_sums_s8_c;

extern const kernel_set kernels_c;
#if defined(__aarch64__)
extern const kernel_set kernels_neon;
extern const kernel_set kernels_neondot;
#elif defined(__x86_64__)
extern frame_sums_s8_function frame_sums_s8_avx2;
extern const kernel_set kernels_avx2;
extern const kernel_set kernels_avxvnni;
extern const kernel_set kernels_avx512vnni;
#endif

#endif
