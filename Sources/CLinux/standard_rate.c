// Raw settings with a standard rate through <termios.h>: for kernels, and emulators of kernels, that do not know termios2.
#include "clinux_serial.h"

#include <errno.h>
#include <termios.h>

static speed_t speed_of(uint32_t baud) {
  static const struct {
    uint32_t baud;
    speed_t speed;
  } speeds[] = {{9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
                {115200, B115200},   {230400, B230400},   {460800, B460800},   {500000, B500000},
                {921600, B921600},   {1000000, B1000000}, {1500000, B1500000}, {2000000, B2000000},
                {3000000, B3000000}, {4000000, B4000000}};
  for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
    if (speeds[i].baud == baud) return speeds[i].speed;
  return B0;
}

int clinux_serial_set_standard_rate(int descriptor, uint32_t baud) {
  speed_t speed = speed_of(baud);
  struct termios settings;
  if (speed == B0) {
    errno = EINVAL;
    return -1;
  }
  if (tcgetattr(descriptor, &settings) != 0) return -1;
  cfmakeraw(&settings);
  settings.c_iflag = IGNBRK;
  settings.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
  settings.c_cflag |= CLOCAL | CREAD;
  settings.c_cc[VMIN] = 0;
  settings.c_cc[VTIME] = 0;
  cfsetispeed(&settings, speed);
  cfsetospeed(&settings, speed);
  return tcsetattr(descriptor, TCSANOW, &settings);
}
