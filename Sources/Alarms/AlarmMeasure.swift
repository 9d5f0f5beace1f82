// What made an alarm, measured: plain numbers that cross threads with the transition, and their names for log and link.

import ECGSignal

/// What was measured of the condition of an alarm.
public enum AlarmMeasure: BitwiseCopyable, Hashable, Sendable {
  /// Nothing that has a number.
  case none
  /// Heart rate, beats a minute.
  case heartRate(beatsPerMinute: Float)
  /// Without a beat for so long.
  case silence(seconds: Float)
  /// The interval between two beats.
  case interval(seconds: Float)
  /// Ventricular or wide beats in a row.
  case run(beats: Int32)
  /// The ST level against the patient's own, in the row that has moved the most.
  case stDeviation(microvolts: Float, row: Int32)
  /// What the model said of the newest window, and from which probability on it is a finding.
  case finding(probability: Float, threshold: Float)

  /// The numbers by their names, with units.
  ///
  /// - Parameter leadOfRow: the lead of a row, nil where it has none.
  public func values(leadOfRow: (Int) -> Lead?) -> [String: Double] {
    switch self {
    case .none: [:]
    case .heartRate(let rate): ["heartRateBPM": Self.rounded(rate, 10)]
    case .silence(let seconds): ["secondsWithoutBeat": Self.rounded(seconds, 100)]
    case .interval(let seconds): ["intervalSeconds": Self.rounded(seconds, 1000)]
    case .run(let beats): ["runBeats": Double(beats)]
    case .stDeviation(let microvolts, let row):
      [
        "stDeviation\(leadOfRow(Int(row))?.name ?? "")Microvolts": Self.rounded(microvolts, 1)
      ]
    case .finding(let probability, _): ["probability": Self.rounded(probability, 1000)]
    }
  }

  /// A limit that no patient's profile has.
  public var limits: [String: Double] {
    guard case .finding(_, let threshold) = self else { return [:] }
    return ["probabilityThreshold": Self.rounded(threshold, 1000)]
  }

  /// As many places as it was measured with: a message has little room.
  private static func rounded(_ value: Float, _ parts: Double) -> Double {
    (Double(value) * parts).rounded() / parts
  }
}
