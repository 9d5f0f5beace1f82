// The parts of LinuxDevices that need a kernel, against one: run in the guest that scripts/guest boots. Ends with
// status 1 at the first thing that is not so.

import Devices
import Glibc
import LinuxDevices

do {
  switch CommandLine.arguments.dropFirst().first {
  case "gpio": try GPIOExercise().run()
  case "gpio1": try OldKernelExercise().run()
  case "serial": try SerialExercise().run()
  case "sound": try SoundExercise().run()
  default: throw SourceError("usage: KernelExercise gpio | gpio1 | serial | sound")
  }
} catch {
  say("failed: \(error)")
  exit(1)
}
