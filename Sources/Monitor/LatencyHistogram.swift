// Percentiles of durations without keeping them: sixteen buckets an octave, so a percentile is known to 4.4 %.

import Glibc

/// Counts durations in logarithmic buckets from 1 microsecond to 10^12.
struct LatencyHistogram {
  private static let bucketsPerOctave = 16.0
  private var counts = [Int](repeating: 0, count: 640)
  private(set) var total = 0

  mutating func add(nanoseconds: UInt64) {
    let microseconds = max(1, Double(nanoseconds) / 1000)
    let bucket = Int(log2(microseconds) * Self.bucketsPerOctave)
    counts[min(bucket, counts.count - 1)] += 1
    total += 1
  }

  /// The upper edge of the bucket that holds the percentile, in milliseconds; nil while empty.
  func milliseconds(percentile: Double) -> Double? {
    guard total > 0 else { return nil }
    let rank = Int((percentile / 100 * Double(total)).rounded(.up))
    var seen = 0
    for (bucket, count) in counts.enumerated() {
      seen += count
      if seen >= max(rank, 1) { return exp2(Double(bucket + 1) / Self.bucketsPerOctave) / 1000 }
    }
    return nil
  }
}
