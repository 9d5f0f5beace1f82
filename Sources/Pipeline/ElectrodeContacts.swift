// Which electrodes count as off for the alarm: one that is off for a second, and one that only flickers, of which no
// single flicker lasts long enough to be told.

/// Follows the electrodes' flags.
struct ElectrodeContacts {
  /// Off for so long, an electrode counts.
  private static let lastingSeconds = 1.0
  /// Off again within so long, it flickers, until it was on for as long.
  private static let flickerSeconds = 4.5
  /// One that did not flicker is on again after so long.
  private static let returnSeconds = 2.0

  private let lasting: Int64
  private let flicker: Int64
  private let `return`: Int64
  private var off: UInt32 = 0
  private var counted: UInt32 = 0
  private var flickering: UInt32 = 0
  /// What the alarm has told, a bit each.
  private var told: UInt32 = 0
  private var fellAt: InlineArray<32, Int64> = .init(repeating: .min / 2)
  private var returnedAt: InlineArray<32, Int64> = .init(repeating: .min / 2)

  init(sampleRate: Double) {
    func samples(_ seconds: Double) -> Int64 { Int64((seconds * sampleRate).rounded()) }
    lasting = samples(Self.lastingSeconds)
    flicker = samples(Self.flickerSeconds)
    `return` = samples(Self.returnSeconds)
  }

  /// Whether an electrode is off, or comes off again and again.
  var isAnyOff: Bool { off | flickering != 0 }
  /// Whether an electrode comes off again and again.
  var isFlickering: Bool { flickering != 0 }

  /// Takes the flags from a sample on, a bit each.
  mutating func take(_ now: UInt32, at index: Int64) {
    var fallen = now & ~off
    while fallen != 0 {
      let place = fallen.trailingZeroBitCount
      let bit = UInt32(1) &<< UInt32(place)
      fallen ^= bit
      if index &- fellAt[place] <= flicker {
        flickering |= bit
        counted |= bit
      }
      fellAt[place] = index
    }
    var back = off & ~now
    while back != 0 {
      returnedAt[back.trailingZeroBitCount] = index
      back &= back &- 1
    }
    off = now
  }

  /// Lets time go on to a sample.
  ///
  /// - Parameter isTold: whether the alarm of electrodes is active.
  /// - Returns: whether an electrode counts of which that alarm, which is active, has not told.
  mutating func findsFurther(at index: Int64, isTold: Bool) -> Bool {
    var rest = off | counted
    while rest != 0 {
      let place = rest.trailingZeroBitCount
      let bit = UInt32(1) &<< UInt32(place)
      rest ^= bit
      if off & bit != 0 {
        if index &- fellAt[place] >= lasting { counted |= bit }
        if index &- fellAt[place] >= flicker { flickering &= ~bit }
      } else if index &- returnedAt[place] >= (flickering & bit != 0 ? flicker : `return`) {
        counted &= ~bit
        flickering &= ~bit
      }
    }
    told &= off | counted
    let isFurther = isTold && counted & ~told != 0
    told |= isTold ? counted : off | counted
    return isFurther
  }
}
