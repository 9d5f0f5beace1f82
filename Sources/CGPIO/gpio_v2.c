// libgpiod 2.x (written against 2.2's gpiod.h). The kernel numbers its edges and keeps as many as it is asked to.

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "gpio_api.h"

struct gpiod_chip;
struct gpiod_chip_info;
struct gpiod_line_info;
struct gpiod_line_settings;
struct gpiod_line_config;
struct gpiod_request_config;
struct gpiod_line_request;
struct gpiod_edge_event;
struct gpiod_edge_event_buffer;

// The numbers of the header's enumerations.
enum { directionInput = 2, directionOutput = 3, edgeRising = 2, edgeFalling = 3, clockMonotonic = 1, biasPullUp = 4 };

#define FUNCTIONS(F)                                                                                       \
  F(struct gpiod_chip *, gpiod_chip_open, (const char *))                                                  \
  F(void, gpiod_chip_close, (struct gpiod_chip *))                                                         \
  F(struct gpiod_chip_info *, gpiod_chip_get_info, (struct gpiod_chip *))                                  \
  F(const char *, gpiod_chip_info_get_label, (struct gpiod_chip_info *))                                   \
  F(void, gpiod_chip_info_free, (struct gpiod_chip_info *))                                                \
  F(struct gpiod_line_info *, gpiod_chip_get_line_info, (struct gpiod_chip *, unsigned))                   \
  F(bool, gpiod_line_info_is_used, (struct gpiod_line_info *))                                             \
  F(const char *, gpiod_line_info_get_consumer, (struct gpiod_line_info *))                                \
  F(void, gpiod_line_info_free, (struct gpiod_line_info *))                                                \
  F(struct gpiod_line_settings *, gpiod_line_settings_new, (void))                                         \
  F(void, gpiod_line_settings_free, (struct gpiod_line_settings *))                                        \
  F(int, gpiod_line_settings_set_direction, (struct gpiod_line_settings *, int))                           \
  F(int, gpiod_line_settings_set_edge_detection, (struct gpiod_line_settings *, int))                      \
  F(int, gpiod_line_settings_set_event_clock, (struct gpiod_line_settings *, int))                         \
  F(int, gpiod_line_settings_set_bias, (struct gpiod_line_settings *, int))                                \
  F(int, gpiod_line_settings_set_output_value, (struct gpiod_line_settings *, int))                        \
  F(struct gpiod_line_config *, gpiod_line_config_new, (void))                                             \
  F(void, gpiod_line_config_free, (struct gpiod_line_config *))                                            \
  F(int, gpiod_line_config_add_line_settings,                                                              \
    (struct gpiod_line_config *, const unsigned *, size_t, struct gpiod_line_settings *))                  \
  F(struct gpiod_request_config *, gpiod_request_config_new, (void))                                       \
  F(void, gpiod_request_config_free, (struct gpiod_request_config *))                                      \
  F(void, gpiod_request_config_set_consumer, (struct gpiod_request_config *, const char *))                \
  F(void, gpiod_request_config_set_event_buffer_size, (struct gpiod_request_config *, size_t))             \
  F(struct gpiod_line_request *, gpiod_chip_request_lines,                                                 \
    (struct gpiod_chip *, struct gpiod_request_config *, struct gpiod_line_config *))                      \
  F(int, gpiod_line_request_get_fd, (struct gpiod_line_request *))                                         \
  F(int, gpiod_line_request_set_value, (struct gpiod_line_request *, unsigned, int))                       \
  F(void, gpiod_line_request_release, (struct gpiod_line_request *))                                       \
  F(int, gpiod_line_request_read_edge_events,                                                              \
    (struct gpiod_line_request *, struct gpiod_edge_event_buffer *, size_t))                               \
  F(struct gpiod_edge_event_buffer *, gpiod_edge_event_buffer_new, (size_t))                               \
  F(void, gpiod_edge_event_buffer_free, (struct gpiod_edge_event_buffer *))                                \
  F(struct gpiod_edge_event *, gpiod_edge_event_buffer_get_event,                                          \
    (struct gpiod_edge_event_buffer *, unsigned long))                                                     \
  F(uint64_t, gpiod_edge_event_get_timestamp_ns, (struct gpiod_edge_event *))                              \
  F(unsigned long, gpiod_edge_event_get_line_seqno, (struct gpiod_edge_event *))

FUNCTIONS(GPIO_DECLARE)

static const char *find(void *library) {
  FUNCTIONS(GPIO_FIND)
  return NULL;
}

