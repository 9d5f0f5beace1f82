#include "clinux_spi.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int fail(int descriptor, const char **failed, const char *step) {
  int reason = -errno;
  *failed = step;
  if (descriptor >= 0) close(descriptor);
  return reason;
}

int clinux_spi_open(const char *path, uint8_t mode, uint32_t clock_hz, const char **failed) {
  int descriptor = open(path, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return fail(-1, failed, "open");
  uint8_t bits = 8;
  if (ioctl(descriptor, SPI_IOC_WR_MODE, &mode) < 0) return fail(descriptor, failed, "mode");
  if (ioctl(descriptor, SPI_IOC_WR_BITS_PER_WORD, &bits) < 0) return fail(descriptor, failed, "bits");
  if (ioctl(descriptor, SPI_IOC_WR_MAX_SPEED_HZ, &clock_hz) < 0) return fail(descriptor, failed, "clock");
  return descriptor;
}

int clinux_spi_transfer(int descriptor, const uint8_t *transmit, uint8_t *receive, size_t count, uint32_t clock_hz,
                        uint16_t hold_microseconds) {
  struct spi_ioc_transfer transfer = {
      .tx_buf = (uintptr_t)transmit,
      .rx_buf = (uintptr_t)receive,
      .len = (uint32_t)count,
      .speed_hz = clock_hz,
      .delay_usecs = hold_microseconds,
      .bits_per_word = 8,
  };
  int result;
  do result = ioctl(descriptor, SPI_IOC_MESSAGE(1), &transfer);
  while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : 0;
}
