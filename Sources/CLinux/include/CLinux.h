#include "clinux_serial.h"
#include "clinux_thread.h"
#include "clinux_time.h"
#include "clinux_wake.h"
