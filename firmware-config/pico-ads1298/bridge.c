#include "bridge.h"

enum {
  SECOND = 1000000,
  // A frame is 20 ms, at most 32 samples.
  FRAMES_PER_SECOND = 50,
  // What the digital filter still remembers of the inputs before a change.
  UNSETTLED_CONVERSIONS = 4,
  // Ids so far behind the last one are repetitions that came late.
  LATE_COMMANDS = 64,
};

// What the samples are read by, from what the chip's registers hold.
static void describe(bridge *bridge) {
  const uint8_t *registers = bridge->chip.registers;
  bridge_hello *hello = &bridge->hello;
  hello->rate_millihertz = ads1298_rate_millihertz(registers);
  hello->reference_microvolts = ads1298_reference_microvolts(registers);
  hello->channels = 0;
  for (unsigned channel = 0; channel < ads1298_channels(registers); channel++) {
    if (!ads1298_is_powered(registers, channel)) continue;
    hello->leads[hello->channels] = bridge->board->leads[channel];
    hello->gains_sixteenths[hello->channels++] = (uint16_t)(16 * ads1298_gain(registers, channel));
  }
}

static uint16_t flags(const bridge *bridge) {
  uint16_t test = ads1298_inputs_are_test(bridge->chip.registers) ? BRIDGE_TEST_SIGNAL : 0;
  uint16_t unit = bridge->board->names_unit ? BRIDGE_NAMES_UNIT : 0;
  return (uint16_t)(test | unit | bridge->configuration << 8);
}

// What registers hold, to see later what has changed.
typedef struct {
  uint8_t values[ADS1298_REGISTERS];
} held_registers;

static held_registers hold(const bridge *bridge) {
  held_registers held;
  for (unsigned i = 0; i < ADS1298_REGISTERS; i++) held.values[i] = bridge->chip.registers[i];
  return held;
}

static bool differs(const bridge *bridge, const held_registers *held) {
  for (unsigned i = 0; i < ADS1298_REGISTERS; i++)
    if ((held->values[i] ^ bridge->chip.registers[i]) & ads1298_writable_bits((uint8_t)i)) return true;
  return false;
}

// Registers were written or read: where they have changed, samples are something else from now on.
static void take_registers(bridge *bridge, const held_registers *held) {
  if (!differs(bridge, held)) return;
  describe(bridge);
  bridge->configuration++;
  bridge->hello_is_due = true;
  bridge->ring.unsettled = UNSETTLED_CONVERSIONS;
}

static void take_result(bridge *bridge, ads1298_result result) {
  bridge->fault = result == ADS1298_OK ? BRIDGE_NO_FAULT
                  : result == ADS1298_SILENT ? BRIDGE_CHIP_SILENT
                                             : BRIDGE_REGISTERS_DIFFER;
}

// Brings the chip up. While it is silent the bridge describes what it would be, and sends no samples.
static void bring_up(bridge *bridge) {
  held_registers held = hold(bridge);
  bridge->lock();
  take_result(bridge, ads1298_bring_up(&bridge->chip, bridge->board->registers));
  bridge->unlock();
  bridge->hello.chip = bridge->fault == BRIDGE_CHIP_SILENT ? 0 : bridge->chip.registers[ADS1298_ID];
  if (bridge->fault == BRIDGE_CHIP_SILENT) {
    for (unsigned i = 0; i < ADS1298_REGISTERS; i++) bridge->chip.registers[i] = bridge->board->registers[i];
  }
  take_registers(bridge, &held);
}

void bridge_name_unit(bridge_board *board, const char *word, const uint8_t unique[8]) {
  unsigned length = 0;
  while (length < 4 && word[length]) board->front_end[length] = word[length], length++;
  board->front_end[length++] = '-';
  // 64 bits are 16 digits; the last ones differ most.
  for (unsigned digit = length; digit < 16; digit++) {
    uint8_t byte = unique[digit / 2];
    board->front_end[digit] = "0123456789abcdef"[digit % 2 ? byte & 15 : byte >> 4];
  }
  board->names_unit = true;
}

void bridge_init(bridge *bridge, const bridge_board *board, ads1298_port port, uint32_t start, uint8_t start_cause,
                 void (*lock)(void), void (*unlock)(void)) {
  bridge->board = board;
  bridge->chip.port = port;
  bridge->start = start;
  bridge->lock = lock;
  bridge->unlock = unlock;
  for (unsigned i = 0; i < 16; i++) bridge->hello.front_end[i] = board->front_end[i];
  for (unsigned i = 0; i < 8; i++) bridge->hello.firmware[i] = board->firmware[i];
  bridge->hello.bits = 24;
  bridge->hello.start = start;
  bridge->hello.start_cause = start_cause;
  bridge->hello_is_due = true;
  bring_up(bridge);
}

void bridge_data_ready(bridge *bridge, uint16_t edge, uint32_t now_microseconds) {
  ring_slot *slot = ring_reserve(&bridge->ring, edge, now_microseconds);
  // A conversion that finds no room is not read: the chip replaces it.
  if (slot) ring_commit(&bridge->ring, ads1298_read_conversion(&bridge->chip, slot->conversion));
}

