// Datagrams to a service manager's socket: addresses that are a path, or lie in the abstract namespace.
#ifndef CLINUX_NOTIFY_H
#define CLINUX_NOTIFY_H

#include <stddef.h>

#include "clinux_wake.h"

// A datagram socket that sends to `address`: a path, or `@name` for the abstract namespace. The descriptor, or -errno.
int clinux_notify_open(const char *address);

// Sends one datagram without waiting: 0, or -errno. Allocates nothing.
CLINUX_REAL_TIME int clinux_notify_send(int descriptor, const char *text, size_t count);

#endif
