// Tests of the firmware's pure parts on a computer, under AddressSanitizer and UBSan, with a converter that is an array:
//
//   clang -std=c17 -g -fsanitize=address,undefined *.c (without main.c) -o host_test
//   host_test           runs the tests
//   host_test frames    prints the frames of frames.py's EXAMPLES, made here
//   host_test read      prints the COMMANDs among the bytes of standard input
//   host_test stream    two seconds of the bridge's bytes on standard output; standard input's bytes are what the host
//                       sends meanwhile, one every 10 milliseconds. Code of channel c of sample n: 8 n + c
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) {                                                      \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                               \
    }                                                                        \
  } while (0)

// MARK: - A converter and a board

typedef struct {
  uint8_t registers[ADS1298_REGISTERS];
  bool reads_continuously, is_silent;
  unsigned writes;
  uint32_t conversion;
  // LOFF_STATP and LOFF_STATN of the next conversions.
  uint8_t off_positive, off_negative;
} fake_chip;

static fake_chip fake;

static const uint8_t reset_values[ADS1298_REGISTERS] = {[0] = 0x92, [1] = 0x06, [2] = 0x40, [3] = 0x40, [20] = 0x0F};

static void fake_transfer(void *context, const uint8_t *out, uint8_t *in, size_t count) {
  fake_chip *chip = context;
  if (in) memset(in, chip->is_silent ? 0xFF : 0, count);
  if (chip->is_silent) return;
  if (out[0] == ADS1298_RESET) {
    memcpy(chip->registers, reset_values, sizeof reset_values);
    chip->reads_continuously = true;
  }
  if (out[0] == ADS1298_SDATAC) chip->reads_continuously = false;
  if (chip->reads_continuously || count < 2) return;
  size_t address = out[0] & 0x1F;
  if ((out[0] & 0xE0) == 0x20) {
    CHECK(in && count == 2u + out[1] + 1 && address + out[1] < ADS1298_REGISTERS);
    memcpy(in + 2, chip->registers + address, out[1] + 1u);
  } else if ((out[0] & 0xE0) == 0x40) {
    CHECK(count == 2u + out[1] + 1 && address + out[1] < ADS1298_REGISTERS);
    for (size_t i = 0; i <= out[1]; i++) {
      uint8_t bits = ads1298_writable_bits((uint8_t)(address + i));
      uint8_t *held = &chip->registers[address + i];
      *held = (uint8_t)((*held & ~bits) | (out[2 + i] & bits));
    }
    chip->writes++;
  } else if (out[0] == ADS1298_RDATA) {
    CHECK(in && count == 28);
    in[1] = 0xC0 | chip->off_positive >> 4;
    in[2] = (uint8_t)(chip->off_positive << 4 | chip->off_negative >> 4);
    in[3] = (uint8_t)(chip->off_negative << 4);
    for (unsigned channel = 0; channel < 8; channel++) {
      uint32_t code = 8 * chip->conversion + channel;
      for (unsigned i = 0; i < 3; i++) in[4 + 3 * channel + i] = (uint8_t)(code >> (16 - 8 * i));
    }
  }
}

static void fake_wait(void *context, uint32_t microseconds) { (void)context, (void)microseconds; }
static int locks;
static void lock(void) { CHECK(locks++ == 0); }
static void unlock(void) { CHECK(--locks == 0); }

static bridge_board board = {
    .front_end = "pico-ads1298",
    .firmware = {0, 1, 2, 3, 4, 5, 6, 7},
    .leads = {11, 0, 1, 7, 8, 9, 10, 6},
    .registers = {[1] = 0x86, [3] = 0xCC, [4] = 0x03, [13] = 6, [14] = 2, [15] = 0xFF, [23] = 2, [24] = 0x0A, [25] = 0xE3},
};

static bridge tested;

static void start(void) {
  memset(&fake, 0, sizeof fake);
  memcpy(fake.registers, reset_values, sizeof reset_values);
  memset(&tested, 0, sizeof tested);
  ads1298_port port = {.context = &fake, .transfer = fake_transfer, .wait_microseconds = fake_wait};
  bridge_init(&tested, &board, port, 0xA1B2C3D4, BRIDGE_START_POWER, lock, unlock);
}

