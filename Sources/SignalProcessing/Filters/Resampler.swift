// From one sample rate to another: any two rates, also measured ones such as 499.87 Hz. A windowed sinc, kept as a
// table of phases between which it is interpolated (Smith and Gossett, ICASSP 1984).

import Glibc

/// Resamples all rows of a stream. Of the narrower of the two bands 80 % pass unchanged (0.01 dB); what lies beyond
/// its end is 80 dB down, so that nothing folds back. Output `k` is the signal at exactly `k / outputRate` seconds
/// after the first sample, told `delaySeconds` later. Before the first sample the signal is taken to have stood
/// still. A missing value (NaN) makes every output NaN that it takes part in. Allocates only at `init`. One thread.
public final class Resampler {
  /// Ends of the pass-band and of the stop-band as shares of half the lower rate.
  public static let bandShare = (pass: 0.8, stop: 1.0)
  /// Kaiser's window for 84 dB: the table's steps leave the 80 that are promised.
  private static let attenuation = 84.0
  /// Phases of a kernel whose band is the whole input's; at this number a straight line between two phases is
  /// wrong by pi^2 / (8 n^2) = 2e-5 at most, -94 dB. A narrower band needs fewer.
  private static let phasesOfWholeBand = 256.0

  /// Samples a second that come in.
  public let inputRate: Double
  /// Samples a second that go out.
  public let outputRate: Double
  /// How long after its time an output is told: half the kernel's length.
  public let delaySeconds: Double

  private let rowCount: Int
  private let groupCount: Int
  private let half: Int
  private let tapCount: Int
  private let phaseCount: Int
  /// `[phase][tap]`, one phase more than `phaseCount`, so that the last has a next.
  private let table: UnsafeMutablePointer<Float>
  /// The kernel of one output.
  private let kernel: UnsafeMutablePointer<Float>
  /// The last inputs `[slot][group]`, written twice so that a window is always in one piece.
  private let history: UnsafeMutablePointer<Lanes>
  private var slot = 0
  private var received: Int64 = 0
  private var told: Int64 = 0

  /// Plans the kernel and the buffers. Both rates are at least 1 Hz and no more than 200 times apart.
  public init(inputRate: Double, outputRate: Double, rowCount: Int) {
    precondition(
      inputRate >= 1 && outputRate >= 1 && inputRate <= 200 * outputRate
        && outputRate <= 200 * inputRate, "two rates of a signal")
    self.inputRate = inputRate
    self.outputRate = outputRate
    self.rowCount = rowCount
    groupCount = (rowCount + 3) / 4
    let lower = min(inputRate, outputRate) / inputRate
    let transition = (Self.bandShare.stop - Self.bandShare.pass) * lower / 2
    half = Int(((Self.attenuation - 7.95) / (14.36 * transition) / 2).rounded(.up)) + 1
    tapCount = 2 * half
    phaseCount = max(4, Int((Self.phasesOfWholeBand * lower).rounded(.up)))
    delaySeconds = Double(half) / inputRate
    let cutoff = (Self.bandShare.stop + Self.bandShare.pass) / 2 * lower
    table = .allocate(capacity: (phaseCount + 1) * tapCount)
    Self.fill(table, phaseCount: phaseCount, half: half, cutoff: cutoff)
    kernel = .allocate(capacity: tapCount)
    kernel.initialize(repeating: 0, count: tapCount)
    history = .allocate(capacity: 2 * tapCount * groupCount)
    history.initialize(repeating: .zero, count: 2 * tapCount * groupCount)
  }

  deinit {
    table.deallocate()
    kernel.deallocate()
    history.deallocate()
  }

  /// Forgets the stream: the next sample is its first.
  public func restart() {
    received = 0
    told = 0
    slot = 0
  }

