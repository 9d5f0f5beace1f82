// Chooses the API and waits for edges; the rest is the API's.

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "gpio_api.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const gpio_api *api;
static int version;
static const char *failure = "libgpiod is not installed";

static int load_version(int number, const char *name, const gpio_api *candidate) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) return 0;
  const char *lacking = candidate->find(library);
  if (lacking) {
    failure = lacking;
    dlclose(library);
    return 0;
  }
  api = candidate;
  version = number;
  return 1;
}

static void load(void) {
  if (!load_version(2, "libgpiod.so.3", &gpio_api_v2)) load_version(1, "libgpiod.so.2", &gpio_api_v1);
}

int cgpio_version(void) {
  pthread_once(&once, load);
  return version;
}

const char *cgpio_failure(void) { return failure; }

int cgpio_chip_label(const char *path, char *label, size_t size, const char **failed) {
  return api->chip_label(path, label, size, failed);
}

int cgpio_consumer(const char *path, unsigned offset, char *consumer, size_t size, const char **failed) {
  return api->consumer(path, offset, consumer, size, failed);
}

static cgpio_line *new_line(unsigned offset) {
  cgpio_line *line = calloc(1, sizeof *line);
  if (line) *line = (cgpio_line){.descriptor = -1, .offset = offset};
  return line;
}

static int finish(cgpio_line *made, int result, cgpio_line **line) {
  if (result < 0) {
    free(made);
    return result;
  }
  *line = made;
  return 0;
}

int cgpio_request_edges(const char *path, unsigned offset, bool rising, bool pull_up, const char *consumer,
                        cgpio_line **line, const char **failed) {
  cgpio_line *made = new_line(offset);
  if (!made) return gpio_fail(failed, "memory", ENOMEM);
  return finish(made, api->request_edges(path, rising, pull_up, consumer, made, failed), line);
}

int cgpio_request_output(const char *path, unsigned offset, int value, const char *consumer, cgpio_line **line,
                         const char **failed) {
  cgpio_line *made = new_line(offset);
  if (!made) return gpio_fail(failed, "memory", ENOMEM);
  return finish(made, api->request_output(path, value, consumer, made, failed), line);
}

int cgpio_take_edges(cgpio_line *line, cgpio_edge *edges, size_t capacity, int wait_milliseconds) {
  struct pollfd entry = {.fd = line->descriptor, .events = POLLIN};
  int count = poll(&entry, 1, wait_milliseconds);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  if (count == 0) return 0;
  if (!(entry.revents & POLLIN)) return -ENODEV;
  return api->read_edges(line, edges, capacity);
}

int cgpio_set(cgpio_line *line, int value) { return api->set(line, value); }

void cgpio_release(cgpio_line *line) {
  api->release(line);
  free(line);
}
