// What the compiler may know about every kernel: it neither allocates nor locks. Swift's performance
// annotations check callers against it; compilers that do not know the words ignore them.

#ifndef KERNEL_ATTRIBUTES_H
#define KERNEL_ATTRIBUTES_H

#if defined(__has_attribute)
#if __has_attribute(swift_attr)
#define KERNEL_REAL_TIME \
  __attribute__((swift_attr("@_noLocks"), swift_attr("@_noAllocation")))
#endif
#endif

#ifndef KERNEL_REAL_TIME
#define KERNEL_REAL_TIME
#endif

#endif