// Conversions come: the first ones are those that the filter needs.
static void convert(unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    bridge_data_ready(&tested, (uint16_t)fake.conversion, 2000 * fake.conversion);
    fake.conversion++;
  }
}

// The next frame decoded; its type, 0 for none.
static uint8_t decoded[BRIDGE_FRAME_BYTES_MAX];
static size_t decoded_count;

static uint8_t next(uint32_t now) {
  uint8_t frame[BRIDGE_FRAME_BYTES_MAX];
  size_t count = bridge_next_frame(&tested, now, frame);
  if (count == 0) return 0;
  CHECK(frame[count - 1] == 0 && memchr(frame, 0, count - 1) == NULL);
  decoded_count = bridge_cobs_decode(frame, count - 1, decoded);
  CHECK(decoded_count > 12);
  return decoded[1];
}

static uint32_t field(size_t offset) {
  return decoded[offset] | (uint32_t)decoded[offset + 1] << 8 | (uint32_t)decoded[offset + 2] << 16 |
         (uint32_t)decoded[offset + 3] << 24;
}

static bool is_test(void) { return decoded[2] & BRIDGE_TEST_SIGNAL; }

// A COMMAND as a host sends it.
static size_t command_bytes(uint32_t id, uint8_t operation, const uint8_t *arguments, uint8_t count, uint8_t *out) {
  uint8_t frame[96] = {2, 3, 0, 0, 0, 0, 0, 0};
  for (unsigned i = 0; i < 4; i++) frame[8 + i] = (uint8_t)(id >> 8 * i);
  frame[12] = operation;
  frame[13] = count;
  if (count > 0) memcpy(frame + 14, arguments, count);
  uint32_t crc = bridge_crc32(frame, 14u + count);
  for (unsigned i = 0; i < 4; i++) frame[14 + count + i] = (uint8_t)(crc >> 8 * i);
  return bridge_cobs_encode(frame, 18u + count, out);
}

static void command(uint32_t id, uint8_t operation, const uint8_t *arguments, uint8_t count) {
  uint8_t bytes[128];
  size_t written = command_bytes(id, operation, arguments, count, bytes);
  bridge_receive(&tested, 0);
  for (size_t i = 0; i < written; i++) bridge_receive(&tested, bytes[i]);
}

// MARK: - Tests

static uint64_t seed = 1;
static uint8_t random_byte(void) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint8_t)(seed >> 56);
}

static void stuffing(void) {
  CHECK(bridge_crc32((const uint8_t *)"123456789", 9) == 0xCBF43926);
  uint8_t plain[800], encoded[810], back[810];
  for (size_t count = 1; count < sizeof plain; count++)
    for (unsigned kind = 0; kind < 5; kind++) {
      for (size_t i = 0; i < count; i++)
        plain[i] = kind == 0 ? 0 : kind == 1 ? 7 : kind == 2 ? (i % 255 == 254 ? 0 : 7) : kind == 3 ? i % 3 : random_byte();
      size_t written = bridge_cobs_encode(plain, count, encoded);
      CHECK(written <= count + count / 254 + 2 && encoded[written - 1] == 0);
      CHECK(memchr(encoded, 0, written - 1) == NULL);
      CHECK(bridge_cobs_decode(encoded, written - 1, back) == count && memcmp(back, plain, count) == 0);
    }
  // 254 bytes without a zero need one code, and no zero is invented after them.
  memset(plain, 7, 254);
  CHECK(bridge_cobs_encode(plain, 254, encoded) == 256 && encoded[0] == 255);
  CHECK(bridge_cobs_decode((const uint8_t[]){3, 1}, 2, back) == 0);
}

