// The kernel's own terminal settings, because only they take any rate. Their header and <termios.h> exclude each other.
#include "clinux_serial.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int fail(int descriptor) {
  int reason = -errno;
  close(descriptor);
  return reason;
}

// Bytes as they are, 8N1, no flow control, at `baud` bits a second.
static int set_raw(int descriptor, uint32_t baud) {
  struct termios2 settings;
  if (ioctl(descriptor, TCGETS2, &settings) != 0)
    return errno == ENOSYS || errno == ENOTTY ? clinux_serial_set_standard_rate(descriptor, baud) : -1;
  settings.c_iflag = IGNBRK;
  settings.c_oflag = 0;
  settings.c_lflag = 0;
  settings.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | CSTOPB | CRTSCTS | CBAUD | (CBAUD << IBSHIFT));
  settings.c_cflag |= CS8 | CLOCAL | CREAD | BOTHER | (BOTHER << IBSHIFT);
  settings.c_cc[VMIN] = 0;
  settings.c_cc[VTIME] = 0;
  settings.c_ispeed = baud;
  settings.c_ospeed = baud;
  if (ioctl(descriptor, TCSETS2, &settings) != 0) return -1;
  // A driver that has not the rate takes another one; from 3 % on bytes are misread.
  if (ioctl(descriptor, TCGETS2, &settings) != 0) return -1;
  uint64_t difference = settings.c_ospeed > baud ? settings.c_ospeed - baud : baud - settings.c_ospeed;
  if (difference * 100 <= (uint64_t)baud * 3) return 0;
  errno = EINVAL;
  return -1;
}

// Hands bytes on at once instead of gathering them, where the driver has that; the others refuse and stay as they are.
static void ask_for_low_latency(int descriptor) {
  struct serial_struct serial;
  if (ioctl(descriptor, TIOCGSERIAL, &serial) != 0) return;
  serial.flags |= ASYNC_LOW_LATENCY;
  (void)ioctl(descriptor, TIOCSSERIAL, &serial);
}

int clinux_serial_open(const char *path, uint32_t baud) {
  if (baud == 0) return -EINVAL;
  int descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  if (!isatty(descriptor)) return fail(descriptor);
  // The lock keeps out those who ask for it, root too, and goes with its owner; exclusive use keeps out everybody else.
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) errno = EBUSY;
    return fail(descriptor);
  }
  if (set_raw(descriptor, baud) != 0) return fail(descriptor);
  // Not so a pseudo-terminal: it outlives a reader that is killed, and the next one must be let in.
  if (!clinux_serial_is_emulated(descriptor)) (void)ioctl(descriptor, TIOCEXCL);
  ask_for_low_latency(descriptor);
  return descriptor;
}

int clinux_serial_is_emulated(int descriptor) {
  // Documentation/admin-guide/devices.txt: 136-143 are Unix98 pseudo-terminals.
  unsigned number = major((dev_t)clinux_serial_device(descriptor));
  return number >= 136 && number <= 143;
}

uint64_t clinux_serial_device(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) == 0 ? status.st_rdev : 0;
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
