// Sockets for IPv4 and IPv6 alike: what the socket calls' unions make awkward in Swift.
#ifndef CLINUX_DATAGRAM_H
#define CLINUX_DATAGRAM_H

#include <stddef.h>
#include <stdint.h>

// An address and a port. IPv4 addresses are written as IPv6 does: ::ffff:a.b.c.d.
typedef struct {
  uint8_t address[16];
  // The interface of a link-local address, else 0.
  uint32_t scope;
  uint16_t port;
} clinux_endpoint;

// Looks a host up, a name or a number; waits for the network's name service where it is a name. 0, or a
// getaddrinfo(3) error.
int clinux_endpoint_resolve(const char *host, uint16_t port, clinux_endpoint *endpoint);

// Opens a non-blocking socket at a local endpoint: the address zero is every address, of both kinds where the system has
// them; port 0 is any free one. Returns the descriptor and writes the port, or -errno. `buffer_bytes` is asked for as
// the room for what was received.
int clinux_datagram_open(clinux_endpoint *local, int buffer_bytes);

// The port that the socket listens at.
uint16_t clinux_datagram_port(int descriptor);

// Takes one datagram: its bytes, -EAGAIN when there is none, or -errno. One that is longer than the room is cut.
int64_t clinux_datagram_receive(int descriptor, void *bytes, size_t room, clinux_endpoint *from);

// Sends one datagram without waiting: 0 or -errno.
int clinux_datagram_send(int descriptor, const void *bytes, size_t count, const clinux_endpoint *to);

// Connects to a TCP server, a name or a number, within so long. The descriptor, non-blocking, or -errno.
int clinux_stream_connect(const char *host, uint16_t port, int timeout_milliseconds);

// A counter that another thread can make readable, to wake one that waits for descriptors. -errno where it fails.
int clinux_event_open(void);

// Makes it readable.
void clinux_event_raise(int descriptor);

// Makes it unreadable again.
void clinux_event_clear(int descriptor);

// Waits until one of the descriptors can be read, at most so long; negative descriptors are left out.
void clinux_wait_any(const int *descriptors, size_t count, int timeout_milliseconds);

#endif
