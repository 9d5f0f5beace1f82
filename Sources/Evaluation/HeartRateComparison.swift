// Heart rates told each second against those that the same rule gives for the reference's beats: the measurement
// comparison of WFDB's mxm(1), with the reference method that EC38 asks to be implemented and disclosed.

import SignalProcessing

/// Heart rates of one recording compared.
public struct HeartRateComparison: Hashable, Sendable {
  /// Seconds at which both are known.
  public private(set) var seconds = 0
  /// Seconds at which the reference has a rate and the test annotator none.
  public private(set) var unknownSeconds = 0
  private var errorSquares = 0.0
  private var referenceSum = 0.0

  /// Compares rates `[second]` over the seconds of a test period in which no fibrillation is marked.
  public init(
    reference: [Float?], test: [Float?], period: Range<Int>, without fibrillation: EpisodeTrack,
    sampleRate: Double
  ) {
    for second in 0..<min(reference.count, test.count) {
      let sample = Int((Double(second) * sampleRate).rounded())
      guard period.contains(sample), !fibrillation.overlaps(sample..<sample + 1),
        let expected = reference[second]
      else { continue }
      guard let told = test[second] else {
        unknownSeconds += 1
        continue
      }
      seconds += 1
      referenceSum += Double(expected)
      errorSquares += Double(told - expected) * Double(told - expected)
    }
  }

  /// Root mean square error in percent of the mean reference rate, nil where nothing was compared.
  public var errorPercent: Double? {
    guard seconds > 0, referenceSum > 0 else { return nil }
    return 100 * (errorSquares * Double(seconds)).squareRoot() / referenceSum
  }
  /// Mean reference rate, beats a minute.
  public var referenceMean: Double? { seconds > 0 ? referenceSum / Double(seconds) : nil }

  /// The rate at each full second that the product's averaging gives for beats at these samples.
  public static func rates(
    ofBeatsAt samples: [Int], sampleRate: Double, sampleCount: Int
  ) -> [Float?] {
    var rate = HeartRate(sampleRate: sampleRate)
    var next = 0
    return (0...Int(Double(sampleCount) / sampleRate)).map { second in
      let index = Int((Double(second) * sampleRate).rounded())
      while next < samples.count, samples[next] <= index {
        rate.add(Beat(sampleIndex: Int64(samples[next]), isWide: false))
        next += 1
      }
      return rate.beatsPerMinute(at: Int64(index))
    }
  }
}
