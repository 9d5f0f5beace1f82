#include "clinux_wake.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint32_t clinux_wake_prepare(const clinux_wake *wake) {
  // Acquire: what the ring shows after this is at least as new as the counter.
  return __atomic_load_n(&wake->sequence, __ATOMIC_ACQUIRE);
}

void clinux_wake_wait(clinux_wake *wake, uint32_t prepared, uint32_t timeout_milliseconds) {
  struct timespec timeout = {.tv_sec = timeout_milliseconds / 1000,
                             .tv_nsec = (long)(timeout_milliseconds % 1000) * 1000000L};
  // Sequentially consistent with `notify`: either it sees the waiter, or the futex sees its counter.
  __atomic_add_fetch(&wake->waiters, 1, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, &wake->sequence, FUTEX_WAIT_PRIVATE, prepared, &timeout, NULL, 0);
  __atomic_sub_fetch(&wake->waiters, 1, __ATOMIC_SEQ_CST);
}

void clinux_wake_notify(clinux_wake *wake) {
  __atomic_add_fetch(&wake->sequence, 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&wake->waiters, __ATOMIC_SEQ_CST) != 0) {
    syscall(SYS_futex, &wake->sequence, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  }
}
