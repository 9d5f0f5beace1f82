// How the alarm's loudspeaker, lamp and buzzer are connected: what a profile or the command line says.

import Devices

/// A lamp of up to three colours on GPIO lines.
public struct LampWiring: Hashable, Sendable {
  /// Labels that the lines' chip may have, tried in order.
  public let chipLabels: [String]
  /// The lines that are driven together for a colour; a diode of red, green and blue mixes yellow and cyan.
  public let red: [UInt32], yellow: [UInt32]
  /// The lines of low priority; nil where it is shown in yellow.
  public let cyan: [UInt32]?
  /// Whether a low level lights it.
  public let isActiveLow: Bool

  /// Every line of it, once, in order.
  public var offsets: [UInt32] { Set(red + yellow + (cyan ?? [])).sorted() }

  /// A bit for each of some of its lines, by the place in `offsets`.
  public func mask(_ lines: [UInt32]) -> UInt32 {
    lines.reduce(0) { mask, line in
      mask | (offsets.firstIndex(of: line).map { 1 << UInt32($0) } ?? 0)
    }
  }

  /// Opens every line, dark.
  public func open() throws(SourceError) -> [any AlarmLamp] {
    var lamps: [any AlarmLamp] = []
    for offset in offsets {
      let line = GPIOLine(chipLabels: chipLabels, offset: offset)
      lamps.append(
        GPIOLamp(try GPIOOutputLine(line, isHigh: isActiveLow), isActiveLow: isActiveLow))
    }
    return lamps
  }
}

/// A buzzer on a GPIO line.
public struct BuzzerWiring: Hashable, Sendable {
  /// Its line.
  public let line: GPIOLine
  /// Whether a low level makes it hum.
  public let isActiveLow: Bool

  /// Opens its line, silent.
  public func open() throws(SourceError) -> any AlarmLamp {
    GPIOLamp(try GPIOOutputLine(line, isHigh: isActiveLow), isActiveLow: isActiveLow)
  }
}

/// What a board has to alarm with.
public struct AlarmWiring: Hashable, Sendable {
  /// The range in which a volume's floor may be set: below a third nobody hears it beside a ventilator.
  public static let volumePercentRange = 34...100

  /// The loudspeaker's name; nil where the profile does not say.
  public let sound: String?
  /// Below which its volume is never left; nil for the usual one.
  public let volumePercentMin: Int?
  /// The lamp, nil without one.
  public let lamp: LampWiring?
  /// The buzzer, nil without one.
  public let buzzer: BuzzerWiring?

  /// Whether lamp or buzzer are on a line that something else is on.
  func uses(_ other: GPIOLine) -> Bool {
    let lamps = (lamp?.offsets ?? []).map { offset in
      GPIOLine(chipLabels: lamp?.chipLabels ?? [], offset: offset)
    }
    return (lamps + [buzzer?.line].compactMap(\.self)).contains { line in
      line.offset == other.offset && !Set(line.chipLabels).isDisjoint(with: other.chipLabels)
    }
  }
}

extension GPIOLine {
  /// The labels of the header's chip on every Raspberry Pi: taken where none is named.
  public static let raspberryPiLabels = ["pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835"]
}
