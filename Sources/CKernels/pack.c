// Weights in the order that a backend reads them, zeros where a panel or a group is not full.

#include <string.h>

#include "kernels.h"

static size_t round_up(size_t count, size_t multiple) { return (count + multiple - 1) / multiple * multiple; }

static size_t group_of(conv1d_s8_layout layout, size_t length) {
  return layout.groupIsRow ? round_up(length, (size_t)layout.groupLength) : (size_t)layout.groupLength;
}

size_t conv1d_s8_packed_size(conv1d_s8_layout layout, size_t outputChannels, size_t length) {
  return round_up(outputChannels, (size_t)layout.panelChannels) *
         round_up(length, group_of(layout, length));
}

void conv1d_s8_pack(conv1d_s8_layout layout, const int8_t *rows, size_t outputChannels, size_t length,
                    int8_t *packed) {
  const size_t panel = (size_t)layout.panelChannels, group = group_of(layout, length);
  const size_t padded = round_up(length, group);
  memset(packed, 0, conv1d_s8_packed_size(layout, outputChannels, length));
  for (size_t channel = 0; channel < outputChannels; channel++) {
    const int8_t *row = rows + channel * length;
    int8_t *place = packed + channel / panel * panel * padded + channel % panel * group;
    for (size_t i = 0; i < length; i += group, place += panel * group) {
      memcpy(place, row + i, length - i < group ? length - i : group);
    }
  }
}