static void commands_round_trip(void) {
  for (unsigned count = 0; count <= BRIDGE_PAYLOAD_MAX; count++) {
    uint8_t arguments[BRIDGE_PAYLOAD_MAX], bytes[128];
    for (unsigned i = 0; i < count; i++) arguments[i] = count % 2 ? random_byte() : (uint8_t)(i % 2);
    size_t written = command_bytes(0x80000000u + count, 3, arguments, (uint8_t)count, bytes);
    CHECK(written <= BRIDGE_COMMAND_BYTES_MAX);
    bridge_command_reader reader = {0};
    bridge_payload command;
    for (size_t i = 0; i + 1 < written; i++) CHECK(!bridge_take_byte(&reader, bytes[i], &command));
    CHECK(bridge_take_byte(&reader, 0, &command));
    CHECK(command.id == 0x80000000u + count && command.code == 3 && command.count == count);
    CHECK(memcmp(command.bytes, arguments, count) == 0);
    // One bit wrong anywhere: no command.
    for (size_t i = 0; i + 1 < written; i++) {
      for (size_t j = 0; j + 1 < written; j++) {
        uint8_t byte = i == j ? bytes[j] ^ 0x10 : bytes[j];
        if (byte != 0) CHECK(!bridge_take_byte(&reader, byte, &command));
      }
      CHECK(!bridge_take_byte(&reader, 0, &command));
    }
  }
}

static void bring_up(void) {
  start();
  CHECK(tested.fault == BRIDGE_NO_FAULT);
  for (unsigned i = 0; i < ADS1298_REGISTERS; i++)
    CHECK(((fake.registers[i] ^ board.registers[i]) & ads1298_writable_bits((uint8_t)i)) == 0);
  CHECK(next(0) == 1 && field(24) == 500000 && field(28) == 2400000 && decoded[33] == 8 && decoded[50] == 0x92);
  CHECK(!is_test() && field(42) == 0xA1B2C3D4 && decoded[51] == BRIDGE_START_POWER && decoded[52] == 0);
  CHECK(next(0) == 0);
}

static void silent_chip(void) {
  start();
  fake.is_silent = true;
  CHECK(next(0) == 1 && decoded[52] == 0);
  CHECK(next(1000000) == 1 && decoded[52] == BRIDGE_CHIP_SILENT);
  fake.is_silent = false;
  CHECK(next(2000000) == 1 && decoded[52] == 0 && decoded[50] == 0x92);
  // It answers, but converts nothing.
  CHECK(next(3000000) == 1 && decoded[52] == 0);
  CHECK(next(4000000) == 1 && decoded[52] == BRIDGE_NO_CONVERSIONS);
  // It lost its registers by itself: a brown-out. What it now measures is described.
  memcpy(fake.registers, reset_values, sizeof reset_values);
  CHECK(next(5000000) == 1 && decoded[52] == BRIDGE_REGISTERS_DIFFER && field(24) == 250000);
}

static void samples(void) {
  start();
  next(0);
  convert(3);
  CHECK(next(0) == 0);
  convert(11);
  CHECK(next(0) == 2 && field(8) == 4 && field(12) == 8000 && decoded[16] == 8 && decoded[17] == 10);
  CHECK(decoded[22] == 0 && decoded[24] == 32 && decoded[22 + 23] == 39);
  // An edge that nobody saw has a tick.
  fake.conversion++;
  convert(10);
  CHECK(next(0) == 2 && field(8) == 15 && decoded[17] == 10);
  // A full ring: the newest have ticks, but no place.
  convert(RING_SLOTS + 9);
  unsigned received = 0;
  while (next(0) == 2) received += decoded[17];
  CHECK(received == RING_SLOTS);
  convert(10);
  CHECK(next(0) == 2 && field(8) == 25 + RING_SLOTS + 9);
  CHECK(next(1000000) == 1 && field(46) == 4 + 1 + 9);
}

