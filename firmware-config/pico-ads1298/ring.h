// Conversions from the data-ready interrupt to the main loop. What finds no room, or was not read in time, has a tick of
// its own and is counted: the receiver sees its place.
#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stdint.h>

#include "ads1298.h"

// 128 ms at 500 samples a second.
enum { RING_SLOTS = 64 };

typedef struct {
  uint32_t tick;
  uint32_t time_microseconds;
  uint8_t conversion[ADS1298_CONVERSION_BYTES];
} ring_slot;

// One interrupt writes, one loop of the same core reads. All zero at the start.
typedef struct {
  ring_slot slots[RING_SLOTS];
  // Slots written and read, modulo 2^32.
  volatile uint32_t written, read;
  volatile uint32_t lost;
  uint32_t next_tick;
  uint16_t last_edge;
  bool has_edge;
  // Conversions still to be dropped.
  volatile uint32_t unsettled;
} ring;

// The interrupt: makes ticks for all falling edges of data-ready up to `edge`, the count modulo 2^16 that the hardware
// keeps, and gives the slot for the last one's conversion. Null where there is no room: it is counted as lost.
ring_slot *ring_reserve(ring *ring, uint16_t edge, uint32_t time_microseconds);

// The interrupt: hands the reserved slot over, or counts it as lost where its bytes were no conversion.
void ring_commit(ring *ring, bool is_conversion);

// The loop: how many slots wait, the one `ahead` of the oldest, and that the oldest ones were used.
uint32_t ring_count(const ring *ring);
const ring_slot *ring_peek(const ring *ring, uint32_t ahead);
void ring_release(ring *ring, uint32_t count);

#endif
