// The two levels of a square wave in noise: the chip's test signal, or a calibrator's.

/// The levels of a square wave, from its half periods.
struct SquareWave: Hashable {
  /// Half of the step between the levels, microvolts.
  let amplitude: Estimate
  /// The middle of the levels, microvolts.
  let middle: Estimate

  /// So much after an edge is not used: a front-end's decimation filter takes three samples, its analogue one less
  /// than a millisecond.
  private static let edgeSeconds = 0.02

  /// Finds the half periods by the middle between the extremes of the row and takes the mean of each, its edges left
  /// out. Nil where there are fewer than eight whole ones: there is no square wave, or noise crosses the middle.
  init?(_ row: [Double], sampleRate: Double) {
    let sorted = row.sorted()
    guard sorted.count > 20 else { return nil }
    let (low, high) = (sorted[sorted.count / 20], sorted[sorted.count - 1 - sorted.count / 20])
    let threshold = (low + high) / 2
    let skip = max(3, Int((SquareWave.edgeSeconds * sampleRate).rounded()))
    var highs: [Double] = []
    var lows: [Double] = []
    var start: Int?
    for index in 1..<row.count where (row[index] > threshold) != (row[index - 1] > threshold) {
      if let start, index - start > 4 * skip {
        let level = Statistics.mean(Array(row[start + skip..<index - skip]))
        if level > threshold { highs.append(level) } else { lows.append(level) }
      }
      start = index
    }
    let count = min(highs.count, lows.count)
    guard count >= 4 else { return nil }
    let pairs = zip(highs.suffix(count), lows.suffix(count))
    amplitude = Statistics.estimate(pairs.map { ($0 - $1) / 2 })
    middle = Statistics.estimate(pairs.map { ($0 + $1) / 2 })
  }
}
