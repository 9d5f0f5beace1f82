// Finds the library and calls it by prototypes of our own; see the header.

#include "CALSA.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

// From pcm.h: SND_PCM_FORMAT_S16_LE, SND_PCM_ACCESS_RW_INTERLEAVED.
enum { signed16 = 2, interleaved = 3 };

typedef struct mixer mixer;
typedef struct element element;
typedef void error_handler(const char *file, int line, const char *function, int error, const char *format, ...);

// Every function of the library that is used: its result, its name, its parameters.
#define FUNCTIONS(f)                                                                                             \
  f(const char *, strerror, (int))                                                                               \
  f(int, lib_error_set_handler, (error_handler *))                                                               \
  f(int, pcm_open, (calsa_pcm **, const char *, int, int))                                                       \
  f(int, pcm_set_params, (calsa_pcm *, int, int, unsigned, unsigned, int, unsigned))                             \
  f(int, pcm_get_params, (calsa_pcm *, unsigned long *, unsigned long *))                                        \
  f(int, pcm_drop, (calsa_pcm *))                                                                                \
  f(int, pcm_prepare, (calsa_pcm *))                                                                             \
  f(int, pcm_start, (calsa_pcm *))                                                                               \
  f(long, pcm_writei, (calsa_pcm *, const void *, unsigned long))                                                \
  f(long, pcm_readi, (calsa_pcm *, void *, unsigned long))                                                       \
  f(long, pcm_avail, (calsa_pcm *))                                                                              \
  f(int, pcm_delay, (calsa_pcm *, long *))                                                                       \
  f(int, pcm_wait, (calsa_pcm *, int))                                                                           \
  f(int, pcm_recover, (calsa_pcm *, int, int))                                                                   \
  f(int, pcm_drain, (calsa_pcm *))                                                                               \
  f(int, pcm_close, (calsa_pcm *))                                                                               \
  f(int, mixer_open, (mixer **, int))                                                                            \
  f(int, mixer_attach, (mixer *, const char *))                                                                  \
  f(int, mixer_selem_register, (mixer *, void *, void *))                                                        \
  f(int, mixer_load, (mixer *))                                                                                  \
  f(int, mixer_close, (mixer *))                                                                                 \
  f(element *, mixer_first_elem, (mixer *))                                                                      \
  f(element *, mixer_elem_next, (element *))                                                                     \
  f(const char *, mixer_selem_get_name, (element *))                                                             \
  f(int, mixer_selem_has_playback_switch, (element *))                                                           \
  f(int, mixer_selem_get_playback_switch, (element *, int, int *))                                               \
  f(int, mixer_selem_set_playback_switch_all, (element *, int))                                                  \
  f(int, mixer_selem_has_playback_volume, (element *))                                                           \
  f(int, mixer_selem_get_playback_volume_range, (element *, long *, long *))                                     \
  f(int, mixer_selem_get_playback_volume, (element *, int, long *))                                              \
  f(int, mixer_selem_set_playback_volume_all, (element *, long))

#define DECLARE(result, name, parameters) static result(*snd_##name) parameters;
FUNCTIONS(DECLARE)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *failure;

// Results are told by the caller, in his words; the library's own lines would lie across a display.
static void keep_quiet(const char *file, int line, const char *function, int error, const char *format, ...) {
  (void)file, (void)line, (void)function, (void)error, (void)format;
}

