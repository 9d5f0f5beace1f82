// From the arrival of the sample that decides an alarm to the lamp's line: the ring, the pipeline, the alarm system and
// the thread of the lamp. What the alarm itself waits for is told beside it.

/// Times from a sample to what followed from it.
public struct LatencyLog: Sendable {
  private(set) var milliseconds: [Double] = []

  /// An empty log.
  public init() {}

  /// Adds one, in milliseconds.
  public mutating func add(milliseconds time: Double) { milliseconds.append(time) }

  /// Adds one between two moments of a clock in nanoseconds.
  public mutating func add(from start: UInt64, to end: UInt64) {
    milliseconds.append(Double(Int64(bitPattern: end &- start)) / 1e6)
  }

  /// The value that a share of all do not exceed, and the half width of the interval that holds the true one in 95
  /// of 100 cases: between order statistics (David and Nagaraja 2003, 7.1), whatever the distribution.
  func percentile(_ share: Double) -> (value: Double, uncertainty: Double) {
    let sorted = milliseconds.sorted()
    guard !sorted.isEmpty else { return (.nan, .nan) }
    let count = Double(sorted.count)
    func ordered(_ rank: Double) -> Double { sorted[min(max(Int(rank), 1), sorted.count) - 1] }
    let spread = 1.96 * (count * share * (1 - share)).squareRoot()
    let low = ordered((count * share - spread).rounded(.down))
    let high = ordered((count * share + spread).rounded(.up))
    return (ordered((count * share).rounded(.up)), (high - low) / 2)
  }
}

extension FieldMeasurement {
  /// Alarms below which a percentile says nothing.
  static let latencyCountMin = 20

  /// What the times of many alarms show.
  ///
  /// - Parameters:
  ///   - path: from the arrival of the block that decided an alarm to its lamp. Both times are of one clock.
  ///   - detection: from the first sample of a condition to the sample that decided, in time of the signal: the alarm's
  ///     own delay, which no limit here is for.
  ///   - missed: alarms whose lamp was not seen to go on.
  public static func latency(
    _ path: LatencyLog, detection: LatencyLog, missed: Int, method: String
  ) -> FieldMeasurement {
    let count = path.milliseconds.count
    let few = count < latencyCountMin ? "only \(count) of \(latencyCountMin) alarms were seen" : nil
    let fault = missed > 0 ? "\(missed) alarms did not light the lamp" : few
    func value(
      _ name: String, _ log: LatencyLog, _ share: Double, _ limits: Limits
    ) -> MeasuredValue {
      let percentile = log.percentile(share)
      return MeasuredValue(
        name, .latencyMilliseconds, percentile.value, uncertainty: percentile.uncertainty,
        limits: limits, fault: fault)
    }
    return FieldMeasurement(
      .latency, method: method,
      conditions: ["alarms": Double(count), "alarmsMissed": Double(missed)],
      values: [
        value("median", path, 0.5, .none), value("99 of 100", path, 0.99, .latencyMilliseconds),
        value("longest", path, 1, .latencyLongestMilliseconds),
        value("before: the alarm's own delay", detection, 0.5, .none),
      ])
  }
}

extension Limits {
  /// Our own choice: a tenth of a second is nothing beside the seconds that a detector needs (IEC 60601-1-8 asks
  /// that delays be disclosed).
  public static let latencyMilliseconds = Limits(atMost: 100)
  /// Our own choice: not even once may it be half a second.
  public static let latencyLongestMilliseconds = Limits(atMost: 500)
}
