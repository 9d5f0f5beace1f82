// Clocks and what the process used of the machine.
#ifndef CLINUX_TIME_H
#define CLINUX_TIME_H

#include <stdint.h>

#include "clinux_wake.h"

// Whether somebody keeps the system's clocks (NTP): adjtimex(2) without STA_UNSYNC.
int clinux_clock_is_synchronised(void);

// CLOCK_MONOTONIC in nanoseconds.
CLINUX_REAL_TIME uint64_t clinux_monotonic_nanoseconds(void);

// Processor time of the whole process, user and system, in nanoseconds.
uint64_t clinux_process_cpu_nanoseconds(void);

// Processor time of the calling thread in nanoseconds.
uint64_t clinux_thread_cpu_nanoseconds(void);

// Sleeps so long, or until a signal comes.
void clinux_sleep_nanoseconds(uint64_t nanoseconds);

// Memory of the process that lies in RAM, in bytes; 0 where /proc is missing.
uint64_t clinux_resident_bytes(void);

#endif
