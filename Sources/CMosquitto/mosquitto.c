// Finds the library and calls it by prototypes of our own; see the header.

#include "CMosquitto.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// From mosquitto.h: mosq_err_t and MOSQ_OPT_TCP_NODELAY.
enum { error_memory = 1, error_connection = 4, error_lost = 7, error_system = 14, option_no_delay = 11 };

typedef struct mosquitto mosquitto;

// struct mosquitto_message
typedef struct {
  int number;
  char *topic;
  void *payload;
  int count;
  int quality;
  bool retained;
} library_message;

typedef void answered(mosquitto *, void *, int);
typedef void received(mosquitto *, void *, const library_message *);

// Every function of the library that is used: its result, its name, its parameters.
#define FUNCTIONS(f)                                                                                             \
  f(int, lib_init, (void))                                                                                       \
  f(const char *, strerror, (int))                                                                               \
  f(const char *, connack_string, (int))                                                                         \
  f(mosquitto *, new, (const char *, bool, void *))                                                              \
  f(void, destroy, (mosquitto *))                                                                                \
  f(int, int_option, (mosquitto *, int, int))                                                                    \
  f(int, username_pw_set, (mosquitto *, const char *, const char *))                                             \
  f(int, tls_set, (mosquitto *, const char *, const char *, const char *, const char *, void *))                 \
  f(int, will_set, (mosquitto *, const char *, int, const void *, int, bool))                                    \
  f(void, connect_callback_set, (mosquitto *, answered *))                                                       \
  f(void, disconnect_callback_set, (mosquitto *, answered *))                                                    \
  f(void, publish_callback_set, (mosquitto *, answered *))                                                       \
  f(void, message_callback_set, (mosquitto *, received *))                                                       \
  f(int, connect, (mosquitto *, const char *, int, int))                                                         \
  f(int, disconnect, (mosquitto *))                                                                              \
  f(int, publish, (mosquitto *, int *, const char *, int, const void *, int, bool))                              \
  f(int, subscribe, (mosquitto *, int *, const char *, int))                                                     \
  f(int, socket, (mosquitto *))                                                                                  \
  f(bool, want_write, (mosquitto *))                                                                             \
  f(int, loop_read, (mosquitto *, int))                                                                          \
  f(int, loop_write, (mosquitto *, int))                                                                         \
  f(int, loop_misc, (mosquitto *))

#define DECLARE(result, name, parameters) static result(*mosquitto_##name) parameters;
FUNCTIONS(DECLARE)

enum { messages_max = 8, keep_alive_seconds = 15 };

// Results above the library's own are the broker's answers to a connection.
enum { refusal = 1000 };

