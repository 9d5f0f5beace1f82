// Ventricular fibrillation by the VF-filter leakage (Kuo and Dillman, Computers in Cardiology 1978): a signal shifted
// by half its mean period and added to itself nearly vanishes when it is a wave without complexes.

import Glibc

/// Judges four-second windows of every row, one a second, at about 125 samples a second: the wave has 2.5 to 9 Hz.
/// All memory is allocated at `init`. One thread.
final class FibrillationDetector {
  private static let windowSeconds = 4.0
  /// Leakage below this is a wave, and below the larger one it still is; Kuo and Dillman use 0.406 for large and 0.625
  /// for small signals.
  private static let leakageMax = (begins: Float(0.5), ends: Float(0.625))
  /// Peak to valley below this is no fibrillation but its end, microvolts.
  private static let amplitudeMin: Float = 150
  private static let rateHz: (low: Float, high: Float) = (2.5, 9)
  private static let rateTarget = 125.0
  /// A row of which more of the window is missing adds nothing.
  private static let measuredShareMin: Float = 2.0 / 3

  private let rowCount: Int
  private let decimation: Int
  private let reducedRate: Double
  private let capacity: Int
  private let secondCount: Int
  /// The sum of the samples since the last reduced one [row].
  private let sums: UnsafeMutablePointer<Float>
  /// Reduced samples `[row][2 * capacity]`: each stands twice, so that every window is in one piece.
  private let values: UnsafeMutablePointer<Float>
  private var phase = 0
  private var place = 0
  private var filled = 0
  private var sinceJudged = 0
  private var votes = 0

  init(sampleRate: Double, rowCount: Int) {
    self.rowCount = rowCount
    decimation = max(1, Int((sampleRate / Self.rateTarget).rounded()))
    reducedRate = sampleRate / Double(decimation)
    capacity = Int((Self.windowSeconds * reducedRate).rounded())
    secondCount = Int(reducedRate.rounded())
    sums = .allocate(capacity: rowCount)
    sums.initialize(repeating: 0, count: rowCount)
    values = .allocate(capacity: 2 * capacity * rowCount)
    values.initialize(repeating: .nan, count: 2 * capacity * rowCount)
  }

  deinit {
    sums.deallocate()
    values.deallocate()
  }

  /// Samples from the first of the windows that decided to the decision.
  var lookBackSamples: Int64 { Int64((capacity &+ secondCount) &* decimation) }

  /// Samples between two windows.
  var stepSamples: Int64 { Int64(secondCount &* decimation) }

  /// Whether the last two windows were fibrillation.
  var isPresent: Bool { votes >= 2 }

  func restart() {
    phase = 0
    filled = 0
    votes = 0
    sinceJudged = 0
    sums.update(repeating: 0, count: rowCount)
  }

  /// Takes a filtered sample of all rows; bit n of `usable`: row n measures.
  func process(_ filtered: UnsafePointer<Float>, usable: UInt32) {
    for row in 0..<rowCount { sums[row] += filtered[row] }
    phase &+= 1
    if phase == decimation { reduce(usable) }
  }

  private func reduce(_ usable: UInt32) {
    phase = 0
    for row in 0..<rowCount {
      let isUsable = usable & (1 &<< UInt32(row)) != 0
      let value = isUsable ? sums[row] / Float(decimation) : .nan
      values[2 &* capacity &* row &+ place] = value
      values[2 &* capacity &* row &+ place &+ capacity] = value
      sums[row] = 0
    }
    place = place &+ 1 == capacity ? 0 : place &+ 1
    filled = min(filled &+ 1, capacity)
    sinceJudged &+= 1
    guard sinceJudged >= secondCount else { return }
    sinceJudged = 0
    votes = filled == capacity && isFibrillation ? min(votes &+ 1, 2) : 0
  }

  /// All rows together: what is left when each is shifted by half its mean period and added to itself, over what was
  /// there. Large rows count more, and one with complexes speaks against all that look like waves.
  private var isFibrillation: Bool {
    var rest: Float = 0
    var whole: Float = 0
    for row in 0..<rowCount { leak(values + (2 &* capacity &* row &+ place), &rest, &whole) }
    let leakageMax = isPresent ? Self.leakageMax.ends : Self.leakageMax.begins
    return whole > 0 && rest < leakageMax * whole
  }

  /// Adds a row's window; one that sees too little adds nothing, one too slow or too fast for a fibrillation leaks all.
  private func leak(_ window: UnsafePointer<Float>, _ rest: inout Float, _ whole: inout Float) {
    let size = Eights.sum(capacity) { .size(Eights.load(window, $0)) }
    let slopes = Eights.sum(capacity &- 1) {
      .size(Eights.load(window, $0 &+ 1) - Eights.load(window, $0))
    }
    let measured = Eights.sum(capacity) { .ones(Eights.load(window, $0)) }
    let share = measured / Float(capacity &- capacity % 8)
    // A sine of that mean has pi / 2 times its amplitude.
    guard share >= Self.measuredShareMin, slopes > 0,
      size * .pi >= Self.amplitudeMin * share * Float(capacity)
    else { return }
    // Half the mean period, in samples: for a sine pi * size / slopes.
    let half = Float.pi * size / slopes
    let rate = Float(reducedRate) / (2 * max(half, 1))
    let halfPeriod = min(max(1, Int(half.rounded())), capacity &- 1)
    let sizes = Eights.sum(capacity &- halfPeriod) {
      .size(Eights.load(window, $0)) + .size(Eights.load(window, $0 &+ halfPeriod))
    }
    whole += sizes
    guard rate >= Self.rateHz.low, rate <= Self.rateHz.high else {
      rest += sizes
      return
    }
    rest += Eights.sum(capacity &- halfPeriod) {
      .size(Eights.load(window, $0) + Eights.load(window, $0 &+ halfPeriod))
    }
  }
}

/// Sums over an array, eight at a time.
private enum Eights {
  @inline(__always)
  static func load(_ values: UnsafePointer<Float>, _ position: Int) -> SIMD8<Float> {
    UnsafeRawPointer(values + position).loadUnaligned(as: SIMD8<Float>.self)
  }

  /// The sum over as many whole groups of eight as `count` has; the up to seven values behind them do not matter here,
  /// and terms in which a value is missing count as 0.
  @inline(__always)
  static func sum(_ count: Int, _ term: (Int) -> SIMD8<Float>) -> Float {
    var sum = SIMD8<Float>(repeating: 0)
    for position in stride(from: 0, through: count &- 8, by: 8) {
      let terms = term(position)
      sum += terms.replacing(with: 0, where: terms .!= terms)
    }
    return sum.sum()
  }
}

extension SIMD8<Float> {
  /// 1 for each value that is a number, NaN for others.
  fileprivate static func ones(_ values: Self) -> Self { values - values + 1 }
}
