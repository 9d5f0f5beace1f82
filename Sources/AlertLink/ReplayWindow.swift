// Each datagram of a life counts once: the sliding window of RFC 6479's kind, 64 numbers wide.

/// Which of the last 64 counters were seen.
struct ReplayWindow {
  private var newest: UInt64 = 0
  /// Bit n: `newest - n` was seen.
  private var seen: UInt64 = 0

  /// Whether a counter is new. Zero never is; what lies 64 behind the newest is taken for seen.
  func isNew(_ counter: UInt64) -> Bool {
    if counter > newest { return true }
    let age = newest - counter
    return counter > 0 && age < 64 && seen & (1 << age) == 0
  }

  /// Whether no greater counter was seen.
  func isNewest(_ counter: UInt64) -> Bool { counter >= newest }

  /// Notes a counter of a datagram whose tag was right.
  mutating func note(_ counter: UInt64) {
    if counter > newest {
      let step = counter - newest
      seen = step < 64 ? seen << step : 0
      seen |= 1
      newest = counter
    } else if newest - counter < 64 {
      seen |= 1 << (newest - counter)
    }
  }
}
