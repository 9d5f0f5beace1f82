// A lamp that is not there: what the way of an alarm to its lamp takes on a machine without GPIO lines.

import CLinux
import Devices

/// A lamp that lights so long after it is told to. Nobody sees it.
public final class SimulatedLamp: AlarmLamp {
  private let delayNanoseconds: UInt64

  /// A lamp that takes so long to light, and no time to go out.
  public init(delayMilliseconds: UInt32) {
    delayNanoseconds = UInt64(delayMilliseconds) * 1_000_000
  }

  public func set(isLit: Bool) throws(SourceError) {
    if isLit { clinux_sleep_nanoseconds(delayNanoseconds) }
  }
}
