// What sound needs of ALSA's library, which is looked for when it is first asked for: a device without it runs all
// else, and neither its headers nor the library are needed to build. The prototypes are those of alsa-lib's
// public headers (pcm.h, mixer.h, error.h), whose names and numbers have been stable since 1.0.

#ifndef C_ALSA_H
#define C_ALSA_H

#include <stdint.h>

/// Loads the library once. NULL, or the loader's words where it is not there.
const char *calsa_load(void);

/// ALSA's words for a negative result.
const char *calsa_reason(int result);

typedef struct calsa_pcm calsa_pcm;

/// Opens a device for 16-bit mono at `rate` frames a second with a buffer of `buffer_microseconds`, resampled by ALSA
/// where the card has other rates. 0, or a negative result. Only after a successful load, as all below.
int calsa_open(calsa_pcm **pcm, const char *device, int records, uint32_t rate, uint32_t buffer_microseconds);

/// Starts recording anew, whatever was before: what had been recorded is dropped. 0, or a negative result.
int calsa_start(calsa_pcm *pcm);

/// Writes frames, waiting for room: how many were written, or a negative result (-EPIPE: it had run dry).
int64_t calsa_write(calsa_pcm *pcm, const int16_t *frames, uint64_t count);

/// Reads frames, waiting for all of them: how many were read, or a negative result (-EPIPE: some were lost).
int64_t calsa_read(calsa_pcm *pcm, int16_t *frames, uint64_t count);

/// Frames that can be read without waiting, or a negative result.
int64_t calsa_available(calsa_pcm *pcm);

/// Frames that the device's buffer holds, or a negative result.
int64_t calsa_buffer(calsa_pcm *pcm);

/// Frames between the next one that is written and the loudspeaker, as far as the driver knows, or a negative result.
int64_t calsa_delay(calsa_pcm *pcm);

/// Waits until a playing device has room: 1, 0 after so many milliseconds without, or a negative result.
int calsa_wait(calsa_pcm *pcm, int milliseconds);

/// Makes a device that ran dry or over work again. 0, or a negative result.
int calsa_recover(calsa_pcm *pcm, int result);

/// Waits until all that was written has been heard. 0, or a negative result.
int calsa_drain(calsa_pcm *pcm);

/// Closes the device.
void calsa_close(calsa_pcm *pcm);

/// One control of a card's mixer that changes how loud it plays.
typedef struct {
  char name[64];
  /// 1 on, 0 muted, -1 no switch.
  int on;
  /// 0-100 of its range, -1 without one.
  int percent;
} calsa_control;

/// The playback controls of a card ("hw:CARD=Headphones", "default"): how many were written, or a negative result.
int calsa_controls(const char *card, calsa_control *controls, int count_max);

/// Switches a control on and sets its volume on all channels, in percent of its range. 0, or a negative result.
int calsa_turn_up(const char *card, const char *control, int percent);

#endif
