// Waking one waiting thread without a lock: what a cell of one value needs beside its atomic word.

import CLinux

/// Lets one thread sleep until another has something for it. Neither side allocates or locks.
public final class Wake: @unchecked Sendable {
  private let wake: UnsafeMutablePointer<clinux_wake>

  /// Nobody waits.
  public init() {
    wake = .allocate(capacity: 1)
    wake.initialize(to: clinux_wake())
  }

  deinit { wake.deallocate() }

  /// Wakes the waiting thread, if any. A system call only where one waits. Any thread.
  public func notify() { clinux_wake_notify(wake) }

  /// What to read before looking at the value: a notification after this ends the wait at once.
  public func prepare() -> UInt32 { clinux_wake_prepare(wake) }

  /// Sleeps until notified since `prepare`, or until the time is over. One thread.
  public func wait(_ prepared: UInt32, milliseconds: UInt32) {
    clinux_wake_wait(wake, prepared, milliseconds)
  }
}
