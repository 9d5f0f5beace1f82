// What POSIX threads offer only under _GNU_SOURCE.
#ifndef CLINUX_THREAD_H
#define CLINUX_THREAD_H

// Names the calling thread, as `top -H` shows it: at most 15 characters, more are cut.
void clinux_thread_name(const char *name);

#endif