struct cmosquitto {
  mosquitto *library;
  int connected;
  // Confirmed and not yet taken: never more than may be on their way.
  int confirmed[cmosquitto_outstanding_max];
  int confirmed_count;
  int outstanding;
  cmosquitto_message messages[messages_max];
  int message_count;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *failure;

static void load(void) {
  void *library = dlopen("libmosquitto.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    failure = dlerror();
    return;
  }
#define FIND(result, name, parameters)                                           \
  mosquitto_##name = (result(*) parameters)dlsym(library, "mosquitto_" #name);   \
  if (!mosquitto_##name && !failure) failure = "it has no function mosquitto_" #name;
  FUNCTIONS(FIND)
  if (!failure) mosquitto_lib_init();
}

const char *cmosquitto_load(void) {
  pthread_once(&once, load);
  return failure;
}

const char *cmosquitto_reason(int result) {
  if (-result > refusal) return mosquitto_connack_string(-result - refusal);
  return -result == error_system ? strerror(errno) : mosquitto_strerror(-result);
}

static void on_connect(mosquitto *library, void *object, int answer) {
  (void)library;
  ((cmosquitto *)object)->connected = answer == 0 ? 1 : -refusal - answer;
}

static void on_disconnect(mosquitto *library, void *object, int reason) {
  (void)library, (void)reason;
  cmosquitto *client = object;
  if (client->connected > 0) client->connected = 0;
}

static void on_publish(mosquitto *library, void *object, int number) {
  (void)library;
  cmosquitto *client = object;
  if (client->confirmed_count < cmosquitto_outstanding_max) client->confirmed[client->confirmed_count++] = number;
}

static void on_message(mosquitto *library, void *object, const library_message *message) {
  (void)library;
  cmosquitto *client = object;
  // What lay at the broker from before is no message of now.
  if (message->retained) return;
  size_t topic = strlen(message->topic);
  if (client->message_count == messages_max || topic > 255 || message->count > 255 || message->count < 0) return;
  if (message->count > 0 && memchr(message->payload, 0, (size_t)message->count)) return;
  cmosquitto_message *kept = &client->messages[client->message_count++];
  memset(kept, 0, sizeof *kept);
  memcpy(kept->topic, message->topic, topic);
  if (message->count > 0) memcpy(kept->payload, message->payload, (size_t)message->count);
}

cmosquitto *cmosquitto_new(const char *name) {
  cmosquitto *client = calloc(1, sizeof *client);
  if (!client) return NULL;
  client->library = mosquitto_new(name, true, client);
  if (!client->library) {
    free(client);
    return NULL;
  }
  // An alert is one small packet: it must not wait for a second one.
  (void)mosquitto_int_option(client->library, option_no_delay, 1);
  mosquitto_connect_callback_set(client->library, on_connect);
  mosquitto_disconnect_callback_set(client->library, on_disconnect);
  mosquitto_publish_callback_set(client->library, on_publish);
  mosquitto_message_callback_set(client->library, on_message);
  return client;
}

int cmosquitto_set_user(cmosquitto *client, const char *user, const char *password) {
  return -mosquitto_username_pw_set(client->library, user, password);
}

int cmosquitto_set_tls(cmosquitto *client, const char *authorities, const char *certificate, const char *key) {
  const char *folder = authorities ? NULL : "/etc/ssl/certs";
  return -mosquitto_tls_set(client->library, authorities, folder, certificate, key, NULL);
}

int cmosquitto_set_will(cmosquitto *client, const char *topic, const void *payload, int count) {
  return -mosquitto_will_set(client->library, topic, count, payload, 1, true);
}

int cmosquitto_connect(cmosquitto *client, const char *host, int port) {
  client->connected = 0;
  return -mosquitto_connect(client->library, host, port, keep_alive_seconds);
}

int cmosquitto_is_connected(const cmosquitto *client) { return client->connected; }

int cmosquitto_serve(cmosquitto *client, int wake, int timeout_milliseconds) {
  int descriptor = mosquitto_socket(client->library);
  if (descriptor < 0) return -error_connection;
  struct pollfd entries[2] = {{.fd = descriptor, .events = POLLIN}, {.fd = wake, .events = POLLIN}};
  if (mosquitto_want_write(client->library)) entries[0].events |= POLLOUT;
  if (poll(entries, 2, timeout_milliseconds) < 0 && errno != EINTR) return -error_system;
  int result = 0;
  if (entries[0].revents & (POLLIN | POLLERR | POLLHUP)) result = mosquitto_loop_read(client->library, 1);
  if (result == 0 && entries[0].revents & POLLOUT) result = mosquitto_loop_write(client->library, 1);
  if (result == 0) result = mosquitto_loop_misc(client->library);
  return result == 0 && mosquitto_socket(client->library) < 0 ? -error_lost : -result;
}

int cmosquitto_publish(cmosquitto *client, const char *topic, const void *payload, int count, int retained) {
  if (client->outstanding == cmosquitto_outstanding_max) return -error_memory;
  int number = 0;
  int result = mosquitto_publish(client->library, &number, topic, count, payload, 1, retained != 0);
  // Without a connection it is kept all the same, and sent in the next.
  if (result != 0 && result != error_connection && result != error_lost) return -result;
  client->outstanding++;
  return number;
}

int cmosquitto_take_confirmation(cmosquitto *client) {
  if (client->confirmed_count == 0) return 0;
  int number = client->confirmed[0];
  client->confirmed_count--;
  memmove(client->confirmed, client->confirmed + 1, (size_t)client->confirmed_count * sizeof *client->confirmed);
  client->outstanding--;
  return number;
}

int cmosquitto_subscribe(cmosquitto *client, const char *topic) {
  return -mosquitto_subscribe(client->library, NULL, topic, 1);
}

int cmosquitto_take_message(cmosquitto *client, cmosquitto_message *message) {
  if (client->message_count == 0) return 0;
  *message = client->messages[0];
  client->message_count--;
  memmove(client->messages, client->messages + 1, (size_t)client->message_count * sizeof *client->messages);
  return 1;
}

void cmosquitto_close(cmosquitto *client) {
  (void)mosquitto_disconnect(client->library);
  mosquitto_destroy(client->library);
  free(client);
}
