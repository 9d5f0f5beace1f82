// Counts what the calling thread allocates between two marks. Linked into the test executable only:
// there malloc and its relatives resolve to the counting versions before the C library's.

#ifndef C_ALLOCATION_COUNTER_H
#define C_ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// Whether this build counts. Sanitizers bring allocators of their own; there it does not.
bool allocations_countable(void);

/// Starts counting on this thread, from zero.
void allocations_begin(void);

/// Stops counting. Returns how often this thread allocated since `allocations_begin`, growth of a block
/// (realloc) included, release not.
int64_t allocations_end(void);

#endif
