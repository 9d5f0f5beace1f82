// Waking a thread that waits for a ring, without a lock: a futex on a counter. The notifying side makes a
// system call only when somebody waits.
#ifndef CLINUX_WAKE_H
#define CLINUX_WAKE_H

#include <stdint.h>

// Allocation-free and lock-free on the notifying side, so real-time code may call these.
#if defined(__has_attribute) && __has_attribute(swift_attr)
#define CLINUX_REAL_TIME \
  __attribute__((swift_attr("@_noLocks"), swift_attr("@_noAllocation")))
#else
#define CLINUX_REAL_TIME
#endif

// One per direction of a ring. All fields belong to the functions below.
typedef struct {
  uint32_t sequence;
  uint32_t waiters;
} clinux_wake;

// The counter before a check: read it, look at the ring, then wait with it.
CLINUX_REAL_TIME uint32_t clinux_wake_prepare(const clinux_wake *wake);

// Sleeps until notified since `prepare`, or until the time is over.
void clinux_wake_wait(clinux_wake *wake, uint32_t prepared, uint32_t timeout_milliseconds);

// Wakes the waiting thread, if any.
CLINUX_REAL_TIME void clinux_wake_notify(clinux_wake *wake);

#endif
