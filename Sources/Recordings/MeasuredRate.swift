// The true sample rate in a record: a comment of the header, because WFDB's own field is the nominal rate, by which
// filters and other programs go.

import ECGSignal

/// Reads and writes the comment.
enum MeasuredRate {
  private static let label = "measured sample rate:"
  /// No oscillator is further off.
  private static let differenceMax = 0.02

  /// The comment of a session: what was fitted, or else what calibration found; nil where nobody measured.
  static func comment(format: SignalFormat, clock: ClockFit?) -> String? {
    guard let clock else {
      return format.measuredSampleRate.map { "\(label) \($0) Hz (calibration)" }
    }
    return
      "\(label) \(clock.sampleRate(nominal: format.sampleRate)) Hz ("
      + "\(rounded(clock.partsPerMillion)) ppm, +-\(rounded(clock.uncertaintyPartsPerMillion)) ppm, residual "
      + "\(rounded(clock.residualMilliseconds)) ms, over \(Int(clock.spanSeconds)) s)"
  }

  /// The rate in a header's comments, nil where there is none or one that no clock has.
  static func rate(comments: [String], nominal: Double) -> Double? {
    for comment in comments where comment.hasPrefix(label) {
      let words = comment.dropFirst(label.count).split(separator: " ")
      if let rate = words.first.flatMap({ Double($0) }),
        abs(rate / nominal - 1) <= differenceMax
      {
        return rate
      }
    }
    return nil
  }

  private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
