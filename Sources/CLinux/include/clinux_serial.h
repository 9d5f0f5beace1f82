// Serial ports and pseudo-terminals: what termios can do and Swift cannot spell.
#ifndef CLINUX_SERIAL_H
#define CLINUX_SERIAL_H

#include <stddef.h>
#include <stdint.h>

// Opens a serial port raw, 8N1, without flow control, non-blocking, at `baud` bits a second. Returns the
// descriptor, or -errno; -ENOTTY for a path that is no terminal, -EINVAL for a rate that termios has not.
int clinux_serial_open(const char *path, uint32_t baud);

// Makes a raw pseudo-terminal and writes the name of its slave side to `name`. Returns the master's
// descriptor, or -errno. The slave is held open by `*slave`, so that readers may come and go.
int clinux_pty_open(char *name, size_t name_size, int *slave);

// Waits until bytes can be read: 1 they can, 0 the time is over, -1 the other side is gone.
int clinux_wait_readable(int descriptor, int timeout_milliseconds);

// Waits until bytes can be written: 1 they can, 0 the time is over, -1 the other side is gone.
int clinux_wait_writable(int descriptor, int timeout_milliseconds);

#endif
