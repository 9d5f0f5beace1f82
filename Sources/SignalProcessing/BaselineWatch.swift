// When a row's baseline is lost: after a defibrillator's shock, a step of an electrode's voltage or an amplifier at
// its end the filtered curve lies beside the paper, at 0.05 Hz for ten seconds and more. Then it is put back.

/// Looks at one row's filtered value fifty times a second.
struct BaselineWatch: BitwiseCopyable {
  /// No heart gives more, microvolts: for so large a value three looks are enough. A pacing spike is over by then.
  private static let largeMicrovolts: Float = 15_000
  private static let largeCount = 3
  /// A curve that stays beyond this on one side has lost its baseline: a complex is over in less time.
  private static let asideMicrovolts: Float = 1_500
  private static let asideCount = 30

  private var largeRun = 0
  /// Looks on the upper side, negative on the lower.
  private var asideRun = 0
  private var sum: Float = 0

  /// How far the baseline lies beside zero when it must be put back now, microvolts; otherwise nil.
  mutating func offset(after filtered: Float) -> Float? {
    guard filtered.isFinite else {
      self = BaselineWatch()
      return nil
    }
    largeRun = abs(filtered) > Self.largeMicrovolts ? largeRun &+ 1 : 0
    let side = filtered > Self.asideMicrovolts ? 1 : filtered < -Self.asideMicrovolts ? -1 : 0
    if side == 0 || side == -asideRun.signum() {
      asideRun = 0
      sum = 0
    }
    asideRun &+= side
    sum += side == 0 ? 0 : filtered
    if largeRun >= Self.largeCount {
      self = BaselineWatch()
      return filtered
    }
    guard abs(asideRun) >= Self.asideCount else { return nil }
    let mean = sum / Float(abs(asideRun))
    self = BaselineWatch()
    return mean
  }
}
