// Single GPIO lines through libgpiod, whichever of its two incompatible APIs is installed: 2.x (libgpiod.so.3,
// Debian 13) or 1.x (libgpiod.so.2, Debian 12). It is looked for when it is first asked for, so one program runs on
// both, and neither its headers nor the library are needed to build.
#ifndef C_GPIO_H
#define C_GPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A requested line: an input that reports edges, or an output.
typedef struct cgpio_line cgpio_line;

// An edge.
typedef struct {
  // CLOCK_MONOTONIC, by the kernel.
  uint64_t nanoseconds;
  // 1, 2, … on this line since it was requested, edges that found the queue full counted; 0 with API 1, which
  // counts none.
  uint32_t sequence;
} cgpio_edge;

// Edges that the kernel keeps: with API 2, where the oldest make room; with API 1, where the newest are dropped.
#define CGPIO_QUEUE_V2 256
#define CGPIO_QUEUE_V1 16

// Loads the library once. The API that was found, 1 or 2, or 0.
int cgpio_version(void);

// Why there is none: the loader's words, or the name of a function that the library lacks.
const char *cgpio_failure(void);

// All of these, only where there is a version, return 0 or more, or -errno with `*failed` naming the step that failed.

// Writes the label of the chip at `path` (/dev/gpiochip0).
int cgpio_chip_label(const char *path, char *label, size_t size, const char **failed);

// Writes who uses a line; the empty string where nobody does.
int cgpio_consumer(const char *path, unsigned offset, char *consumer, size_t size, const char **failed);

// Requests an input that reports its falling edges, or its rising ones, with the line's pull-up switched on or with
// what it has.
int cgpio_request_edges(const char *path, unsigned offset, bool rising, bool pull_up, const char *consumer,
                        cgpio_line **line, const char **failed);

// Requests an output with its first value.
int cgpio_request_output(const char *path, unsigned offset, int value, const char *consumer, cgpio_line **line,
                         const char **failed);

// Waits at most so long and takes the edges that are there, oldest first, at most `capacity`. Returns their count, 0
// when none came. Allocates nothing.
int cgpio_take_edges(cgpio_line *line, cgpio_edge *edges, size_t capacity, int wait_milliseconds);

// Sets an output. 0 or -errno. Allocates nothing.
int cgpio_set(cgpio_line *line, int value);

// Gives the line back.
void cgpio_release(cgpio_line *line);

#endif