void bridge_receive(bridge *bridge, uint8_t byte) {
  // While one command waits to be executed the host has no right to send another; what it sends is dropped.
  bridge_payload command;
  if (bridge_take_byte(&bridge->reader, byte, &command) && !bridge->has_command) {
    bridge->command = command;
    bridge->has_command = true;
  }
}

// MARK: - Commands

static bridge_command_status status_of(ads1298_result result) {
  return result == ADS1298_OK ? BRIDGE_DONE : BRIDGE_BUS_ERROR;
}

// Rates that the loop and the SPI are fast enough for, and gains that exist.
static bool is_acceptable(const uint8_t *values, uint8_t address, size_t count) {
  for (size_t i = 0; i < count; i++) {
    unsigned at = address + (unsigned)i, value = values[i];
    if (at == ADS1298_CONFIG1 && ((value & 7) < 4 || (value & 7) > 6)) return false;
    if (at >= ADS1298_CH1SET && at < ADS1298_CH1SET + ADS1298_CHANNELS_MAX && (value & 0xF0) == 0x70) return false;
  }
  return true;
}

static bridge_command_status write_registers(bridge *bridge, const bridge_payload *command) {
  if (command->count < 2 || command->bytes[0] + command->count - 1 > ADS1298_REGISTERS) return BRIDGE_BAD_ARGUMENT;
  if (!is_acceptable(command->bytes + 1, command->bytes[0], command->count - 1u)) return BRIDGE_BAD_ARGUMENT;
  return status_of(
      ads1298_write_registers(&bridge->chip, command->bytes[0], command->bytes + 1, command->count - 1u));
}

static bridge_command_status read_registers(bridge *bridge, const bridge_payload *command, bridge_payload *answer) {
  if (command->count != 2 || command->bytes[1] == 0 || command->bytes[0] + command->bytes[1] > ADS1298_REGISTERS)
    return BRIDGE_BAD_ARGUMENT;
  if (ads1298_read_registers(&bridge->chip) != ADS1298_OK) return BRIDGE_BUS_ERROR;
  answer->count = command->bytes[1];
  for (unsigned i = 0; i < answer->count; i++) answer->bytes[i] = bridge->chip.registers[command->bytes[0] + i];
  return BRIDGE_DONE;
}

static bridge_command_status chip_command(bridge *bridge, const bridge_payload *command) {
  if (command->count != 1) return BRIDGE_BAD_ARGUMENT;
  switch (command->bytes[0]) {
  // The bridge reads every conversion by itself.
  case ADS1298_RDATAC: return BRIDGE_DONE;
  case ADS1298_WAKEUP:
  case ADS1298_STANDBY:
  case ADS1298_RESET:
  case ADS1298_START:
  case ADS1298_STOP:
  case ADS1298_SDATAC:
  case ADS1298_OFFSETCAL:
    ads1298_command(&bridge->chip, command->bytes[0]);
    return status_of(ads1298_read_registers(&bridge->chip));
  default: return BRIDGE_BAD_ARGUMENT;
  }
}

static bridge_command_status execute(bridge *bridge, const bridge_payload *command, bridge_payload *answer) {
  switch (command->code) {
  case BRIDGE_PING:
    answer->count = command->count;
    for (unsigned i = 0; i < command->count; i++) answer->bytes[i] = command->bytes[i];
    return BRIDGE_DONE;
  case BRIDGE_READ_REGISTERS: return read_registers(bridge, command, answer);
  case BRIDGE_WRITE_REGISTERS: return write_registers(bridge, command);
  case BRIDGE_CHIP_COMMAND: return chip_command(bridge, command);
  default: return BRIDGE_UNKNOWN_OPERATION;
  }
}

// Executes a new command, answers the last one again, drops one that came late. False while samples that were
// measured before it still wait: they go out under the flags that they were measured with.
static bool answer_command(bridge *bridge) {
  const bridge_payload *command = &bridge->command;
  if (bridge->has_answered && bridge->answer.id - command->id <= LATE_COMMANDS) {
    bridge->has_answer = bridge->answer.id == command->id;
    bridge->has_command = false;
    return true;
  }
  bridge->lock();
  bool is_clear = ring_count(&bridge->ring) == 0;
  if (is_clear) {
    held_registers held = hold(bridge);
    bridge->answer = (bridge_payload){.id = command->id};
    bridge->answer.code = (uint8_t)execute(bridge, command, &bridge->answer);
    take_registers(bridge, &held);
  }
  bridge->unlock();
  if (!is_clear) return false;
  bridge->has_command = false;
  bridge->has_answer = bridge->has_answered = true;
  return true;
}

// MARK: - Frames

static bridge_header next_header(bridge *bridge) {
  return (bridge_header){.flags = flags(bridge), .sequence = bridge->sequence++};
}

