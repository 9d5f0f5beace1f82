#include "clinux_thread.h"
#include "clinux_wake.h"
