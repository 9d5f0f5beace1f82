// The bridge frame (bridge-frame.md, version 2) as a bridge writes and reads it. Pure: no memory but the caller's, no
// clock, no device.
#ifndef BRIDGE_FRAME_H
#define BRIDGE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  BRIDGE_CHANNELS_MAX = 8,
  BRIDGE_SAMPLES_MAX = 32,
  BRIDGE_PAYLOAD_MAX = 64,
  // Longest frame here, 32 samples of 8 channels: 22 + 768 + 4 bytes, 4 COBS codes, the delimiter.
  BRIDGE_DECODED_BYTES_MAX = 22 + 3 * BRIDGE_CHANNELS_MAX * BRIDGE_SAMPLES_MAX + 4,
  BRIDGE_FRAME_BYTES_MAX = BRIDGE_DECODED_BYTES_MAX + 4 + 1,
  // Longest COMMAND, encoded, its delimiter included.
  BRIDGE_COMMAND_BYTES_MAX = 14 + BRIDGE_PAYLOAD_MAX + 4 + 2,
};

// Bits of the flags.
enum { BRIDGE_SIMULATED = 1, BRIDGE_REPLAY = 2, BRIDGE_TEST_SIGNAL = 4, BRIDGE_NAMES_UNIT = 8 };

typedef enum { BRIDGE_PING = 1, BRIDGE_READ_REGISTERS, BRIDGE_WRITE_REGISTERS, BRIDGE_CHIP_COMMAND } bridge_operation;

typedef enum {
  BRIDGE_DONE,
  BRIDGE_UNKNOWN_OPERATION,
  BRIDGE_REFUSED,
  BRIDGE_BUS_ERROR,
  BRIDGE_BAD_ARGUMENT
} bridge_command_status;

typedef enum { BRIDGE_START_UNKNOWN, BRIDGE_START_POWER, BRIDGE_START_WATCHDOG, BRIDGE_START_RESET } bridge_start_cause;

typedef enum {
  BRIDGE_NO_FAULT,
  BRIDGE_CHIP_SILENT,
  BRIDGE_REGISTERS_DIFFER,
  BRIDGE_NO_CONVERSIONS
} bridge_fault;

// What goes into the header of every frame.
typedef struct {
  uint16_t flags;
  uint32_t sequence;
} bridge_header;

typedef struct {
  char front_end[16];
  uint32_t rate_millihertz;
  uint32_t reference_microvolts;
  uint8_t bits;
  uint8_t channels;
  uint8_t firmware[8];
  uint32_t start;
  uint32_t lost;
  uint8_t chip;
  uint8_t start_cause;
  uint8_t fault;
  uint8_t leads[BRIDGE_CHANNELS_MAX];
  uint16_t gains_sixteenths[BRIDGE_CHANNELS_MAX];
} bridge_hello;

typedef struct {
  uint32_t tick;
  uint32_t time_microseconds;
  uint8_t channels;
  uint8_t samples;
  uint16_t lead_off_positive;
  uint16_t lead_off_negative;
  // 3 * channels * samples bytes as the converter gave them, most significant byte first.
  uint8_t codes[3 * BRIDGE_CHANNELS_MAX * BRIDGE_SAMPLES_MAX];
} bridge_samples;

// A COMMAND, or an ACK: then `code` is the status.
typedef struct {
  uint32_t id;
  uint8_t code;
  uint8_t count;
  uint8_t bytes[BRIDGE_PAYLOAD_MAX];
} bridge_payload;

// CRC-32/ISO-HDLC.
uint32_t bridge_crc32(const uint8_t *bytes, size_t count);

// COBS of `count` bytes and the delimiter into `out` (count + count / 254 + 2 bytes); the bytes written.
size_t bridge_cobs_encode(const uint8_t *bytes, size_t count, uint8_t *out);

// The bytes decoded into `out` (at least `count`), or 0 when it is no COBS. `bytes` has no delimiter.
size_t bridge_cobs_decode(const uint8_t *bytes, size_t count, uint8_t *out);

// Each writes one frame into `out`, delimiter included, and returns its bytes.
size_t bridge_write_hello(bridge_header header, const bridge_hello *hello, uint8_t out[BRIDGE_FRAME_BYTES_MAX]);
size_t bridge_write_samples(bridge_header header, const bridge_samples *samples, uint8_t out[BRIDGE_FRAME_BYTES_MAX]);
size_t bridge_write_ack(bridge_header header, const bridge_payload *answer, uint8_t out[BRIDGE_FRAME_BYTES_MAX]);

// Finds commands among the bytes of a line. All zero at the start.
typedef struct {
  uint8_t bytes[BRIDGE_COMMAND_BYTES_MAX];
  size_t count;
  // What comes is longer than any command: everything up to the next delimiter belongs to it.
  bool is_skipping;
} bridge_command_reader;

// Takes a byte; true when it ended a good COMMAND, which is then in `command`.
bool bridge_take_byte(bridge_command_reader *reader, uint8_t byte, bridge_payload *command);

#endif
