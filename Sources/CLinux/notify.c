#include "clinux_notify.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int clinux_notify_open(const char *address) {
  struct sockaddr_un place = {.sun_family = AF_UNIX};
  size_t count = strlen(address);
  if (count < 2 || (address[0] != '/' && address[0] != '@')) return -EINVAL;
  if (count >= sizeof place.sun_path) return -ENAMETOOLONG;
  memcpy(place.sun_path, address, count);
  // An abstract name begins with a zero byte and is as long as the address says, without one at its end.
  int is_abstract = address[0] == '@';
  if (is_abstract) place.sun_path[0] = 0;
  socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + count + (is_abstract ? 0 : 1));
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  if (connect(descriptor, (struct sockaddr *)&place, length) != 0) {
    int failure = errno;
    close(descriptor);
    return -failure;
  }
  return descriptor;
}

int clinux_notify_send(int descriptor, const char *text, size_t count) {
  return send(descriptor, text, count, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)count ? 0 : -errno;
}
