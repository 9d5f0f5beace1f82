// Heart rate as bedside monitors disclose theirs: the mean of the last 12 RR intervals without the shortest and the
// longest; of the last 4 when the last three are all longer than 1200 ms, so that a slow heart is told soon.

/// Mean rate of the last beats.
public struct HeartRate: Sendable {
  private static let intervalCountMax = 12
  /// Without a beat for so long no rate can be told, unless the heart is so slow.
  private static let silenceSeconds = 4.0
  /// Where intervals were left out, so many must be known.
  private static let brokenCountMin = 3

  private let sampleRate: Double
  private var intervals: InlineArray<12, Double> = .init(repeating: 0)
  private var count = 0
  private var lastBeat: Int64?
  /// Where the last interval ends that was taken.
  private var measuredTo: Int64 = 0
  /// Whether an interval was left out.
  private var isBroken = false

  /// No beats yet.
  public init(sampleRate: Double) { self.sampleRate = sampleRate }

  /// Forgets all beats.
  public mutating func restart() {
    count = 0
    lastBeat = nil
    isBroken = false
  }

  /// Takes the next beat.
  ///
  /// - Parameter isMeasured: whether the interval since the last one says something of the rate; not so where a beat
  ///   between may have been missed.
  public mutating func add(_ beat: Beat, isMeasured: Bool = true) {
    if !isMeasured { isBroken = true }
    if let lastBeat {
      let seconds = Double(beat.sampleIndex &- lastBeat) / sampleRate
      if seconds > Self.silenceSeconds {
        count = 0
      } else if seconds > 0 && isMeasured {
        if count == Self.intervalCountMax {
          for position in 1..<Self.intervalCountMax {
            intervals[position &- 1] = intervals[position]
          }
          count &-= 1
        }
        intervals[count] = seconds
        count &+= 1
        measuredTo = beat.sampleIndex
        if count >= Self.brokenCountMin { isBroken = false }
      }
    }
    lastBeat = beat.sampleIndex
  }

  /// Beats a minute at a sample, nil when it cannot be told.
  public func beatsPerMinute(at index: Int64) -> Float? {
    let countMin = isBroken ? Self.brokenCountMin : 1
    guard count >= countMin, Double(index &- measuredTo) / sampleRate < Self.silenceSeconds else {
      return nil
    }
    let isSlow =
      count >= 3 && intervals[count &- 1] > 1.2 && intervals[count &- 2] > 1.2
      && intervals[count &- 3] > 1.2
    let first = isSlow ? max(0, count &- 4) : 0
    var sum = 0.0
    var shortest = Double.infinity
    var longest = 0.0
    for position in first..<count {
      sum += intervals[position]
      shortest = min(shortest, intervals[position])
      longest = max(longest, intervals[position])
    }
    let used = count &- first
    let mean = used >= 5 ? (sum - shortest - longest) / Double(used &- 2) : sum / Double(used)
    return Float(60 / mean)
  }
}
