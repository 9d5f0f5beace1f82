// Ventricular fibrillation by the VF-filter leakage (Kuo and Dillman, Computers in Cardiology 1978): a signal shifted
// by half its mean period and added to itself nearly vanishes when it is a wave without complexes.

import Glibc

/// Judges four-second windows of one row, one a second.
final class FibrillationDetector {
  private static let windowSeconds = 4.0
  /// Leakage below this is a wave; Kuo and Dillman use 0.406 for large and 0.625 for small signals.
  private static let leakageMax: Float = 0.5
  /// Peak to valley below this is no fibrillation but its end, microvolts.
  private static let amplitudeMin: Float = 150
  private static let rateHz: (low: Float, high: Float) = (2.5, 9)

  private let sampleRate: Double
  private let capacity: Int
  private let values: UnsafeMutablePointer<Float>
  private let step: Int
  private var count: Int64 = 0
  private var votes = 0

  init(sampleRate: Double) {
    self.sampleRate = sampleRate
    capacity = Int((Self.windowSeconds * sampleRate).rounded())
    step = Int(sampleRate.rounded())
    values = .allocate(capacity: capacity)
    values.initialize(repeating: 0, count: capacity)
  }

  deinit { values.deallocate() }

  func restart() {
    count = 0
    votes = 0
  }

  /// Takes a filtered sample; true while the last two windows were fibrillation.
  func process(_ value: Float) -> Bool {
    guard value.isFinite else {
      restart()
      return false
    }
    values[Int(count % Int64(capacity))] = value
    count &+= 1
    if count >= Int64(capacity) && count % Int64(step) == 0 {
      votes = isFibrillation() ? min(votes &+ 1, 2) : 0
    }
    return votes >= 2
  }

  @inline(__always)
  private func value(_ position: Int) -> Float {
    values[Int((count &+ Int64(position)) % Int64(capacity))]
  }

  private func isFibrillation() -> Bool {
    var sum: Float = 0
    var slopes: Float = 0
    var minimum = Float.infinity
    var maximum = -Float.infinity
    for position in 0..<capacity {
      let now = value(position)
      sum += abs(now)
      if position > 0 { slopes += abs(now - value(position &- 1)) }
      minimum = min(minimum, now)
      maximum = max(maximum, now)
    }
    guard maximum - minimum >= Self.amplitudeMin, sum.isFinite, slopes > 0 else { return false }
    // Half the mean period, in samples: for a sine pi * sum / slopes.
    let mean = Float.pi * sum / slopes
    let rate = Float(sampleRate) / (2 * max(mean, 1))
    guard rate >= Self.rateHz.low, rate <= Self.rateHz.high else { return false }
    let halfPeriod = Int(mean.rounded())
    var rest: Float = 0
    var whole: Float = 0
    for position in halfPeriod..<capacity {
      let now = value(position)
      let before = value(position &- halfPeriod)
      rest += abs(now + before)
      whole += abs(now) + abs(before)
    }
    return whole > 0 && rest / whole < Self.leakageMax
  }
}
