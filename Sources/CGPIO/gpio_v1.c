// libgpiod 1.x (written against 1.6.3's gpiod.h). Its edges carry a time and no number.

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "gpio_api.h"

struct gpiod_chip;
struct gpiod_line;
struct gpiod_line_event {
  struct timespec ts;
  int event_type;
};

// The number of the header's flag.
enum { flagPullUp = 1 << 5 };

#define FUNCTIONS(F)                                                                          \
  F(struct gpiod_chip *, gpiod_chip_open, (const char *))                                     \
  F(void, gpiod_chip_close, (struct gpiod_chip *))                                            \
  F(const char *, gpiod_chip_label, (struct gpiod_chip *))                                    \
  F(struct gpiod_line *, gpiod_chip_get_line, (struct gpiod_chip *, unsigned))                \
  F(bool, gpiod_line_is_used, (struct gpiod_line *))                                          \
  F(const char *, gpiod_line_consumer, (struct gpiod_line *))                                 \
  F(int, gpiod_line_request_falling_edge_events_flags, (struct gpiod_line *, const char *, int)) \
  F(int, gpiod_line_request_rising_edge_events_flags, (struct gpiod_line *, const char *, int)) \
  F(int, gpiod_line_request_output, (struct gpiod_line *, const char *, int))                 \
  F(int, gpiod_line_event_get_fd, (struct gpiod_line *))                                      \
  F(int, gpiod_line_event_read_multiple, (struct gpiod_line *, struct gpiod_line_event *, unsigned)) \
  F(int, gpiod_line_set_value, (struct gpiod_line *, int))                                    \
  F(void, gpiod_line_release, (struct gpiod_line *))

FUNCTIONS(GPIO_DECLARE)

static const char *find(void *library) {
  FUNCTIONS(GPIO_FIND)
  return NULL;
}

static int chip_label(const char *path, char *label, size_t size, const char **failed) {
  struct gpiod_chip *chip = gpiod_chip_open(path);
  if (!chip) return gpio_fail(failed, "open", errno);
  snprintf(label, size, "%s", gpiod_chip_label(chip));
  gpiod_chip_close(chip);
  return 0;
}

static int consumer(const char *path, unsigned offset, char *name, size_t size, const char **failed) {
  struct gpiod_chip *chip = gpiod_chip_open(path);
  if (!chip) return gpio_fail(failed, "open", errno);
  struct gpiod_line *line = gpiod_chip_get_line(chip, offset);
  int result = line ? 0 : gpio_fail(failed, "line", errno);
  if (line) {
    const char *user = gpiod_line_consumer(line);
    snprintf(name, size, "%s", user ? user : gpiod_line_is_used(line) ? "the kernel" : "");
  }
  gpiod_chip_close(chip);
  return result;
}

// Opens the chip and finds the line; 0 or -errno with nothing left open.
static int open_line(const char *path, cgpio_line *line, const char **failed) {
  line->chip = gpiod_chip_open(path);
  if (!line->chip) return gpio_fail(failed, "open", errno);
  line->request = gpiod_chip_get_line(line->chip, line->offset);
  if (line->request) return 0;
  int result = gpio_fail(failed, "line", errno);
  gpiod_chip_close(line->chip);
  return result;
}

static int close_failed(cgpio_line *line, const char **failed) {
  int result = gpio_fail(failed, "request", errno);
  gpiod_chip_close(line->chip);
  return result;
}

static int request_edges(const char *path, bool rising, bool pull_up, const char *name, cgpio_line *line,
                         const char **failed) {
  int result = open_line(path, line, failed);
  if (result < 0) return result;
  int flags = pull_up ? flagPullUp : 0;
  int requested = rising ? gpiod_line_request_rising_edge_events_flags(line->request, name, flags)
                         : gpiod_line_request_falling_edge_events_flags(line->request, name, flags);
  if (requested != 0) return close_failed(line, failed);
  line->descriptor = gpiod_line_event_get_fd(line->request);
  return 0;
}

static int request_output(const char *path, int value, const char *name, cgpio_line *line, const char **failed) {
  int result = open_line(path, line, failed);
  if (result < 0) return result;
  return gpiod_line_request_output(line->request, name, value) == 0 ? 0 : close_failed(line, failed);
}

static int read_edges(cgpio_line *line, cgpio_edge *edges, size_t capacity) {
  struct gpiod_line_event events[CGPIO_QUEUE_V1];
  unsigned wanted = capacity < CGPIO_QUEUE_V1 ? (unsigned)capacity : CGPIO_QUEUE_V1;
  int count = gpiod_line_event_read_multiple(line->request, events, wanted);
  if (count < 0) return errno > 0 ? -errno : -1;
  for (int i = 0; i < count; i++) {
    edges[i].nanoseconds = (uint64_t)events[i].ts.tv_sec * 1000000000u + (uint64_t)events[i].ts.tv_nsec;
    edges[i].sequence = 0;
  }
  return count;
}

static int set(cgpio_line *line, int value) {
  return gpiod_line_set_value(line->request, value) == 0 ? 0 : -errno;
}

static void release(cgpio_line *line) {
  gpiod_line_release(line->request);
  gpiod_chip_close(line->chip);
}

const gpio_api gpio_api_v1 = {find, chip_label, consumer, request_edges, request_output, read_edges, set, release};
