// The bridge on a Raspberry Pi Pico: pins, SPI, data-ready interrupt, line, watchdog and lamp. Not run on hardware.
#include "bridge.h"
#include "hardware/gpio.h"
#include "hardware/irq.h"
#include "hardware/pwm.h"
#include "hardware/spi.h"
#include "hardware/structs/vreg_and_chip_reset.h"
#include "hardware/uart.h"
#include "hardware/watchdog.h"
#include "pico/rand.h"
#include "pico/stdio/driver.h"
#include "pico/stdio_usb.h"
#include "pico/stdlib.h"
#include "pico/unique_id.h"

enum {
  PIN_UART_TX = 0,
  PIN_UART_RX = 1,
  PIN_MISO = 16,
  PIN_CHIP_SELECT = 17,
  PIN_CLOCK = 18,
  PIN_MOSI = 19,
  PIN_RESET = 20,
  // An odd pin: it can count edges in a PWM slice, so that none is missed while the interrupt waits.
  PIN_DATA_READY = 21,
  PIN_START = 22,
  PIN_LAMP = 25,
};

#ifndef FIRMWARE_SHA256
#define FIRMWARE_SHA256 {0}
#endif

// Its id comes from the flash chip, when it starts.
static bridge_board board = {
    .firmware = FIRMWARE_SHA256,
    // Channels as on TI's ADS1298ECG-FE: V6 I II V2 V3 V4 V5 V1.
    .leads = {11, 0, 1, 7, 8, 9, 10, 6},
    .registers =
        {
            [ADS1298_CONFIG1] = 0x86,  // 500 samples a second, high resolution
            [ADS1298_CONFIG3] = 0xCC,  // reference 2.4 V on, right-leg drive on with its internal reference
            [0x04] = 0x03,             // lead-off by direct current of 6 nA
            [0x0D] = 0x06,             // right-leg drive from LA and LL ...
            [0x0E] = 0x02,             // ... and RA
            [ADS1298_LOFF_SENSP] = 0xFF,
            [ADS1298_LOFF_SENSN] = 0x02,
            [ADS1298_CONFIG4] = 0x02,  // lead-off comparators on
            [0x18] = 0x0A,             // Wilson's terminal: LA (IN2P),
            [0x19] = 0xE3,             // LL (IN3P), RA (IN2N)
        },
};

static bridge the_bridge;

static void transfer(void *context, const uint8_t *out, uint8_t *in, size_t count) {
  (void)context;
  static uint8_t unread[64];
  gpio_put(PIN_CHIP_SELECT, 0);
  spi_write_read_blocking(spi0, out, in ? in : unread, count);
  // Four clocks of 2.048 MHz between the last bit and the end of chip select.
  busy_wait_us_32(2);
  gpio_put(PIN_CHIP_SELECT, 1);
  busy_wait_us_32(1);
}

static void wait_microseconds(void *context, uint32_t microseconds) {
  (void)context;
  busy_wait_us_32(microseconds);
}

// Only data-ready has an interrupt on this bank.
static void lock(void) { irq_set_enabled(IO_IRQ_BANK0, false); }
static void unlock(void) { irq_set_enabled(IO_IRQ_BANK0, true); }

static void data_ready(uint pin, uint32_t events) {
  (void)pin, (void)events;
  uint16_t edge = (uint16_t)pwm_get_counter(pwm_gpio_to_slice_num(PIN_DATA_READY));
  bridge_data_ready(&the_bridge, edge, time_us_32());
}

static void set_up_pins(void) {
  gpio_init(PIN_CHIP_SELECT);
  gpio_put(PIN_CHIP_SELECT, 1);
  gpio_set_dir(PIN_CHIP_SELECT, GPIO_OUT);
  gpio_init(PIN_START);
  gpio_set_dir(PIN_START, GPIO_OUT);
  gpio_put(PIN_START, 0);
  gpio_init(PIN_RESET);
  gpio_set_dir(PIN_RESET, GPIO_OUT);
  gpio_put(PIN_RESET, 1);
  gpio_init(PIN_LAMP);
  gpio_set_dir(PIN_LAMP, GPIO_OUT);
  spi_init(spi0, 2000000);
  spi_set_format(spi0, 8, SPI_CPOL_0, SPI_CPHA_1, SPI_MSB_FIRST);
  gpio_set_function(PIN_MISO, GPIO_FUNC_SPI);
  gpio_set_function(PIN_CLOCK, GPIO_FUNC_SPI);
  gpio_set_function(PIN_MOSI, GPIO_FUNC_SPI);
}

