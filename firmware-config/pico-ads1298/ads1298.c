#include "ads1298.h"

enum { RREG = 0x20, WREG = 0x40 };

static const uint8_t gains[8] = {6, 1, 2, 3, 4, 8, 12, 0};

static bool is_family(uint8_t id) { return (id & 0xB8) == 0x90 && (id & 7) <= 2; }

uint8_t ads1298_writable_bits(uint8_t address) {
  // Reserved bits and the chip's own (id, RLD_STAT, lead-off status, pins) are not what was written. RESP's upper bits
  // are the R versions' alone.
  static const uint8_t bits[ADS1298_REGISTERS] = {
      0x00, 0xE7, 0x37, 0xBE, 0xFF, 0xF7, 0xF7, 0xF7, 0xF7, 0xF7, 0xF7, 0xF7, 0xF7,
      0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x0F, 0x1F, 0x1F, 0xEE, 0xFF, 0xFF,
  };
  return address < ADS1298_REGISTERS ? bits[address] : 0;
}

void ads1298_command(ads1298 *chip, uint8_t opcode) {
  chip->port.transfer(chip->port.context, &opcode, NULL, 1);
  if (opcode != ADS1298_RESET) return;
  // 18 clocks of 2.048 MHz are 9 microseconds. After them the chip reads continuously, and hears nothing else.
  chip->port.wait_microseconds(chip->port.context, 20);
  ads1298_command(chip, ADS1298_SDATAC);
}

ads1298_result ads1298_read_registers(ads1298 *chip) {
  uint8_t out[2 + ADS1298_REGISTERS] = {RREG, ADS1298_REGISTERS - 1}, in[2 + ADS1298_REGISTERS];
  chip->port.transfer(chip->port.context, out, in, sizeof out);
  for (size_t i = 0; i < ADS1298_REGISTERS; i++) chip->registers[i] = in[2 + i];
  return is_family(chip->registers[ADS1298_ID]) ? ADS1298_OK : ADS1298_SILENT;
}

static bool holds(const ads1298 *chip, uint8_t address, const uint8_t *values, size_t count) {
  // A chip with fewer channels has no registers of the others.
  uint8_t absent = (uint8_t)(ADS1298_CH1SET + ads1298_channels(chip->registers));
  for (size_t i = 0; i < count; i++) {
    uint8_t at = (uint8_t)(address + i);
    if (at >= absent && at < ADS1298_CH1SET + ADS1298_CHANNELS_MAX) continue;
    if ((chip->registers[at] ^ values[i]) & ads1298_writable_bits(at)) return false;
  }
  return true;
}

ads1298_result ads1298_write_registers(ads1298 *chip, uint8_t address, const uint8_t *values, size_t count) {
  if (count == 0 || address + count > ADS1298_REGISTERS) return ADS1298_DIFFERS;
  uint8_t out[2 + ADS1298_REGISTERS] = {(uint8_t)(WREG | address), (uint8_t)(count - 1)};
  for (size_t i = 0; i < count; i++) out[2 + i] = values[i];
  chip->port.transfer(chip->port.context, out, NULL, 2 + count);
  if (ads1298_read_registers(chip) != ADS1298_OK) return ADS1298_SILENT;
  return holds(chip, address, values, count) ? ADS1298_OK : ADS1298_DIFFERS;
}

ads1298_result ads1298_bring_up(ads1298 *chip, const uint8_t settings[ADS1298_REGISTERS]) {
  ads1298_command(chip, ADS1298_RESET);
  if (ads1298_read_registers(chip) != ADS1298_OK) return ADS1298_SILENT;
  ads1298_result result = ads1298_write_registers(chip, ADS1298_CONFIG3, settings + ADS1298_CONFIG3, 1);
  if (result != ADS1298_OK) return result;
  // The reference settles before anything is measured against it.
  chip->port.wait_microseconds(chip->port.context, 150000);
  result = ads1298_write_registers(chip, ADS1298_CONFIG1, settings + ADS1298_CONFIG1, ADS1298_REGISTERS - 1);
  if (result == ADS1298_OK) ads1298_command(chip, ADS1298_START);
  return result;
}

bool ads1298_read_conversion(ads1298 *chip, uint8_t conversion[ADS1298_CONVERSION_BYTES]) {
  uint8_t out[1 + ADS1298_CONVERSION_BYTES] = {ADS1298_RDATA}, in[1 + ADS1298_CONVERSION_BYTES];
  chip->port.transfer(chip->port.context, out, in, sizeof out);
  for (size_t i = 0; i < ADS1298_CONVERSION_BYTES; i++) conversion[i] = in[1 + i];
  return (conversion[0] & 0xF0) == 0xC0;
}

unsigned ads1298_channels(const uint8_t registers[ADS1298_REGISTERS]) {
  return 4 + 2 * (registers[ADS1298_ID] & 3u);
}

bool ads1298_is_powered(const uint8_t registers[ADS1298_REGISTERS], unsigned channel) {
  return channel < ads1298_channels(registers) && !(registers[ADS1298_CH1SET + channel] & 0x80);
}

unsigned ads1298_gain(const uint8_t registers[ADS1298_REGISTERS], unsigned channel) {
  return gains[registers[ADS1298_CH1SET + channel] >> 4 & 7];
}

uint32_t ads1298_rate_millihertz(const uint8_t registers[ADS1298_REGISTERS]) {
  // 2.048 MHz through 64 in high resolution, 128 in low power, and 2 for each step of DR.
  uint32_t undivided = registers[ADS1298_CONFIG1] & 0x80 ? 32000000 : 16000000;
  return undivided >> (registers[ADS1298_CONFIG1] & 7);
}

uint32_t ads1298_reference_microvolts(const uint8_t registers[ADS1298_REGISTERS]) {
  return registers[ADS1298_CONFIG3] & 0x20 ? 4000000 : 2400000;
}

bool ads1298_inputs_are_test(const uint8_t registers[ADS1298_REGISTERS]) {
  if (registers[ADS1298_CONFIG2] & 0x10) return true;
  for (unsigned channel = 0; channel < ads1298_channels(registers); channel++)
    if (ads1298_is_powered(registers, channel) && (registers[ADS1298_CH1SET + channel] & 7)) return true;
  return false;
}
