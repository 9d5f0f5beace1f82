// A lamp on a GPIO line.

import Devices

/// A lamp that a driven line lights.
public final class GPIOLamp: AlarmLamp {
  private let line: any OutputLine
  private let isActiveLow: Bool

  /// A lamp on a line; `isActiveLow` where a low level lights it.
  public init(_ line: any OutputLine, isActiveLow: Bool = false) {
    self.line = line
    self.isActiveLow = isActiveLow
  }

  public func set(isLit: Bool) throws(SourceError) { try line.set(isLit != isActiveLow) }
}