static void listen_to_data_ready(void) {
  gpio_set_function(PIN_DATA_READY, GPIO_FUNC_PWM);
  pwm_config counting = pwm_get_default_config();
  pwm_config_set_clkdiv_mode(&counting, PWM_DIV_B_FALLING);
  pwm_init(pwm_gpio_to_slice_num(PIN_DATA_READY), &counting, true);
  gpio_set_irq_enabled_with_callback(PIN_DATA_READY, GPIO_IRQ_EDGE_FALL, true, data_ready);
}

static bridge_start_cause start_cause(void) {
  if (watchdog_enable_caused_reboot()) return BRIDGE_START_WATCHDOG;
  uint32_t reset = vreg_and_chip_reset_hw->chip_reset;
  if (reset & VREG_AND_CHIP_RESET_CHIP_RESET_HAD_POR_BITS) return BRIDGE_START_POWER;
  return BRIDGE_START_RESET;
}

// MARK: - The line: USB, or the UART with -DBRIDGE_UART=1

#if BRIDGE_UART

static void open_line(void) {
  uart_init(uart0, 921600);
  gpio_set_function(PIN_UART_TX, GPIO_FUNC_UART);
  gpio_set_function(PIN_UART_RX, GPIO_FUNC_UART);
}

// What fits now: a slow line delays frames, and in the end the ring counts what it had no room for.
static size_t write_line(const uint8_t *bytes, size_t count) {
  size_t written = 0;
  while (written < count && uart_is_writable(uart0)) uart_get_hw(uart0)->dr = bytes[written++];
  return written;
}

static size_t read_line(uint8_t *bytes, size_t count) {
  size_t taken = 0;
  while (taken < count && uart_is_readable(uart0)) bytes[taken++] = (uint8_t)uart_getc(uart0);
  return taken;
}

#else

static void open_line(void) { stdio_usb_init(); }

// All of it, or as much as a host takes that stops for 10 ms (PICO_STDIO_USB_STDOUT_TIMEOUT_US): a frame that was cut is
// corrupt for its receiver, and a gap. Without a host frames go nowhere, and the ticks go on.
static size_t write_line(const uint8_t *bytes, size_t count) {
  stdio_usb.out_chars((const char *)bytes, (int)count);
  return count;
}

static size_t read_line(uint8_t *bytes, size_t count) {
  int taken = stdio_usb.in_chars((char *)bytes, (int)count);
  return taken > 0 ? (size_t)taken : 0;
}

#endif

int main(void) {
  static uint8_t frame[BRIDGE_FRAME_BYTES_MAX], received[64];
  size_t count = 0, written = 0;
  bridge_start_cause cause = start_cause();
  set_up_pins();
  open_line();
  // The chip's supplies and oscillator settle: 2^16 of its clocks are 32 ms.
  sleep_ms(100);
  pico_unique_board_id_t unique;
  pico_get_unique_board_id(&unique);
  bridge_name_unit(&board, "pico", unique.id);
  ads1298_port port = {.transfer = transfer, .wait_microseconds = wait_microseconds};
  bridge_init(&the_bridge, &board, port, get_rand_32(), (uint8_t)cause, lock, unlock);
  listen_to_data_ready();
  watchdog_enable(1000, true);
  while (true) {
    watchdog_update();
    size_t taken = read_line(received, sizeof received);
    for (size_t i = 0; i < taken; i++) bridge_receive(&the_bridge, received[i]);
    if (written == count) {
      count = bridge_next_frame(&the_bridge, time_us_32(), frame);
      written = 0;
    }
    written += write_line(frame + written, count - written);
    // Steady while it measures, blinking twice a second while something is wrong.
    gpio_put(PIN_LAMP, the_bridge.fault == BRIDGE_NO_FAULT || (time_us_32() / 250000) % 2);
  }
}