static void electrodes(void) {
  start();
  next(0);
  convert(9);
  fake.off_positive = 0x81;
  fake.off_negative = 0x02;
  convert(5);
  // The change of an electrode begins a frame. Nobody watches the negative inputs: LOFF_SENSN is 0.
  CHECK(next(0) == 2 && decoded[17] == 5 && field(18) == 0);
  convert(5);
  CHECK(next(0) == 2 && decoded[17] == 10 && field(18) == 0x81);
  // Without channel 1 the bits move up with their channels.
  command(1, BRIDGE_WRITE_REGISTERS, (const uint8_t[]){5, 0x81}, 2);
  CHECK(next(0) == 1 && decoded[33] == 7 && next(0) == 4);
  convert(14);
  CHECK(next(0) == 2 && decoded[16] == 7 && field(18) == 0x40);
}

static void test_signal(void) {
  start();
  next(0);
  convert(10);
  uint8_t before = decoded[3];
  command(100, BRIDGE_WRITE_REGISTERS, (const uint8_t[]){5, 0x05}, 2);
  // What was measured on the electrodes first, then the HELLO, then the answer, then what was measured so.
  CHECK(next(0) == 2 && !is_test() && decoded[17] == 6);
  CHECK(next(0) == 1 && is_test() && decoded[3] == (uint8_t)(before + 1));
  CHECK(next(0) == 4 && field(8) == 100 && decoded[12] == BRIDGE_DONE && is_test());
  convert(14);
  CHECK(next(0) == 2 && is_test() && field(8) == 14);
  // The same again is answered, and not executed.
  unsigned writes = fake.writes;
  command(100, BRIDGE_WRITE_REGISTERS, (const uint8_t[]){5, 0x05}, 2);
  CHECK(next(0) == 4 && field(8) == 100 && fake.writes == writes);
  // One that came late is neither.
  command(99, BRIDGE_WRITE_REGISTERS, (const uint8_t[]){5, 0x00}, 2);
  CHECK(next(0) == 0 && fake.writes == writes && fake.registers[5] == 0x05);
  command(101, BRIDGE_WRITE_REGISTERS, (const uint8_t[]){5, 0x00}, 2);
  CHECK(next(0) == 1 && !is_test());
  CHECK(next(0) == 4 && decoded[12] == BRIDGE_DONE && !is_test());
  // Every way that an input may not be an electrode's.
  for (uint8_t mux = 1; mux < 8; mux++) {
    uint8_t registers[ADS1298_REGISTERS] = {0x92};
    registers[ADS1298_CH1SET + 7] = mux;
    CHECK(ads1298_inputs_are_test(registers));
    registers[ADS1298_CH1SET + 7] |= 0x80;
    CHECK(!ads1298_inputs_are_test(registers));
    registers[ADS1298_CONFIG2] = 0x10;
    CHECK(ads1298_inputs_are_test(registers));
  }
}

static uint8_t status(uint32_t id, uint8_t operation, const uint8_t *arguments, uint8_t count) {
  command(id, operation, arguments, count);
  uint8_t type;
  while ((type = next(0)) != 4) CHECK(type != 0);
  CHECK(field(8) == id);
  return decoded[12];
}

