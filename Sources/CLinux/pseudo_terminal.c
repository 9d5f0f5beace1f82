#define _GNU_SOURCE
#include "clinux_serial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static int fail(int descriptor) {
  int reason = -errno;
  close(descriptor);
  return reason;
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
