// Filters over four rows at once. They take the change from sample to sample, not the sample: an offset of 300 mV is
// gone before Float's 24 bits could be too few for it.

/// A second-order Butterworth high-pass and low-pass in a row.
struct BandPass: BitwiseCopyable {
  fileprivate let high0, high1, high2: Float
  fileprivate let low0, low1, low2: Float
  /// Delay where a QRS has its energy, about 10 Hz.
  let delaySamples: Double

  init(low: Double, high: Double, sampleRate: Double) {
    let highPass = Biquad.highPass(
      hertz: low, sampleRate: sampleRate, quality: Biquad.butterworth)
    let lowPass = Biquad.lowPass(hertz: high, sampleRate: sampleRate, quality: Biquad.butterworth)
    high0 = Float(highPass.b0)
    high1 = Float(highPass.a1)
    high2 = Float(highPass.a2)
    low0 = Float(lowPass.b0)
    low1 = Float(lowPass.a1)
    low2 = Float(lowPass.a2)
    delaySamples =
      highPass.groupDelay(hertz: 10, sampleRate: sampleRate)
      + lowPass.groupDelay(hertz: 10, sampleRate: sampleRate)
  }
}

/// The state of a band-pass for four rows, transposed direct form II; at rest when new.
struct BandPassLanes: BitwiseCopyable {
  private var high1 = Lanes.zero
  private var high2 = Lanes.zero
  private var low1 = Lanes.zero
  private var low2 = Lanes.zero

  /// In silence the states would sink below what a processor computes at full speed: this holds them above.
  private static let bias: Float = 1e-18

  /// Takes the change of the input since the last sample.
  @inline(__always)
  mutating func step(_ filter: BandPass, _ change: Lanes) -> Lanes {
    let drive = filter.high0 * change
    let high = drive + high1
    high1 = high2 - drive - filter.high1 * high
    high2 = Self.bias - filter.high2 * high
    let scaled = filter.low0 * high
    let low = scaled + low1
    low1 = low2 + 2 * scaled - filter.low1 * low
    low2 = Self.bias + scaled - filter.low2 * low
    return low
  }

  mutating func rest(where mask: LaneMask) {
    high1.replace(with: 0, where: mask)
    high2.replace(with: 0, where: mask)
    low1.replace(with: 0, where: mask)
    low2.replace(with: 0, where: mask)
  }
}

/// Takes out what is shorter than 5 ms, a pacing pulse above all: the middle of three values 5 ms apart.
final class Despike {
  private static let pulseSeconds = 0.005

  /// Samples by which the output is late.
  let delay: Int
  private let groupCount: Int
  /// The last `2 * delay` samples, `[sample][group]`.
  private let values: UnsafeMutablePointer<Lanes>
  private var position = 0
  private var middle: Int

  init(sampleRate: Double, groupCount: Int) {
    delay = max(1, Int((Self.pulseSeconds * sampleRate).rounded()))
    middle = delay
    self.groupCount = groupCount
    values = .allocate(capacity: 2 * delay * groupCount)
    values.initialize(repeating: .zero, count: 2 * delay * groupCount)
  }

  deinit { values.deallocate() }

  /// Takes the newest values of a group of rows and gives those of `delay` samples ago without spikes, and what was
  /// taken out.
  @inline(__always)
  func process(_ newest: Lanes, _ group: Int) -> (value: Lanes, spike: Lanes) {
    let slot = values + (position &* groupCount &+ group)
    let oldest = slot.pointee
    slot.pointee = newest
    let between = values[middle &* groupCount &+ group]
    let value = oldest.atMost(newest).atLeast(oldest.atLeast(newest).atMost(between))
    return (value, (between - value).magnitude)
  }

  /// All groups have their newest values.
  @inline(__always)
  func advance() {
    position = position &+ 1 == 2 &* delay ? 0 : position &+ 1
    middle = middle &+ 1 == 2 &* delay ? 0 : middle &+ 1
  }

  /// As if the values had always been so.
  func settle(on value: Lanes, _ group: Int, where mask: LaneMask) {
    for sample in 0..<2 &* delay {
      values[sample &* groupCount &+ group].replace(with: value, where: mask)
    }
  }
}
