// The bridge between the converter and the line: conversions to SAMPLES, commands to registers, HELLO when it is due. It
// knows neither pins nor ports: main.c calls it with the time, and writes what it gives.
#ifndef BRIDGE_H
#define BRIDGE_H

#include "ads1298.h"
#include "bridge_frame.h"
#include "ring.h"

// What the board and the build bring.
typedef struct {
  char front_end[16];
  // Whether no other front-end has this id: a calibration is kept by it.
  bool names_unit;
  uint8_t firmware[8];
  // Lead of each channel: 0-11 = I II III aVR aVL aVF V1-V6, 255 unplaced.
  uint8_t leads[ADS1298_CHANNELS_MAX];
  // What the registers are to hold after the start.
  uint8_t registers[ADS1298_REGISTERS];
} bridge_board;

typedef struct {
  const bridge_board *board;
  ads1298 chip;
  ring ring;
  uint32_t start;
  uint8_t start_cause;
  bridge_fault fault;
  // How many settings that a HELLO tells were changed; the low byte of the header's upper flags.
  uint8_t configuration;
  uint32_t sequence;
  bool hello_is_due;
  uint32_t last_hello, last_conversion;
  bridge_hello hello;
  bridge_command_reader reader;
  bool has_command, has_answer, has_answered;
  bridge_payload command, answer;
  // Keeps the interrupt of data-ready out while the chip is spoken to.
  void (*lock)(void), (*unlock)(void);
} bridge;

// Gives a board an id of its own: a word of at most four letters, a hyphen, and the last digits of what the
// microcontroller alone has.
void bridge_name_unit(bridge_board *board, const char *word, const uint8_t unique[8]);

// Prepares a bridge whose memory is all zero, and brings the chip up. `start` is a random number.
void bridge_init(bridge *bridge, const bridge_board *board, ads1298_port port, uint32_t start, uint8_t start_cause,
                 void (*lock)(void), void (*unlock)(void));

// The interrupt of data-ready: reads the conversion. `edge` counts its falling edges, modulo 2^16.
void bridge_data_ready(bridge *bridge, uint16_t edge, uint32_t now_microseconds);

// Takes a byte of the line.
void bridge_receive(bridge *bridge, uint8_t byte);

// Does what is due and writes the next frame into `out`; 0 when there is none now. Call again until it is 0.
size_t bridge_next_frame(bridge *bridge, uint32_t now_microseconds, uint8_t out[BRIDGE_FRAME_BYTES_MAX]);

#endif
