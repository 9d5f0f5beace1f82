// How far the alert link has come with what it was told: on this device's disk, and at the central station.

import CLinux
import RealTime
import Synchronization

/// What has become of the messages that a link was told. Any thread may ask; one at a time may wait.
public final class LinkProgress: Sendable {
  private struct Counts {
    /// Messages from the start of the link on.
    var told = 0
    var stored = 0
    var confirmed = 0
    /// Whether the outbox takes what it is given.
    var isStoring = true
    /// Whether the link has ended: nothing more will happen.
    var isOver = false
  }

  private let counts = Mutex(Counts())
  private let changed = Wake()

  init() {}

  /// Whether the outbox took what it was given last.
  public var isStoring: Bool { counts.withLock(\.isStoring) }

  /// Waits until the outbox has what was told before this call, but not for an outbox that fails, nor longer than
  /// some seconds. Whether it has.
  @discardableResult
  public func waitUntilStored(withinSeconds seconds: Double) -> Bool {
    let told = told
    return wait(seconds) { $0.stored >= told ? true : $0.isStoring ? nil : false }
  }

  /// Waits until the central station has on its disk what was told before this call; false where it has not within
  /// some seconds, or the link ended.
  public func waitUntilConfirmed(withinSeconds seconds: Double) -> Bool {
    let told = told
    return wait(seconds) { $0.confirmed >= told ? true : nil }
  }

  /// - Parameter answer: nil while there is none yet.
  private func wait(_ seconds: Double, _ answer: (Counts) -> Bool?) -> Bool {
    let end = clinux_monotonic_nanoseconds() + UInt64(seconds * 1e9)
    while true {
      let prepared = changed.prepare()
      let counts = counts.withLock { $0 }
      if let answer = answer(counts) { return answer }
      let now = clinux_monotonic_nanoseconds()
      if counts.isOver || now >= end { return false }
      changed.wait(prepared, milliseconds: UInt32((end - now) / 1_000_000 + 1))
    }
  }

  /// Messages that were told so far.
  var told: Int { counts.withLock(\.told) }

  func noteTold() { counts.withLock { $0.told += 1 } }

  /// The outbox was given the first so many messages, and whether it took them.
  func note(given count: Int, isStored: Bool) {
    counts.withLock { counts in
      if isStored { counts.stored = count }
      counts.isStoring = isStored
    }
    changed.notify()
  }

  /// The central station has the first so many messages.
  func note(confirmed count: Int) {
    counts.withLock { $0.confirmed = count }
    changed.notify()
  }

  func end() {
    counts.withLock { $0.isOver = true }
    changed.notify()
  }
}
