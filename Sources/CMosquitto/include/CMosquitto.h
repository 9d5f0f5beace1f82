// What publishing to an MQTT broker needs of Eclipse Mosquitto's client library, which is looked for when it is first
// asked for: a device without it runs all else, and neither its headers nor the library are needed to build. The
// prototypes are those of its public header (mosquitto.h), unchanged since 1.4. MQTT 3.1.1, one thread for all
// calls on a client; nothing runs behind the caller's back.

#ifndef C_MOSQUITTO_H
#define C_MOSQUITTO_H

#include <stdint.h>

/// Loads the library once. NULL, or the loader's words where it is not there.
const char *cmosquitto_load(void);

/// The library's words for a negative result.
const char *cmosquitto_reason(int result);

/// So many publications may be on their way at once.
enum { cmosquitto_outstanding_max = 64 };

typedef struct cmosquitto cmosquitto;

/// A client that asks the broker to forget it with its connection. NULL without memory. Only after a
/// successful load, as all below.
cmosquitto *cmosquitto_new(const char *client);

/// Its user, and a password or NULL. 0, or a negative result, as below where nothing else is said.
int cmosquitto_set_user(cmosquitto *client, const char *user, const char *password);

/// TLS with the broker's name checked: trusted authorities in a file or (NULL) those of the system; its own
/// certificate and key, or NULL twice.
int cmosquitto_set_tls(cmosquitto *client, const char *authorities, const char *certificate, const char *key);

/// What the broker publishes, retained, when the client is gone without a word.
int cmosquitto_set_will(cmosquitto *client, const char *topic, const void *payload, int count);

/// Connects, or connects again, and waits for the network, not for the broker's answer.
int cmosquitto_connect(cmosquitto *client, const char *host, int port);

/// Whether the broker has let it in, and how it answered otherwise: 1 in, 0 not yet, or a negative result.
int cmosquitto_is_connected(const cmosquitto *client);

/// Waits until the broker says something, `wake` becomes readable or the time is over, and does the talking that is due.
/// A negative result: the connection is lost.
int cmosquitto_serve(cmosquitto *client, int wake, int timeout_milliseconds);

/// Publishes with QoS 1; a connection that is lost meanwhile repeats it by itself in the next. The number that
/// `cmosquitto_take_confirmation` will give, or a negative result.
int cmosquitto_publish(cmosquitto *client, const char *topic, const void *payload, int count, int retained);

/// The number of a publication that the broker has confirmed, each once; 0 when there is none.
int cmosquitto_take_confirmation(cmosquitto *client);

/// Asks for what others publish there, with QoS 1. Anew after each connecting.
int cmosquitto_subscribe(cmosquitto *client, const char *topic);

/// One message of a subscription: text without a zero inside, at most 255 bytes; longer ones are not kept.
typedef struct {
  char topic[256];
  char payload[256];
} cmosquitto_message;

/// Takes the oldest message, 1, or 0 when there is none. At most eight wait; further ones are lost.
int cmosquitto_take_message(cmosquitto *client, cmosquitto_message *message);

/// Takes leave of the broker, which then does not publish the will, and frees the client.
void cmosquitto_close(cmosquitto *client);

#endif
