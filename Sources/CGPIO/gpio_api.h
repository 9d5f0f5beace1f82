// What gpio.c asks of each API: one table of functions a file.
#ifndef GPIO_API_H
#define GPIO_API_H

#include "CGPIO.h"

struct cgpio_line {
  // Becomes readable when an edge waits.
  int descriptor;
  unsigned offset;
  // libgpiod's own objects: the chip (API 1 needs it as long as the line), the request, the buffer of edges (API 2).
  void *chip;
  void *request;
  void *buffer;
};

typedef struct {
  // Finds the functions in the library; NULL, or the name of the one that it lacks.
  const char *(*find)(void *library);
  // The functions of CGPIO.h. Those that request a line fill in `line`, which the caller has made.
  int (*chip_label)(const char *path, char *label, size_t size, const char **failed);
  int (*consumer)(const char *path, unsigned offset, char *consumer, size_t size, const char **failed);
  int (*request_edges)(const char *path, bool rising, bool pull_up, const char *consumer, cgpio_line *line,
                       const char **failed);
  int (*request_output)(const char *path, int value, const char *consumer, cgpio_line *line, const char **failed);
  // Takes edges that are known to wait.
  int (*read_edges)(cgpio_line *line, cgpio_edge *edges, size_t capacity);
  int (*set)(cgpio_line *line, int value);
  void (*release)(cgpio_line *line);
} gpio_api;

extern const gpio_api gpio_api_v1;
extern const gpio_api gpio_api_v2;

// Ends a function that failed: what failed, and errno.
static inline int gpio_fail(const char **failed, const char *step, int reason) {
  *failed = step;
  return reason > 0 ? -reason : -1;
}

// Declares a pointer with the name of a function of libgpiod, and finds it.
#define GPIO_DECLARE(result, name, parameters) static result(*name) parameters;
#define GPIO_FIND(result, name, parameters) \
  if (!(name = (result(*) parameters)dlsym(library, #name))) return #name;

#endif
