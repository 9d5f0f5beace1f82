// How random the last 32 RR intervals are: the coefficient of sample entropy (Lake and Moorman, Am J Physiol Heart
// Circ Physiol 2011). Ectopic beats make a rhythm vary, too, but by a pattern that comes again.

import Glibc

/// The last intervals between conducted beats, and what can be said of them.
struct Irregularity {
  private static let intervalCount = 32
  /// Fewer say nothing: below 24 the entropy of sinus rhythm reaches that of fibrillation.
  private static let intervalCountMin = 24
  /// The tolerance is so wide that this many pairs of intervals match, and at least 30 ms.
  private static let matchCountMin = 5
  private static let toleranceMin: Float = 0.03
  /// An interval that differs from the one before by this share of the mean speaks as much for fibrillation as
  /// against it; twice or half as much is half a vote, and none counts for more than one.
  private static let evenChange: Float = 0.07

  private var seconds: InlineArray<32, Float> = .init(repeating: 0)
  private var starts: InlineArray<32, Int64> = .init(repeating: 0)
  private var votes: InlineArray<32, Float> = .init(repeating: 0)
  private var count = 0
  private var isFollowing = false

  /// Whether there are enough intervals to judge.
  var isFilled: Bool { count >= Self.intervalCountMin }

  /// Takes an interval between two conducted beats, the first of which is at sample `start`.
  mutating func add(_ interval: Float, from start: Int64) {
    var vote: Float = 0
    if count == Self.intervalCount {
      for position in 1..<Self.intervalCount {
        seconds[position &- 1] = seconds[position]
        starts[position &- 1] = starts[position]
        votes[position &- 1] = votes[position]
      }
      count &-= 1
    }
    seconds[count] = interval
    starts[count] = start
    if isFollowing && count > 0 {
      let change = abs(interval - seconds[count &- 1]) / mean(count &+ 1)
      vote = min(max(logf(max(change, 1e-3) / Self.evenChange), -1), 1)
    }
    votes[count] = vote
    count &+= 1
    isFollowing = true
  }

  /// An interval was left out: the next one follows none.
  mutating func skip() { isFollowing = false }

  /// Forgets all.
  mutating func restart() {
    count = 0
    isFollowing = false
  }

  private func mean(_ count: Int) -> Float {
    var sum: Float = 0
    for position in 0..<count { sum += seconds[position] }
    return sum / Float(max(count, 1))
  }

  /// Root mean square of successive differences over the mean (Dash et al., Ann Biomed Eng 2009).
  var variation: Float {
    var squares: Float = 0
    for position in 1..<max(count, 1) {
      let change = seconds[position] - seconds[position &- 1]
      squares += change * change
    }
    return (squares / Float(max(count &- 1, 1))).squareRoot() / max(mean(count), 0.1)
  }

  /// -ln(matches of two / matches of one) + ln(2 tolerance) - ln(mean), intervals in seconds. Fibrillation has
  /// about 0, a regular rhythm -2.
  var entropy: Float {
    let tolerance = max(Self.toleranceMin, distanceOfMatch)
    var ones = 0
    var twos = 0
    for first in 0..<max(count &- 1, 0) {
      for second in (first &+ 1)..<count where abs(seconds[first] - seconds[second]) <= tolerance {
        ones &+= 1
        if second &+ 1 < count, abs(seconds[first &+ 1] - seconds[second &+ 1]) <= tolerance {
          twos &+= 1
        }
      }
    }
    guard ones > 0, twos > 0 else { return 0 }
    return -logf(Float(twos) / Float(ones)) + logf(2 * tolerance) - logf(max(mean(count), 0.1))
  }

  /// The tolerance at which `matchCountMin` pairs of two successive intervals match.
  private var distanceOfMatch: Float {
    var smallest: InlineArray<5, Float> = .init(repeating: .infinity)
    for first in 0..<max(count &- 2, 0) {
      for second in (first &+ 1)..<(count &- 1) {
        let one = abs(seconds[first] - seconds[second])
        let two = abs(seconds[first &+ 1] - seconds[second &+ 1])
        var now = max(one, two)
        guard now < smallest[Self.matchCountMin &- 1] else { continue }
        for place in 0..<Self.matchCountMin where now < smallest[place] {
          swap(&smallest[place], &now)
        }
      }
    }
    return smallest[Self.matchCountMin &- 1]
  }

  /// The beat from which on the intervals are irregular, or regular: the most likely point of change among those
  /// that are held (the largest sum of votes from there to now; Page, Biometrika 1954).
  func change(toIrregular: Bool) -> Int64 {
    var sum: Float = 0
    var best = -Float.infinity
    var sample: Int64 = starts[max(count &- 1, 0)]
    for position in stride(from: count &- 1, through: 0, by: -1) {
      sum += toIrregular ? votes[position] : -votes[position]
      if sum >= best {
        best = sum
        sample = starts[position]
      }
    }
    return sample
  }
}