// Once a second: does the chip still hold what it held, and does it convert?
static void check_chip(bridge *bridge, uint32_t now) {
  if (bridge->fault == BRIDGE_CHIP_SILENT) {
    bring_up(bridge);
    bridge->last_conversion = now;
    return;
  }
  held_registers held = hold(bridge);
  bridge->lock();
  ads1298_result result = ads1298_read_registers(&bridge->chip);
  bridge->unlock();
  if (result == ADS1298_SILENT) {
    for (unsigned i = 0; i < ADS1298_REGISTERS; i++) bridge->chip.registers[i] = held.values[i];
    bridge->fault = BRIDGE_CHIP_SILENT;
    return;
  }
  if (differs(bridge, &held)) bridge->fault = BRIDGE_REGISTERS_DIFFER;
  take_registers(bridge, &held);
  if (bridge->fault == BRIDGE_NO_FAULT && now - bridge->last_conversion > SECOND) bridge->fault = BRIDGE_NO_CONVERSIONS;
}

static size_t next_hello(bridge *bridge, uint32_t now, uint8_t *out) {
  bridge->hello_is_due = false;
  bridge->last_hello = now;
  bridge->hello.lost = bridge->ring.lost;
  bridge->hello.fault = (uint8_t)bridge->fault;
  return bridge_write_hello(next_header(bridge), &bridge->hello, out);
}

// The lead-off bits that the chip has comparators for, of the channels that are sent.
static uint16_t lead_off(const bridge *bridge, const uint8_t *conversion, bool is_positive) {
  const uint8_t *registers = bridge->chip.registers;
  if (!(registers[ADS1298_CONFIG4] & 2)) return 0;
  uint8_t off = is_positive ? (uint8_t)(conversion[0] << 4 | conversion[1] >> 4)
                            : (uint8_t)(conversion[1] << 4 | conversion[2] >> 4);
  off &= registers[is_positive ? ADS1298_LOFF_SENSP : ADS1298_LOFF_SENSN];
  uint16_t bits = 0;
  unsigned sent = 0;
  for (unsigned channel = 0; channel < ads1298_channels(registers); channel++)
    if (ads1298_is_powered(registers, channel)) bits |= (uint16_t)((off >> channel & 1) << sent++);
  return bits;
}

// As many samples as follow each other and have the same electrodes on, at most `count`.
static size_t next_samples(bridge *bridge, uint32_t now, uint32_t count, uint8_t *out) {
  static bridge_samples frame;
  const ring_slot *first = ring_peek(&bridge->ring, 0);
  frame.tick = first->tick;
  frame.time_microseconds = first->time_microseconds;
  frame.channels = bridge->hello.channels;
  frame.lead_off_positive = lead_off(bridge, first->conversion, true);
  frame.lead_off_negative = lead_off(bridge, first->conversion, false);
  frame.samples = 0;
  size_t written = 0;
  while (frame.samples < count) {
    const ring_slot *slot = ring_peek(&bridge->ring, frame.samples);
    if (slot->tick != first->tick + frame.samples) break;
    if (lead_off(bridge, slot->conversion, true) != frame.lead_off_positive) break;
    if (lead_off(bridge, slot->conversion, false) != frame.lead_off_negative) break;
    for (unsigned channel = 0; channel < ads1298_channels(bridge->chip.registers); channel++) {
      if (!ads1298_is_powered(bridge->chip.registers, channel)) continue;
      for (unsigned i = 0; i < 3; i++) frame.codes[written++] = slot->conversion[3 + 3 * channel + i];
    }
    frame.samples++;
  }
  ring_release(&bridge->ring, frame.samples);
  bridge->last_conversion = now;
  if (bridge->fault == BRIDGE_NO_CONVERSIONS) bridge->fault = BRIDGE_NO_FAULT;
  return bridge_write_samples(next_header(bridge), &frame, out);
}

size_t bridge_next_frame(bridge *bridge, uint32_t now, uint8_t out[BRIDGE_FRAME_BYTES_MAX]) {
  uint32_t waiting = ring_count(&bridge->ring);
  bool is_second = now - bridge->last_hello >= SECOND;
  // Before the registers may change under them, the samples go out.
  bool is_flushing = bridge->has_command || is_second;
  uint32_t batch = bridge->hello.rate_millihertz / 1000 / FRAMES_PER_SECOND;
  if (batch < 1) batch = 1;
  if (batch > BRIDGE_SAMPLES_MAX) batch = BRIDGE_SAMPLES_MAX;
  if (bridge->hello_is_due) return next_hello(bridge, now, out);
  if (bridge->has_answer) {
    bridge->has_answer = false;
    return bridge_write_ack(next_header(bridge), &bridge->answer, out);
  }
  if (waiting > 0 && bridge->hello.channels > 0 && (is_flushing || waiting >= batch))
    return next_samples(bridge, now, waiting < BRIDGE_SAMPLES_MAX ? waiting : BRIDGE_SAMPLES_MAX, out);
  if (bridge->has_command && answer_command(bridge)) return bridge_next_frame(bridge, now, out);
  if (is_second) {
    check_chip(bridge, now);
    return next_hello(bridge, now, out);
  }
  return 0;
}
