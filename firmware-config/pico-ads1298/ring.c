#include "ring.h"

// One core: what the interrupt sees is in order when the compiler keeps the order.
#define BARRIER() __asm__ volatile("" ::: "memory")

ring_slot *ring_reserve(ring *ring, uint16_t edge, uint32_t time_microseconds) {
  uint16_t edges = ring->has_edge ? (uint16_t)(edge - ring->last_edge) : 1;
  ring->last_edge = edge;
  ring->has_edge = true;
  if (edges == 0) return 0;
  ring->lost += edges - 1u;
  ring->next_tick += edges;
  bool is_unsettled = ring->unsettled > 0;
  if (is_unsettled) ring->unsettled--;
  if (is_unsettled || ring->written - ring->read == RING_SLOTS) {
    ring->lost++;
    return 0;
  }
  ring_slot *slot = &ring->slots[ring->written % RING_SLOTS];
  slot->tick = ring->next_tick - 1;
  slot->time_microseconds = time_microseconds;
  return slot;
}

void ring_commit(ring *ring, bool is_conversion) {
  BARRIER();
  if (is_conversion)
    ring->written++;
  else
    ring->lost++;
}

uint32_t ring_count(const ring *ring) {
  uint32_t count = ring->written - ring->read;
  BARRIER();
  return count;
}

const ring_slot *ring_peek(const ring *ring, uint32_t ahead) { return &ring->slots[(ring->read + ahead) % RING_SLOTS]; }

void ring_release(ring *ring, uint32_t count) {
  BARRIER();
  ring->read += count;
}