static void load(void) {
  void *library = dlopen("libasound.so.2", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    failure = dlerror();
    return;
  }
#define FIND(result, name, parameters)                                     \
  snd_##name = (result(*) parameters)dlsym(library, "snd_" #name);         \
  if (!snd_##name && !failure) failure = "it has no function snd_" #name;
  FUNCTIONS(FIND)
  if (!failure) snd_lib_error_set_handler(keep_quiet);
}

const char *calsa_load(void) {
  pthread_once(&once, load);
  return failure;
}

const char *calsa_reason(int result) { return snd_strerror(result); }

int calsa_open(calsa_pcm **pcm, const char *device, int records, uint32_t rate, uint32_t buffer_microseconds) {
  int result = snd_pcm_open(pcm, device, records ? 1 : 0, 0);
  if (result < 0) return result;
  result = snd_pcm_set_params(*pcm, signed16, interleaved, 1, rate, 1, buffer_microseconds);
  if (result < 0) snd_pcm_close(*pcm);
  return result;
}

int calsa_start(calsa_pcm *pcm) {
  int result = snd_pcm_drop(pcm);
  if (result >= 0) result = snd_pcm_prepare(pcm);
  return result < 0 ? result : snd_pcm_start(pcm);
}

int64_t calsa_write(calsa_pcm *pcm, const int16_t *frames, uint64_t count) {
  return snd_pcm_writei(pcm, frames, (unsigned long)count);
}

int64_t calsa_read(calsa_pcm *pcm, int16_t *frames, uint64_t count) {
  return snd_pcm_readi(pcm, frames, (unsigned long)count);
}

int64_t calsa_available(calsa_pcm *pcm) { return snd_pcm_avail(pcm); }

int64_t calsa_buffer(calsa_pcm *pcm) {
  unsigned long buffer = 0, period = 0;
  int result = snd_pcm_get_params(pcm, &buffer, &period);
  return result < 0 ? result : (int64_t)buffer;
}

int64_t calsa_delay(calsa_pcm *pcm) {
  long frames = 0;
  int result = snd_pcm_delay(pcm, &frames);
  return result < 0 ? result : frames;
}

int calsa_wait(calsa_pcm *pcm, int milliseconds) { return snd_pcm_wait(pcm, milliseconds); }

int calsa_recover(calsa_pcm *pcm, int result) { return snd_pcm_recover(pcm, result, 1); }

int calsa_drain(calsa_pcm *pcm) { return snd_pcm_drain(pcm); }

void calsa_close(calsa_pcm *pcm) { snd_pcm_close(pcm); }

static calsa_control control_of(element *entry) {
  calsa_control control = {.on = -1, .percent = -1};
  strncpy(control.name, snd_mixer_selem_get_name(entry), sizeof control.name - 1);
  int on = 0;
  // Channel 0 is the left one, or the only one.
  if (snd_mixer_selem_has_playback_switch(entry) && snd_mixer_selem_get_playback_switch(entry, 0, &on) == 0)
    control.on = on != 0;
  long low = 0, high = 0, volume = 0;
  if (snd_mixer_selem_has_playback_volume(entry) &&
      snd_mixer_selem_get_playback_volume_range(entry, &low, &high) == 0 && high > low &&
      snd_mixer_selem_get_playback_volume(entry, 0, &volume) == 0)
    control.percent = (int)((volume - low) * 100 / (high - low));
  return control;
}

// A card's mixer with its controls, or a negative result.
static int open_mixer(mixer **open, const char *card) {
  int result = snd_mixer_open(open, 0);
  if (result < 0) return result;
  if ((result = snd_mixer_attach(*open, card)) >= 0 && (result = snd_mixer_selem_register(*open, NULL, NULL)) >= 0)
    result = snd_mixer_load(*open);
  if (result < 0) snd_mixer_close(*open);
  return result;
}

int calsa_controls(const char *card, calsa_control *controls, int count_max) {
  mixer *open = NULL;
  int result = open_mixer(&open, card);
  if (result < 0) return result;
  result = 0;
  for (element *entry = snd_mixer_first_elem(open); entry && result < count_max; entry = snd_mixer_elem_next(entry)) {
    calsa_control control = control_of(entry);
    if (control.on >= 0 || control.percent >= 0) controls[result++] = control;
  }
  snd_mixer_close(open);
  return result;
}

// Rounded up, so that what is read back is no less than what was asked for.
static int turn_up(element *entry, int percent) {
  long low = 0, high = 0;
  int result = 0;
  if (snd_mixer_selem_has_playback_switch(entry)) result = snd_mixer_selem_set_playback_switch_all(entry, 1);
  if (result >= 0 && snd_mixer_selem_has_playback_volume(entry) &&
      (result = snd_mixer_selem_get_playback_volume_range(entry, &low, &high)) >= 0)
    result = snd_mixer_selem_set_playback_volume_all(entry, low + ((high - low) * percent + 99) / 100);
  return result;
}

int calsa_turn_up(const char *card, const char *control, int percent) {
  mixer *open = NULL;
  int result = open_mixer(&open, card);
  if (result < 0) return result;
  for (element *entry = snd_mixer_first_elem(open); entry && result >= 0; entry = snd_mixer_elem_next(entry))
    if (strcmp(snd_mixer_selem_get_name(entry), control) == 0) result = turn_up(entry, percent);
  snd_mixer_close(open);
  return result;
}
