// Which backends this processor can run, asked of the kernel (ARM) or of the processor (x86).

#include "kernels.h"

#if defined(__aarch64__)

#include <sys/auxv.h>

#ifndef HWCAP_ASIMDDP
#define HWCAP_ASIMDDP (1 << 20)
#endif

static bool always(void) { return true; }
static bool has_dotprod(void) { return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0; }

static const struct {
  const kernel_set *kernels;
  bool (*runs)(void);
} backends[] = {{&kernels_neondot, has_dotprod}, {&kernels_neon, always}, {&kernels_c, always}};

#elif defined(__x86_64__)

#include <cpuid.h>

static bool always(void) { return true; }
static bool has_avx2(void) { return __builtin_cpu_supports("avx2"); }

static bool has_avx512vnni(void) {
  return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw");
}

// Leaf 7, subleaf 1, EAX bit 4 (Intel's architecture manual, volume 2, CPUID): AVX-VNNI.
static bool has_avxvnni(void) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return has_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}

static const struct {
  const kernel_set *kernels;
  bool (*runs)(void);
} backends[] = {{&kernels_avx512vnni, has_avx512vnni},
                {&kernels_avxvnni, has_avxvnni},
                {&kernels_avx2, has_avx2},
                {&kernels_c, always}};

#else

static bool always(void) { return true; }

static const struct {
  const kernel_set *kernels;
  bool (*runs)(void);
} backends[] = {{&kernels_c, always}};

#endif

const kernel_set *kernels_at(size_t index) {
  for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
    if (backends[i].runs() && index-- == 0) return backends[i].kernels;
  }
  return NULL;
}
