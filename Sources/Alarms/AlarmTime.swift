// A moment by both clocks of the device, as it must be kept where it is told again after a restart.

import StrictJSON

/// A moment by the wall clock and by the one that nobody can set.
public struct AlarmTime: Hashable, Sendable {
  /// Milliseconds since 1970 in UTC, by the clock as it was set then.
  public var wallMilliseconds: Int64
  /// Whether the wall clock followed a reference then.
  public var isClockSynchronised: Bool
  /// CLOCK_MONOTONIC, nanoseconds.
  public var monotonicNanoseconds: UInt64
  /// The machine's boot, of which CLOCK_MONOTONIC counts.
  public var boot: String

  /// A moment.
  public init(
    wallMilliseconds: Int64, isClockSynchronised: Bool, monotonicNanoseconds: UInt64, boot: String
  ) {
    self.wallMilliseconds = wallMilliseconds
    self.isClockSynchronised = isClockSynchronised
    self.monotonicNanoseconds = monotonicNanoseconds
    self.boot = boot
  }

  /// Seconds from this moment to a later one: exact within a boot, by the wall clocks beyond it. Never negative, though
  /// the wall clock may have been set back.
  public func seconds(until later: AlarmTime) -> Double {
    guard boot == later.boot else {
      return max(0, Double(later.wallMilliseconds - wallMilliseconds) / 1000)
    }
    let earlier = min(monotonicNanoseconds, later.monotonicNanoseconds)
    return Double(later.monotonicNanoseconds - earlier) / 1e9
  }

  var json: JSONValue {
    .object([
      "wallMilliseconds": .number(Double(wallMilliseconds)),
      "clockSynchronised": .bool(isClockSynchronised),
      // Exact for 104 days of a machine's uptime, then to some nanoseconds.
      "monotonicNanoseconds": .number(Double(monotonicNanoseconds)),
      "boot": .string(boot),
    ])
  }

  init(_ fields: JSONFields) throws(JSONFieldError) {
    guard let wall = Int64(exactly: try fields.number("wallMilliseconds")),
      let monotonic = UInt64(exactly: try fields.number("monotonicNanoseconds"))
    else { throw JSONFieldError("\(fields.path): times must be whole numbers.") }
    self.init(
      wallMilliseconds: wall, isClockSynchronised: try fields.truth("clockSynchronised"),
      monotonicNanoseconds: monotonic, boot: try fields.text("boot"))
  }
}
