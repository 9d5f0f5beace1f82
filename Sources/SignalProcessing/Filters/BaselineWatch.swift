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
  /// What was put back at some point of the heart's own wave is put on the mean of the second that follows.
  private static let meanCount = 50

  /// What is to be done.
  enum Action: Equatable {
    case leave
    /// The row starts anew.
    case settle
    /// The baseline lies so many microvolts above zero.
    case lower(Float)
  }

  private var largeRun = 0
  /// Looks on the upper side, negative on the lower.
  private var asideRun = 0
  private var untilMean = 0
  private var sum: Float = 0

  /// Takes the row's newest filtered value, microvolts.
  mutating func look(at filtered: Float) -> Action {
    guard filtered.isFinite else {
      self = BaselineWatch()
      return .leave
    }
    largeRun = abs(filtered) > Self.largeMicrovolts ? largeRun &+ 1 : 0
    let side = filtered > Self.asideMicrovolts ? 1 : filtered < -Self.asideMicrovolts ? -1 : 0
    asideRun = side == 0 || side == -asideRun.signum() ? side : asideRun &+ side
    if largeRun >= Self.largeCount || abs(asideRun) >= Self.asideCount {
      self = BaselineWatch()
      untilMean = Self.meanCount
      return .settle
    }
    guard untilMean > 0 else { return .leave }
    untilMean &-= 1
    sum += filtered
    guard untilMean == 0 else { return .leave }
    let mean = sum / Float(Self.meanCount)
    sum = 0
    return .lower(mean)
  }
}
