#define _GNU_SOURCE
#include "clinux_datagram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} address;

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static int is_v4(const clinux_endpoint *endpoint) { return memcmp(endpoint->address, v4_prefix, 12) == 0; }

static void read_address(const address *from, clinux_endpoint *endpoint) {
  memset(endpoint, 0, sizeof *endpoint);
  if (from->any.sa_family == AF_INET) {
    memcpy(endpoint->address, v4_prefix, 12);
    memcpy(endpoint->address + 12, &from->v4.sin_addr, 4);
    endpoint->port = ntohs(from->v4.sin_port);
  } else {
    memcpy(endpoint->address, &from->v6.sin6_addr, 16);
    endpoint->port = ntohs(from->v6.sin6_port);
    endpoint->scope = from->v6.sin6_scope_id;
  }
}

// An address as a socket of that family takes it; its size.
static socklen_t write_address(int family, const clinux_endpoint *endpoint, address *to) {
  memset(to, 0, sizeof *to);
  if (family == AF_INET) {
    to->v4.sin_family = AF_INET;
    memcpy(&to->v4.sin_addr, endpoint->address + 12, 4);
    to->v4.sin_port = htons(endpoint->port);
    return sizeof to->v4;
  }
  to->v6.sin6_family = AF_INET6;
  memcpy(&to->v6.sin6_addr, endpoint->address, 16);
  to->v6.sin6_port = htons(endpoint->port);
  to->v6.sin6_scope_id = endpoint->scope;
  return sizeof to->v6;
}

int clinux_endpoint_resolve(const char *host, uint16_t port, clinux_endpoint *endpoint) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
  struct addrinfo *found = NULL;
  int result = getaddrinfo(host, NULL, &hints, &found);
  if (result != 0) return result;
  address first;
  memset(&first, 0, sizeof first);
  memcpy(&first, found->ai_addr, found->ai_addrlen < sizeof first ? found->ai_addrlen : sizeof first);
  freeaddrinfo(found);
  read_address(&first, endpoint);
  endpoint->port = port;
  return 0;
}

static int open_family(int family, const clinux_endpoint *local, int buffer_bytes) {
  int descriptor = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -errno;
  int off = 0;
  // Both kinds on one socket, whatever the system's default is.
  if (family == AF_INET6) (void)setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  address to;
  socklen_t size = write_address(family, local, &to);
  if (bind(descriptor, &to.any, size) == 0) return descriptor;
  int error = errno;
  close(descriptor);
  return -error;
}

int clinux_datagram_open(clinux_endpoint *local, int buffer_bytes) {
  int descriptor = is_v4(local) ? open_family(AF_INET, local, buffer_bytes) : open_family(AF_INET6, local, buffer_bytes);
  static const uint8_t every[16];
  int has_no_v6 = descriptor == -EAFNOSUPPORT || descriptor == -EADDRNOTAVAIL;
  // A system without IPv6: its last four bytes, zero, are every address of IPv4.
  if (has_no_v6 && memcmp(local->address, every, 16) == 0) descriptor = open_family(AF_INET, local, buffer_bytes);
  if (descriptor >= 0) local->port = clinux_datagram_port(descriptor);
  return descriptor;
}

uint16_t clinux_datagram_port(int descriptor) {
  address local;
  socklen_t size = sizeof local;
  clinux_endpoint endpoint;
  if (getsockname(descriptor, &local.any, &size) != 0) return 0;
  read_address(&local, &endpoint);
  return endpoint.port;
}

int64_t clinux_datagram_receive(int descriptor, void *bytes, size_t room, clinux_endpoint *from) {
  address sender;
  memset(&sender, 0, sizeof sender);
  socklen_t size = sizeof sender;
  ssize_t count = recvfrom(descriptor, bytes, room, 0, &sender.any, &size);
  if (count < 0) return -errno;
  read_address(&sender, from);
  return count;
}

int clinux_datagram_send(int descriptor, const void *bytes, size_t count, const clinux_endpoint *to) {
  address local, receiver;
  socklen_t size = sizeof local;
  if (getsockname(descriptor, &local.any, &size) != 0) return -errno;
  if (local.any.sa_family == AF_INET && !is_v4(to)) return -EAFNOSUPPORT;
  size = write_address(local.any.sa_family, to, &receiver);
  return sendto(descriptor, bytes, count, MSG_NOSIGNAL, &receiver.any, size) < 0 ? -errno : 0;
}

int clinux_stream_connect(const char *host, uint16_t port, int timeout_milliseconds) {
  clinux_endpoint endpoint;
  if (clinux_endpoint_resolve(host, port, &endpoint) != 0) return -EHOSTUNREACH;
  address to;
  int family = is_v4(&endpoint) ? AF_INET : AF_INET6;
  socklen_t size = write_address(family, &endpoint, &to);
  int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -errno;
  int error = 0;
  if (connect(descriptor, &to.any, size) != 0) {
    error = errno;
    if (error == EINPROGRESS) {
      struct pollfd entry = {.fd = descriptor, .events = POLLOUT};
      socklen_t room = sizeof error;
      if (poll(&entry, 1, timeout_milliseconds) != 1) error = ETIMEDOUT;
      else if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &room) != 0) error = errno;
    }
  }
  if (error == 0) return descriptor;
  close(descriptor);
  return -error;
}

int clinux_event_open(void) {
  int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

void clinux_event_raise(int descriptor) { (void)eventfd_write(descriptor, 1); }

void clinux_event_clear(int descriptor) {
  eventfd_t count;
  (void)eventfd_read(descriptor, &count);
}

void clinux_wait_any(const int *descriptors, size_t count, int timeout_milliseconds) {
  struct pollfd entries[8];
  nfds_t used = 0;
  for (size_t i = 0; i < count && used < 8; i++) entries[used++] = (struct pollfd){.fd = descriptors[i], .events = POLLIN};
  (void)poll(entries, used, timeout_milliseconds);
}