static void answers(void) {
  start();
  next(0);
  CHECK(status(1, BRIDGE_PING, (const uint8_t *)"abc", 3) == BRIDGE_DONE && decoded[13] == 3 && decoded[14] == 'a');
  CHECK(status(2, BRIDGE_READ_REGISTERS, (const uint8_t[]){0, 26}, 2) == BRIDGE_DONE && decoded[13] == 26);
  CHECK(decoded[14] == 0x92 && decoded[15] == 0x86);
  CHECK(status(3, BRIDGE_READ_REGISTERS, (const uint8_t[]){1, 26}, 2) == BRIDGE_BAD_ARGUMENT);
  CHECK(status(4, BRIDGE_WRITE_REGISTERS, (const uint8_t[]){25, 0, 0}, 3) == BRIDGE_BAD_ARGUMENT);
  // 16000 samples a second are more than it can read; a gain of code 7 does not exist.
  CHECK(status(5, BRIDGE_WRITE_REGISTERS, (const uint8_t[]){1, 0x81}, 2) == BRIDGE_BAD_ARGUMENT);
  CHECK(status(6, BRIDGE_WRITE_REGISTERS, (const uint8_t[]){5, 0x70}, 2) == BRIDGE_BAD_ARGUMENT);
  CHECK(status(7, BRIDGE_CHIP_COMMAND, (const uint8_t[]){ADS1298_RDATAC}, 1) == BRIDGE_DONE && !fake.reads_continuously);
  CHECK(status(8, BRIDGE_CHIP_COMMAND, (const uint8_t[]){ADS1298_RDATA}, 1) == BRIDGE_BAD_ARGUMENT);
  CHECK(status(9, BRIDGE_CHIP_COMMAND, (const uint8_t[]){ADS1298_RESET}, 1) == BRIDGE_DONE && !fake.reads_continuously);
  CHECK(fake.registers[1] == 0x06 && tested.hello.rate_millihertz == 250000);
  CHECK(status(10, 99, NULL, 0) == BRIDGE_UNKNOWN_OPERATION);
  fake.is_silent = true;
  CHECK(status(11, BRIDGE_READ_REGISTERS, (const uint8_t[]){0, 1}, 2) == BRIDGE_BUS_ERROR);
  fake.is_silent = false;
  // Two channels are powered down: they are not sent, and the leads stay with their channels.
  CHECK(status(12, BRIDGE_WRITE_REGISTERS, (const uint8_t[]){5, 0x81, 0x10, 0x81}, 4) == BRIDGE_DONE);
  CHECK(tested.hello.channels == 6 && tested.hello.leads[0] == 0 && tested.hello.leads[1] == 7 && !is_test());
  CHECK(tested.hello.gains_sixteenths[0] == 16);
}

static void fuzz(unsigned rounds) {
  start();
  uint8_t bytes[128];
  for (unsigned round = 0; round < rounds; round++) {
    size_t count = random_byte() % 128u;
    for (size_t i = 0; i < count; i++) bytes[i] = random_byte() % 5 ? random_byte() : 0;
    if (round % 2) {
      // A command that is one, with random content, sometimes damaged.
      uint8_t arguments[BRIDGE_PAYLOAD_MAX];
      for (unsigned i = 0; i < sizeof arguments; i++) arguments[i] = random_byte() % 32;
      count = command_bytes(round, random_byte() % 6, arguments, random_byte() % 65, bytes);
      if (random_byte() < 32) bytes[random_byte() % count] = random_byte();
    }
    for (size_t i = 0; i < count; i++) bridge_receive(&tested, bytes[i]);
    convert(random_byte() % 20);
    for (unsigned i = 0; i < 20 && next(round * 5000u); i++) continue;
  }
}

// MARK: - For the tests in Swift

static void print_hex(const char *name, const uint8_t *bytes, size_t count) {
  printf("%s ", name);
  for (size_t i = 0; i < count; i++) printf("%02x", bytes[i]);
  printf("\n");
}

static void own_name(void) {
  const uint8_t one[8] = {0xE6, 0x61, 0x4C, 0x31, 0x1B, 0x4A, 0x2B, 0x3C};
  const uint8_t other[8] = {0xE6, 0x61, 0x4C, 0x31, 0x1B, 0x4A, 0x2B, 0x3D};
  bridge_board first = board, second = board;
  bridge_name_unit(&first, "pico", one);
  bridge_name_unit(&second, "longer", other);
  CHECK(first.names_unit && memcmp(first.front_end, "pico-c311b4a2b3c", 16) == 0);
  CHECK(second.names_unit && memcmp(second.front_end, "long-c311b4a2b3d", 16) == 0);
  // A board that was given no id of its own says so.
  start();
  CHECK(next(0) == 1 && !(decoded[2] & BRIDGE_NAMES_UNIT));
  board = first;
  start();
  CHECK(next(0) == 1 && decoded[2] & BRIDGE_NAMES_UNIT && memcmp(decoded + 8, "pico-c311b4a2b3c", 16) == 0);
  convert(20);
  CHECK(next(0) == 2 && decoded[2] & BRIDGE_NAMES_UNIT);
}