static int chip_label(const char *path, char *label, size_t size, const char **failed) {
  struct gpiod_chip *chip = gpiod_chip_open(path);
  if (!chip) return gpio_fail(failed, "open", errno);
  struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
  int result = info ? 0 : gpio_fail(failed, "chip", errno);
  if (info) {
    snprintf(label, size, "%s", gpiod_chip_info_get_label(info));
    gpiod_chip_info_free(info);
  }
  gpiod_chip_close(chip);
  return result;
}

static int consumer(const char *path, unsigned offset, char *name, size_t size, const char **failed) {
  struct gpiod_chip *chip = gpiod_chip_open(path);
  if (!chip) return gpio_fail(failed, "open", errno);
  struct gpiod_line_info *info = gpiod_chip_get_line_info(chip, offset);
  int result = info ? 0 : gpio_fail(failed, "line", errno);
  if (info) {
    const char *user = gpiod_line_info_get_consumer(info);
    snprintf(name, size, "%s", user ? user : gpiod_line_info_is_used(info) ? "the kernel" : "");
    gpiod_line_info_free(info);
  }
  gpiod_chip_close(chip);
  return result;
}

// Requests the line with its settings; all but the request is given back.
static int request(const char *path, const char *name, struct gpiod_line_settings *settings, cgpio_line *line,
                   const char **failed) {
  struct gpiod_line_config *config = gpiod_line_config_new();
  struct gpiod_request_config *demand = gpiod_request_config_new();
  struct gpiod_chip *chip = gpiod_chip_open(path);
  int result = 0;
  if (!chip) {
    result = gpio_fail(failed, "open", errno);
  } else if (!settings || !config || !demand ||
             gpiod_line_config_add_line_settings(config, &line->offset, 1, settings) != 0) {
    result = gpio_fail(failed, "memory", errno);
  } else {
    gpiod_request_config_set_consumer(demand, name);
    gpiod_request_config_set_event_buffer_size(demand, CGPIO_QUEUE_V2);
    line->request = gpiod_chip_request_lines(chip, demand, config);
    if (!line->request) result = gpio_fail(failed, "request", errno);
  }
  if (chip) gpiod_chip_close(chip);
  if (demand) gpiod_request_config_free(demand);
  if (config) gpiod_line_config_free(config);
  if (settings) gpiod_line_settings_free(settings);
  if (result == 0) line->descriptor = gpiod_line_request_get_fd(line->request);
  return result;
}

static void release(cgpio_line *line) {
  if (line->buffer) gpiod_edge_event_buffer_free(line->buffer);
  gpiod_line_request_release(line->request);
}

static int request_edges(const char *path, bool rising, bool pull_up, const char *name, cgpio_line *line,
                         const char **failed) {
  struct gpiod_line_settings *settings = gpiod_line_settings_new();
  if (settings) {
    gpiod_line_settings_set_direction(settings, directionInput);
    gpiod_line_settings_set_edge_detection(settings, rising ? edgeRising : edgeFalling);
    gpiod_line_settings_set_event_clock(settings, clockMonotonic);
    if (pull_up) gpiod_line_settings_set_bias(settings, biasPullUp);
  }
  int result = request(path, name, settings, line, failed);
  if (result < 0) return result;
  line->buffer = gpiod_edge_event_buffer_new(CGPIO_QUEUE_V2);
  if (line->buffer) return 0;
  result = gpio_fail(failed, "memory", errno);
  release(line);
  return result;
}

static int request_output(const char *path, int value, const char *name, cgpio_line *line, const char **failed) {
  struct gpiod_line_settings *settings = gpiod_line_settings_new();
  if (settings) {
    gpiod_line_settings_set_direction(settings, directionOutput);
    gpiod_line_settings_set_output_value(settings, value);
  }
  return request(path, name, settings, line, failed);
}

static int read_edges(cgpio_line *line, cgpio_edge *edges, size_t capacity) {
  int count = gpiod_line_request_read_edge_events(line->request, line->buffer, capacity);
  if (count < 0) return errno > 0 ? -errno : -1;
  for (int i = 0; i < count; i++) {
    struct gpiod_edge_event *event = gpiod_edge_event_buffer_get_event(line->buffer, (unsigned long)i);
    edges[i].nanoseconds = gpiod_edge_event_get_timestamp_ns(event);
    edges[i].sequence = (uint32_t)gpiod_edge_event_get_line_seqno(event);
  }
  return count;
}

static int set(cgpio_line *line, int value) {
  return gpiod_line_request_set_value(line->request, line->offset, value) == 0 ? 0 : -errno;
}

const gpio_api gpio_api_v2 = {find, chip_label, consumer, request_edges, request_output, read_edges, set, release};
