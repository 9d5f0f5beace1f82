// The one function of OpenBLAS that the float reference needs, from a library that is looked for when it is
// first asked for. Linking it would cost every program that never asks, the monitor above all: measured on
// x86-64 with Debian 12's libopenblas0-pthread 0.3.21, 3.2 MB of resident memory, a second thread and 23 ms
// a start. So neither its headers nor the library are needed to build, and a device without it runs int8.

#ifndef C_OPENBLAS_H
#define C_OPENBLAS_H

#include <stddef.h>

/// Loads the library once and keeps it to one thread. NULL, or the loader's words where it is not there.
const char *copenblas_load(void);

/// sums[r][c] += sum over i of rows[r][i] * columns[c][i], in single precision; `rows` is `[rowCount][length]`,
/// `columns` is `[columnCount][length]`, `sums` is `[rowCount][columnCount]`. Only after a successful load.
void copenblas_multiply_add(const float *rows, const float *columns, float *sums, size_t rowCount,
                            size_t columnCount, size_t length);

#endif