static void print_frames(void) {
  static uint8_t out[BRIDGE_FRAME_BYTES_MAX];
  static bridge_samples samples = {.tick = 1002, .time_microseconds = 2004000, .channels = 8, .samples = 32,
                                   .lead_off_positive = 0x81, .lead_off_negative = 0x0100};
  for (uint32_t n = 0; n < 32; n++)
    for (uint32_t c = 0; c < 8; c++) {
      uint32_t code = n * 7919 + c * 104729 - 8388608;
      for (unsigned i = 0; i < 3; i++) samples.codes[3 * (8 * n + c) + i] = (uint8_t)(code >> (16 - 8 * i));
    }
  print_hex("long", out, bridge_write_samples((bridge_header){0x0304, 8}, &samples, out));
  bridge_samples two = {.tick = 1000, .time_microseconds = 2000000, .channels = 2, .samples = 2, .lead_off_positive = 2,
                        .codes = {0, 0, 1, 0xFF, 0xFF, 0xFF, 0x12, 0x34, 0x56, 0xED, 0xCB, 0xAA}};
  print_hex("samples", out, bridge_write_samples((bridge_header){1, 7}, &two, out));
  bridge_hello hello = {.front_end = "emulated", .rate_millihertz = 500000, .reference_microvolts = 2400000, .bits = 24,
                        .channels = 2, .leads = {0, 255}, .gains_sixteenths = {96, 96}};
  print_hex("hello", out, bridge_write_hello((bridge_header){1, 0}, &hello, out));
  bridge_hello firmware = {.front_end = "pico-ads1298", .rate_millihertz = 500000, .reference_microvolts = 2400000,
                           .bits = 24, .channels = 8, .firmware = {0, 1, 2, 3, 4, 5, 6, 7}, .start = 0xA1B2C3D4,
                           .lost = 258, .chip = 0x92, .start_cause = 2, .leads = {11, 0, 1, 7, 8, 9, 10, 6},
                           .gains_sixteenths = {96, 96, 96, 96, 96, 96, 96, 96}};
  print_hex("firmware", out, bridge_write_hello((bridge_header){0x0304, 1}, &firmware, out));
  bridge_payload answer = {.id = 0x01020304, .count = 2, .bytes = {0x92, 0}};
  print_hex("acknowledge", out, bridge_write_ack((bridge_header){1, 9}, &answer, out));
  bridge_payload refused = {.id = 0x01020305, .code = BRIDGE_REFUSED};
  print_hex("refused", out, bridge_write_ack((bridge_header){0x0105, 10}, &refused, out));
}

static void print_commands(void) {
  bridge_command_reader reader = {0};
  bridge_payload command;
  for (int byte = getchar(); byte != EOF; byte = getchar()) {
    if (!bridge_take_byte(&reader, (uint8_t)byte, &command)) continue;
    printf("%08x %u ", command.id, command.code);
    print_hex("", command.bytes, command.count);
  }
}

static void stream(void) {
  uint8_t frame[BRIDGE_FRAME_BYTES_MAX];
  bridge_name_unit(&board, "pico", (const uint8_t[8]){0xE6, 0x61, 0x4C, 0x31, 0x1B, 0x4A, 0x2B, 0x3C});
  start();
  for (unsigned n = 0; n < 1000; n++) {
    convert(1);
    int byte = n % 5 == 0 ? getchar() : EOF;
    if (byte != EOF) bridge_receive(&tested, (uint8_t)byte);
    for (size_t count; (count = bridge_next_frame(&tested, 2000 * n, frame)) > 0;) fwrite(frame, 1, count, stdout);
  }
}

int main(int count, char **arguments) {
  const char *what = count > 1 ? arguments[1] : "";
  if (strcmp(what, "frames") == 0) return print_frames(), 0;
  if (strcmp(what, "read") == 0) return print_commands(), 0;
  if (strcmp(what, "stream") == 0) return stream(), 0;
  stuffing();
  commands_round_trip();
  bring_up();
  silent_chip();
  samples();
  electrodes();
  test_signal();
  answers();
  own_name();
  fuzz(count > 1 ? (unsigned)atoi(what) : 20000);
  printf("the firmware's pure parts do what they should\n");
  return 0;
}
