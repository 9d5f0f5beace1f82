#define _GNU_SOURCE
#include "clinux_serial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static speed_t speed_of(uint32_t baud) {
  static const struct {
    uint32_t baud;
    speed_t speed;
  } speeds[] = {{9600, B9600},     {19200, B19200},   {38400, B38400},     {57600, B57600},
                {115200, B115200}, {230400, B230400}, {460800, B460800},   {500000, B500000},
                {921600, B921600}, {1000000, B1000000}, {1500000, B1500000}, {2000000, B2000000},
                {3000000, B3000000}, {4000000, B4000000}};
  for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
    if (speeds[i].baud == baud) return speeds[i].speed;
  return B0;
}

static int fail(int descriptor) {
  int reason = -errno;
  close(descriptor);
  return reason;
}

int clinux_serial_open(const char *path, uint32_t baud) {
  speed_t speed = speed_of(baud);
  if (speed == B0) return -EINVAL;
  int descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  struct termios settings;
  if (tcgetattr(descriptor, &settings) != 0) return fail(descriptor);
  cfmakeraw(&settings);
  settings.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
  settings.c_cflag |= CLOCAL | CREAD;
  settings.c_cc[VMIN] = 0;
  settings.c_cc[VTIME] = 0;
  cfsetispeed(&settings, speed);
  cfsetospeed(&settings, speed);
  if (tcsetattr(descriptor, TCSANOW, &settings) != 0) return fail(descriptor);
  return descriptor;
}

int clinux_pty_open(char *name, size_t name_size, int *slave) {
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return -errno;
  if (grantpt(master) != 0 || unlockpt(master) != 0) return fail(master);
  if (ptsname_r(master, name, name_size) != 0) return fail(master);
  *slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*slave < 0) return fail(master);
  struct termios settings;
  if (tcgetattr(*slave, &settings) == 0) {
    cfmakeraw(&settings);
    tcsetattr(*slave, TCSANOW, &settings);
  }
  return master;
}

static int wait_for(int descriptor, short events, int timeout_milliseconds) {
  struct pollfd entry = {.fd = descriptor, .events = events};
  int count = poll(&entry, 1, timeout_milliseconds);
  if (count < 0) return errno == EINTR ? 0 : -1;
  if (count == 0) return 0;
  // Bytes that are still there are read before the end is told.
  if (entry.revents & events) return 1;
  return -1;
}

int clinux_wait_readable(int descriptor, int timeout_milliseconds) {
  return wait_for(descriptor, POLLIN, timeout_milliseconds);
}

int clinux_wait_writable(int descriptor, int timeout_milliseconds) {
  return wait_for(descriptor, POLLOUT, timeout_milliseconds);
}