  /// Takes one sample of all rows; then `pull` until it gives nothing more.
  public func push(_ values: UnsafePointer<Float>) {
    for group in 0..<groupCount {
      let lanes = Self.load(values + 4 &* group, count: rowCount &- 4 &* group)
      history[slot &* groupCount &+ group] = lanes
      history[(slot &+ tapCount) &* groupCount &+ group] = lanes
      guard received == 0 else { continue }
      for past in 0..<2 &* tapCount { history[past &* groupCount &+ group] = lanes }
    }
    slot = slot &+ 1 == tapCount ? 0 : slot &+ 1
    received &+= 1
  }

  /// Four rows, or those that are left; what is not finite is NaN.
  @inline(__always)
  private static func load(_ values: UnsafePointer<Float>, count: Int) -> Lanes {
    var lanes = Lanes.zero
    if count >= 4 {
      lanes = UnsafeRawPointer(values).loadUnaligned(as: Lanes.self)
    } else {
      for lane in 0..<count { lanes[lane] = values[lane] }
    }
    // Infinity less infinity is NaN.
    return lanes + (lanes - lanes)
  }

  /// The next output, when enough has come in for it.
  ///
  /// - Returns: false when it must wait for `push`; `output` is unchanged then.
  public func pull(_ output: UnsafeMutablePointer<Float>) -> Bool {
    let place = Double(told) * (inputRate / outputRate)
    let whole = place.rounded(.down)
    // The newest sample that the kernel needs.
    guard Int64(whole) &+ Int64(half) < received else { return false }
    shape(place - whole)
    let oldest = Int64(whole) &- Int64(half) &+ 1
    let lag = Int(received &- oldest)
    // No more than a kernel's length is kept: whoever pulls after every push never asks for more.
    let start = lag <= tapCount ? (slot &- lag &+ tapCount) % tapCount : slot
    for group in 0..<groupCount {
      var window = history + (start &* groupCount &+ group)
      var even = Lanes.zero
      var odd = Lanes.zero
      for tap in stride(from: 0, to: tapCount, by: 2) {
        even += kernel[tap] * window[0]
        odd += kernel[tap &+ 1] * window[groupCount]
        window += 2 &* groupCount
      }
      let sum = even + odd
      for lane in 0..<min(4, rowCount &- 4 &* group) { output[4 &* group &+ lane] = sum[lane] }
    }
    told &+= 1
    return true
  }

  /// The kernel between two phases.
  private func shape(_ fraction: Double) {
    let place = fraction * Double(phaseCount)
    let phase = min(Int(place), phaseCount &- 1)
    let share = Float(place - Double(phase))
    let first = table + phase &* tapCount
    let second = first + tapCount
    for tap in 0..<tapCount { kernel[tap] = first[tap] + share * (second[tap] - first[tap]) }
  }

  /// Tap `n` of phase `p` is the kernel at `n - half + 1 - p / phaseCount` samples. Every phase sums to 1, so that an
  /// electrode's offset of 300 mV leaves no ripple.
  private static func fill(
    _ table: UnsafeMutablePointer<Float>, phaseCount: Int, half: Int, cutoff: Double
  ) {
    let beta = 0.1102 * (attenuation - 8.7)
    let tapCount = 2 * half
    for phase in 0...phaseCount {
      let fraction = Double(phase) / Double(phaseCount)
      let values = (0..<tapCount).map { tap in
        let distance = Double(tap - half + 1) - fraction
        let angle = Double.pi * cutoff * distance
        let sinc = angle == 0 ? 1 : sin(angle) / angle
        let reach = max(0, 1 - distance * distance / Double(half * half))
        return sinc * bessel(beta * reach.squareRoot())
      }
      let sum = values.reduce(0, +)
      for tap in 0..<tapCount {
        (table + (phase * tapCount + tap)).initialize(to: Float(values[tap] / sum))
      }
    }
  }

  /// The modified Bessel function of order zero, by its series.
  private static func bessel(_ x: Double) -> Double {
    var sum = 1.0
    var term = 1.0
    var n = 1.0
    while term > 1e-17 * sum {
      term *= (x / 2 / n) * (x / 2 / n)
      sum += term
      n += 1
    }
    return sum
  }
}
