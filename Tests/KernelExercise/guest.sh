# What the guest runs: sound through the loopback card, its serial port, GPIO with libgpiod 2 and again with libgpiod 1. GPIO_SIM is the
# outside of the simulated chip's lines.
KernelExercise sound || exit 3
KernelExercise serial || exit 4
KernelExercise gpio || exit 1
rm /usr/lib/aarch64-linux-gnu/libgpiod.so.3*
LD_LIBRARY_PATH=/opt KernelExercise gpio || exit 2
