// By which clocks alarms are told: what is told of one moment in several places is the same in all of them.

import Alarms
import CLinux
import Foundation
import Synchronization

/// Puts wall times on moments of the monotonic clock. Any thread.
public final class AlarmClock: Sendable {
  /// The kernel's name of this boot, its first eight digits.
  static let boot: String = {
    let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .ascii)
    return String((text ?? "unknown").prefix(8))
  }()

  private let last = Mutex<AlarmTime?>(nil)

  /// The clocks of this machine.
  public init() {}

  /// A moment of CLOCK_MONOTONIC with the wall time that it had, by the clock as it is set when it is first asked for.
  func time(_ monotonicNanoseconds: UInt64) -> AlarmTime {
    last.withLock { last in
      if let last, last.monotonicNanoseconds == monotonicNanoseconds { return last }
      let now = clinux_monotonic_nanoseconds()
      let ago = Double(now - min(monotonicNanoseconds, now)) / 1e6
      let time = AlarmTime(
        wallMilliseconds: Int64((Date().timeIntervalSince1970 * 1000 - ago).rounded(.down)),
        isClockSynchronised: clinux_clock_is_synchronised() != 0,
        monotonicNanoseconds: monotonicNanoseconds, boot: Self.boot)
      last = time
      return time
    }
  }
}

extension AlarmTime {
  /// The wall time, ISO 8601 in UTC with milliseconds.
  var wallText: String {
    Date(timeIntervalSince1970: Double(wallMilliseconds) / 1000)
      .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }
}
