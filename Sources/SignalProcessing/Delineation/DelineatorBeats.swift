// The beats of a short stretch, its first and last seconds included: what a streaming detector would only learn.

extension BeatDetector {
  /// The R peaks of a stretch in order of time. The detector is given the stretch twice, so that it knows the heart
  /// when the second turn begins, and then its first second, for what it decides late. Allocates.
  ///
  /// - Parameters:
  ///   - microvolts: `[row][stride]`; what was not recorded is NaN.
  ///   - stride: samples from one row to the next.
  ///   - sampleCount: samples of each row; about 10 s.
  ///   - rowCount: rows, 1 to 32.
  public static func beats(
    ofStretch microvolts: UnsafePointer<Float>, stride: Int, sampleCount: Int, rowCount: Int,
    sampleRate: Double
  ) -> [Int] {
    guard sampleCount > 0 else { return [] }
    let detector = BeatDetector(sampleRate: sampleRate, rowCount: rowCount)
    let usable = UInt32.max >> UInt32(32 - rowCount)
    var column = [Float](repeating: 0, count: rowCount)
    var beats: [Int] = []
    for turn in 0..<2 * sampleCount + Int(sampleRate) {
      for row in 0..<rowCount { column[row] = microvolts[row * stride + turn % sampleCount] }
      guard let beat = detector.process(column, usable: usable) else { continue }
      let sample = Int(beat.rPeakIndex) - sampleCount
      if sample >= 0, sample < sampleCount { beats.append(sample) }
    }
    return beats.sorted()
  }
}
