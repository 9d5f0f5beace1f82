// One device on an SPI bus through the kernel's spidev: what ioctl can do and Swift cannot spell.
#ifndef CLINUX_SPI_H
#define CLINUX_SPI_H

#include <stddef.h>
#include <stdint.h>

#include "clinux_wake.h"

// Opens /dev/spidevB.C with 8 bits a word, most significant first, in mode 0-3, at `clock_hz`. Returns the
// descriptor, or -errno with `*failed` naming the step: "open", "mode", "bits" or "clock".
int clinux_spi_open(const char *path, uint8_t mode, uint32_t clock_hz, const char **failed);

// One full-duplex transfer of `count` bytes with the device selected throughout and for `hold_microseconds` after the
// last bit. Returns 0 or -errno. Allocates nothing.
CLINUX_REAL_TIME int clinux_spi_transfer(int descriptor, const uint8_t *transmit, uint8_t *receive, size_t count,
                                         uint32_t clock_hz, uint16_t hold_microseconds);

#endif
