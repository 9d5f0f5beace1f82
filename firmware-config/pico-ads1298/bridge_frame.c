#include "bridge_frame.h"

enum { VERSION = 2, HELLO = 1, SAMPLES = 2, COMMAND = 3, ACK = 4 };
enum { HEADER_BYTES = 8, SAMPLES_HEADER_BYTES = 22, HELLO_HEADER_BYTES = 53, PAYLOAD_HEADER_BYTES = 14, CRC_BYTES = 4 };

uint32_t bridge_crc32(const uint8_t *bytes, size_t count) {
  // A nibble at a time: the table is 64 bytes, and a Pico does the 800 of a frame in a fraction of a millisecond.
  static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
                                     0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                     0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
  uint32_t value = 0xFFFFFFFF;
  for (size_t i = 0; i < count; i++) {
    value = table[(value ^ bytes[i]) & 15] ^ (value >> 4);
    value = table[(value ^ (uint32_t)(bytes[i] >> 4)) & 15] ^ (value >> 4);
  }
  return ~value;
}

size_t bridge_cobs_encode(const uint8_t *bytes, size_t count, uint8_t *out) {
  size_t code_position = 0, written = 1;
  uint8_t code = 1;
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] != 0) {
      out[written++] = bytes[i];
      code++;
    }
    if (bytes[i] == 0 || (code == 255 && i + 1 < count)) {
      out[code_position] = code;
      code_position = written++;
      code = 1;
    }
  }
  out[code_position] = code;
  out[written] = 0;
  return written + 1;
}

size_t bridge_cobs_decode(const uint8_t *bytes, size_t count, uint8_t *out) {
  size_t read = 0, written = 0;
  while (read < count) {
    size_t code = bytes[read];
    if (code == 0 || read + code > count) return 0;
    for (size_t i = 1; i < code; i++) out[written++] = bytes[read + i];
    read += code;
    if (code < 255 && read < count) out[written++] = 0;
  }
  return written;
}

static void put16(uint8_t *to, uint16_t value) {
  to[0] = (uint8_t)value;
  to[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *to, uint32_t value) {
  put16(to, (uint16_t)value);
  put16(to + 2, (uint16_t)(value >> 16));
}

static uint32_t get32(const uint8_t *from) {
  return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static void put_header(uint8_t *frame, uint8_t type, bridge_header header) {
  frame[0] = VERSION;
  frame[1] = type;
  put16(frame + 2, header.flags);
  put32(frame + 4, header.sequence);
}

static size_t seal(uint8_t *frame, size_t count, uint8_t *out) {
  put32(frame + count, bridge_crc32(frame, count));
  return bridge_cobs_encode(frame, count + CRC_BYTES, out);
}

size_t bridge_write_hello(bridge_header header, const bridge_hello *hello, uint8_t out[BRIDGE_FRAME_BYTES_MAX]) {
  uint8_t frame[HELLO_HEADER_BYTES + 3 * BRIDGE_CHANNELS_MAX + CRC_BYTES];
  put_header(frame, HELLO, header);
  for (size_t i = 0; i < 16; i++) frame[8 + i] = (uint8_t)hello->front_end[i];
  put32(frame + 24, hello->rate_millihertz);
  put32(frame + 28, hello->reference_microvolts);
  frame[32] = hello->bits;
  frame[33] = hello->channels;
  for (size_t i = 0; i < 8; i++) frame[34 + i] = hello->firmware[i];
  put32(frame + 42, hello->start);
  put32(frame + 46, hello->lost);
  frame[50] = hello->chip;
  frame[51] = hello->start_cause;
  frame[52] = hello->fault;
  for (size_t i = 0; i < hello->channels; i++) {
    frame[HELLO_HEADER_BYTES + 3 * i] = hello->leads[i];
    put16(frame + HELLO_HEADER_BYTES + 3 * i + 1, hello->gains_sixteenths[i]);
  }
  return seal(frame, HELLO_HEADER_BYTES + 3u * hello->channels, out);
}

size_t bridge_write_samples(bridge_header header, const bridge_samples *samples, uint8_t out[BRIDGE_FRAME_BYTES_MAX]) {
  uint8_t frame[BRIDGE_DECODED_BYTES_MAX];
  put_header(frame, SAMPLES, header);
  put32(frame + 8, samples->tick);
  put32(frame + 12, samples->time_microseconds);
  frame[16] = samples->channels;
  frame[17] = samples->samples;
  put16(frame + 18, samples->lead_off_positive);
  put16(frame + 20, samples->lead_off_negative);
  size_t count = 3u * samples->channels * samples->samples;
  for (size_t i = 0; i < count; i++) frame[SAMPLES_HEADER_BYTES + i] = samples->codes[i];
  return seal(frame, SAMPLES_HEADER_BYTES + count, out);
}

size_t bridge_write_ack(bridge_header header, const bridge_payload *answer, uint8_t out[BRIDGE_FRAME_BYTES_MAX]) {
  uint8_t frame[PAYLOAD_HEADER_BYTES + BRIDGE_PAYLOAD_MAX + CRC_BYTES];
  put_header(frame, ACK, header);
  put32(frame + 8, answer->id);
  frame[12] = answer->code;
  frame[13] = answer->count;
  for (size_t i = 0; i < answer->count; i++) frame[PAYLOAD_HEADER_BYTES + i] = answer->bytes[i];
  return seal(frame, PAYLOAD_HEADER_BYTES + (size_t)answer->count, out);
}

static bool read_command(const uint8_t *bytes, size_t count, bridge_payload *command) {
  uint8_t frame[BRIDGE_COMMAND_BYTES_MAX];
  size_t decoded = bridge_cobs_decode(bytes, count, frame);
  if (decoded < PAYLOAD_HEADER_BYTES + CRC_BYTES) return false;
  size_t body = decoded - CRC_BYTES;
  if (get32(frame + body) != bridge_crc32(frame, body)) return false;
  if (frame[0] != VERSION || frame[1] != COMMAND) return false;
  if (frame[13] > BRIDGE_PAYLOAD_MAX || body != PAYLOAD_HEADER_BYTES + (size_t)frame[13]) return false;
  command->id = get32(frame + 8);
  command->code = frame[12];
  command->count = frame[13];
  for (size_t i = 0; i < command->count; i++) command->bytes[i] = frame[PAYLOAD_HEADER_BYTES + i];
  return true;
}

bool bridge_take_byte(bridge_command_reader *reader, uint8_t byte, bridge_payload *command) {
  if (byte != 0) {
    if (reader->count == BRIDGE_COMMAND_BYTES_MAX - 1) reader->is_skipping = true;
    if (!reader->is_skipping) reader->bytes[reader->count++] = byte;
    return false;
  }
  bool is_command = !reader->is_skipping && read_command(reader->bytes, reader->count, command);
  reader->count = 0;
  reader->is_skipping = false;
  return is_command;
}
