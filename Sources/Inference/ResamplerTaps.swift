// The windowed sinc of the model's resampler, evaluated where the output samples fall between the input
// samples. All positions are integers, so that hours of signal do not drift and the window's ends are
// decided exactly.

import Glibc

/// The weights of the resampler for one nominal input rate.
///
/// Output n lies n * rate / 100 Hz input samples after the first; the part after the point, in units of
/// 1e-5 samples, is the phase (the rate is a whole number of millihertz).
final class ResamplerTaps {
  /// Units of the phase in one input sample.
  static let phasesPerSample = 100_000
  /// Doubles that the table of weights may take (2 MiB); a rate with more phases recomputes them.
  private static let tableCountMax = 1 << 18

  /// Input samples, and phase, from one output to the next.
  let samplesPerOutput: Int
  let phasePerOutput: Int
  /// The largest number of weights of any phase.
  let countMax: Int

  private let rateMillihertz: Int
  private let halfWidthMicroseconds: Int
  private let cutoffHz: Double
  private let kaiserBeta: Double
  private let phaseDivisor: Int
  private let isTable: Bool
  private let weights: UnsafeMutablePointer<Double>

  /// Computes the weights of all phases, where they fit the table.
  init(_ preprocessing: Preprocessing, rateMillihertz: Int) {
    self.rateMillihertz = rateMillihertz
    halfWidthMicroseconds = preprocessing.halfWidthMicroseconds
    cutoffHz = preprocessing.cutoffHz
    kaiserBeta = preprocessing.kaiserBeta
    samplesPerOutput = rateMillihertz / Self.phasesPerSample
    phasePerOutput = rateMillihertz % Self.phasesPerSample
    // 1 s = 1e9 of the units in which widths and positions are compared, (1e-5 samples) * 1e4.
    countMax = 2 * (halfWidthMicroseconds * rateMillihertz / 1_000_000_000) + 2
    phaseDivisor = Self.greatestCommonDivisor(rateMillihertz, Self.phasesPerSample)
    let phaseCount = Self.phasesPerSample / phaseDivisor
    isTable = phaseCount * countMax <= Self.tableCountMax
    let capacity = isTable ? phaseCount * countMax : countMax
    weights = .allocate(capacity: capacity)
    weights.initialize(repeating: 0, count: capacity)
    if isTable {
      for index in 0..<phaseCount {
        compute(phase: index * phaseDivisor, into: weights + index * countMax)
      }
    }
  }

  deinit { weights.deallocate() }

  /// The first and last input sample within the window around an output at `phase`, relative to the
  /// input sample before it. Both ends of the window count as inside.
  @inline(__always)
  func range(phase: Int) -> (first: Int, last: Int) {
    let width = halfWidthMicroseconds &* rateMillihertz
    let position = phase &* 10_000
    // position - width is negative for every rate >= 100 Hz: dividing truncates upwards, to the ceiling.
    return ((position &- width) / 1_000_000_000, (position &+ width) / 1_000_000_000)
  }

  /// The weights for the samples of `range(phase:)`, of sum 1; valid until the next call.
  @inline(__always)
  func weights(phase: Int) -> UnsafePointer<Double> {
    if isTable { return UnsafePointer(weights + phase / phaseDivisor &* countMax) }
    compute(phase: phase, into: weights)
    return UnsafePointer(weights)
  }

  private func compute(phase: Int, into weights: UnsafeMutablePointer<Double>) {
    let (first, last) = range(phase: phase)
    var sum = 0.0
    for sample in first...last {
      let seconds = Double(phase - sample * Self.phasesPerSample) / (100 * Double(rateMillihertz))
      weights[sample - first] = weight(seconds)
      sum += weights[sample - first]
    }
    for index in 0...(last - first) { weights[index] /= sum }
  }

  /// w(t) = sinc(2 fc t) I0(beta sqrt(1 - (t/T)^2)) / I0(beta), for |t| <= T.
  private func weight(_ seconds: Double) -> Double {
    let ratio = seconds / (Double(halfWidthMicroseconds) * 1e-6)
    let window = Self.bessel0(kaiserBeta * (max(0, 1 - ratio * ratio)).squareRoot())
    let angle = Double.pi * 2 * cutoffHz * seconds
    let sinc = angle == 0 ? 1 : sin(angle) / angle
    return sinc * window / Self.bessel0(kaiserBeta)
  }

  /// Modified Bessel function of the first kind, order 0, by its power series (x <= 20: positive terms,
  /// no cancellation).
  private static func bessel0(_ x: Double) -> Double {
    var term = 1.0
    var sum = 1.0
    var index = 1.0
    while term > sum * 1e-18 {
      term *= (x / (2 * index)) * (x / (2 * index))
      sum += term
      index += 1
    }
    return sum
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }
}
