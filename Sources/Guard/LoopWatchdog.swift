// Tells the service manager that the program lives, only when each loop has turned since it was told so last. One
// of the loops tells it: a timer would say so of a program that hangs.

import RealTime

/// The watchdog of some loops. `turn` belongs to one of them; it allocates nothing.
final class LoopWatchdog {
  private let manager: ServiceManager
  private let pulses: [LoopPulse]
  /// The counts of the loops when the manager was told last.
  private var told: [UInt64]
  private let intervalNanoseconds: UInt64
  private var nextNanoseconds: UInt64 = 0

  /// Nil where the manager does not watch.
  init?(_ manager: ServiceManager, pulses: [LoopPulse]) {
    guard let seconds = manager.watchdogSeconds else { return nil }
    self.manager = manager
    self.pulses = pulses
    told = pulses.map(\.count)
    // Half of the time that the manager waits, as sd_watchdog_enabled(3) asks.
    intervalNanoseconds = UInt64(seconds * 1e9 / 2)
  }

  /// A turn of the loop at a time of CLOCK_MONOTONIC.
  func turn(at nanoseconds: UInt64) {
    guard nanoseconds >= nextNanoseconds else { return }
    for index in pulses.indices where pulses[index].count == told[index] { return }
    for index in pulses.indices { told[index] = pulses[index].count }
    nextNanoseconds = nanoseconds &+ intervalNanoseconds
    manager.tellAlive()
  }
}
