// Finds the library, whatever its threading, by the name that Debian's packages share.

#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>

// From cblas.h, which is where the numbers of the enumerations stand: row-major, as it is, transposed.
enum { rowMajor = 101, asItIs = 111, transposed = 112 };

typedef void sgemm_function(int order, int transposeA, int transposeB, int m, int n, int k, float alpha,
                            const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sgemm_function *sgemm;
static const char *failure = "it has no cblas_sgemm";

static void load(void) {
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    failure = dlerror();
    return;
  }
  void (*limit)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
  if (limit) limit(1);
  sgemm = (sgemm_function *)dlsym(library, "cblas_sgemm");
}

const char *copenblas_load(void) {
  pthread_once(&once, load);
  return sgemm ? NULL : failure;
}

void copenblas_multiply_add(const float *rows, const float *columns, float *sums, size_t rowCount,
                            size_t columnCount, size_t length) {
  const int m = (int)rowCount, n = (int)columnCount, k = (int)length;
  sgemm(rowMajor, asItIs, transposed, m, n, k, 1, rows, k, columns, k, 1, sums, n);
}
