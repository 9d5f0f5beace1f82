// Serial ports and pseudo-terminals: what termios can do and Swift cannot spell.
#ifndef CLINUX_SERIAL_H
#define CLINUX_SERIAL_H

#include <stddef.h>
#include <stdint.h>

// Opens a serial port raw, 8N1, without flow control, non-blocking, for this program alone, with low latency where the
// driver has it, at `baud` bits a second: any number. Returns the descriptor, or -errno; -ENOTTY for a path that is no
// terminal, -EINVAL for a rate that the port cannot have, -EBUSY for another program's port.
int clinux_serial_open(const char *path, uint32_t baud);

// Settings as `clinux_serial_open` makes them, at a standard rate only, where termios2 is not known. 0, or -1 with errno.
int clinux_serial_set_standard_rate(int descriptor, uint32_t baud);

// Whether a program and no device is at the other end: a pseudo-terminal.
int clinux_serial_is_emulated(int descriptor);

// The device's number, major and minor, as stat has it; 0 where it is unknown.
uint64_t clinux_serial_device(int descriptor);

// Makes a raw pseudo-terminal and writes the name of its slave side to `name`. Returns the master's
// descriptor, or -errno. The slave is held open by `*slave`, so that readers may come and go.
int clinux_pty_open(char *name, size_t name_size, int *slave);

// Waits until bytes can be read: 1 they can, 0 the time is over, -1 the other side is gone.
int clinux_wait_readable(int descriptor, int timeout_milliseconds);

// Waits until bytes can be written: 1 they can, 0 the time is over, -1 the other side is gone.
int clinux_wait_writable(int descriptor, int timeout_milliseconds);

#endif
