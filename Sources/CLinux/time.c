#include "clinux_time.h"

#include <stdio.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static uint64_t nanoseconds_of(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clinux_monotonic_nanoseconds(void) { return nanoseconds_of(CLOCK_MONOTONIC); }

uint64_t clinux_process_cpu_nanoseconds(void) { return nanoseconds_of(CLOCK_PROCESS_CPUTIME_ID); }

uint64_t clinux_thread_cpu_nanoseconds(void) { return nanoseconds_of(CLOCK_THREAD_CPUTIME_ID); }

void clinux_sleep_nanoseconds(uint64_t nanoseconds) {
  struct timespec duration = {.tv_sec = (time_t)(nanoseconds / 1000000000u),
                              .tv_nsec = (long)(nanoseconds % 1000000000u)};
  nanosleep(&duration, NULL);
}

int clinux_clock_is_synchronised(void) {
  struct timex state = {0};
  return adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
}

uint64_t clinux_resident_bytes(void) {
  unsigned long size = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "re");
  if (file == NULL) return 0;
  if (fscanf(file, "%lu %lu", &size, &resident) != 2) resident = 0;
  fclose(file);
  return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}
