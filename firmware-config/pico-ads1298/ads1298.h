// A converter of TI's ADS1298 family (ADS1294, ADS1296, ADS1298 and their R versions) behind an SPI that the caller
// brings. Registers and opcodes: data sheet SBAS459. Pure: no memory but the caller's, no clock, no device.
#ifndef ADS1298_H
#define ADS1298_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ADS1298_REGISTERS = 26, ADS1298_CONVERSION_BYTES = 27, ADS1298_CHANNELS_MAX = 8 };

enum {
  ADS1298_ID = 0x00,
  ADS1298_CONFIG1 = 0x01,
  ADS1298_CONFIG2 = 0x02,
  ADS1298_CONFIG3 = 0x03,
  ADS1298_CH1SET = 0x05,
  ADS1298_LOFF_SENSP = 0x0F,
  ADS1298_LOFF_SENSN = 0x10,
  ADS1298_LOFF_STATP = 0x12,
  ADS1298_LOFF_STATN = 0x13,
  ADS1298_GPIO = 0x14,
  ADS1298_CONFIG4 = 0x17,
};

enum {
  ADS1298_WAKEUP = 0x02,
  ADS1298_STANDBY = 0x04,
  ADS1298_RESET = 0x06,
  ADS1298_START = 0x08,
  ADS1298_STOP = 0x0A,
  ADS1298_RDATAC = 0x10,
  ADS1298_SDATAC = 0x11,
  ADS1298_RDATA = 0x12,
  ADS1298_OFFSETCAL = 0x1A,
};

// What the chip hangs on. SPI mode 1 (CPOL 0, CPHA 1) at 2 MHz: then the 4 clocks that the chip takes to decode a byte
// are over when the next one has arrived.
typedef struct {
  void *context;
  // Chip select low, `count` bytes out and in at once, chip select high. `in` may be null.
  void (*transfer)(void *context, const uint8_t *out, uint8_t *in, size_t count);
  void (*wait_microseconds)(void *context, uint32_t microseconds);
} ads1298_port;

typedef struct {
  ads1298_port port;
  // What the registers held when they were last read.
  uint8_t registers[ADS1298_REGISTERS];
} ads1298;

typedef enum { ADS1298_OK, ADS1298_SILENT, ADS1298_DIFFERS } ads1298_result;

// Resets the chip, writes `settings` (those of read-only registers are not looked at), reads every register back and
// starts conversions.
ads1298_result ads1298_bring_up(ads1298 *chip, const uint8_t settings[ADS1298_REGISTERS]);

// Reads all registers into `registers`. Silent when the id is none of the family's.
ads1298_result ads1298_read_registers(ads1298 *chip);

// Writes registers, reads all of them back, and says whether they hold what was written.
ads1298_result ads1298_write_registers(ads1298 *chip, uint8_t address, const uint8_t *values, size_t count);

// Sends an opcode; after RESET waits for the chip and takes it out of continuous reading.
void ads1298_command(ads1298 *chip, uint8_t opcode);

// Reads the conversion that is ready: three bytes of status and three of each channel. False when the status has not
// the mark that every status has: the bytes are no conversion.
bool ads1298_read_conversion(ads1298 *chip, uint8_t conversion[ADS1298_CONVERSION_BYTES]);

// The bits of a register that hold what is written to them; the others are the chip's own.
uint8_t ads1298_writable_bits(uint8_t address);

// What registers say of the samples. A channel is counted from 0.
unsigned ads1298_channels(const uint8_t registers[ADS1298_REGISTERS]);
bool ads1298_is_powered(const uint8_t registers[ADS1298_REGISTERS], unsigned channel);
unsigned ads1298_gain(const uint8_t registers[ADS1298_REGISTERS], unsigned channel);
uint32_t ads1298_rate_millihertz(const uint8_t registers[ADS1298_REGISTERS]);
uint32_t ads1298_reference_microvolts(const uint8_t registers[ADS1298_REGISTERS]);

// Whether any input may be something else than an electrode: a channel's input selection, or the test generator.
bool ads1298_inputs_are_test(const uint8_t registers[ADS1298_REGISTERS]);

#endif
