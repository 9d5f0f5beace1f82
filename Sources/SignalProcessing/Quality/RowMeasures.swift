// What is measured of eight rows at once to judge them: extremes, what lies above 40 Hz, what of it is mains, and
// how far the baseline jumps. A SIMD lane a row, all in sixteenths of a second.

/// What half a second of a row measured. Not a number where nothing was.
public struct RowMeasures: BitwiseCopyable, Sendable, Hashable {
  /// From the lowest to the highest sample, microvolts.
  public var rangeMicrovolts: Float = 0
  /// Root mean square above 40 Hz without mains, microvolts: of the median of eight sixteenths of a second, because
  /// a QRS complex fills one or two of them and muscle all.
  public var muscleMicrovolts: Float = 0
  /// Root mean square of the mains, 50 or 60 Hz, whichever is larger, microvolts.
  public var mainsMicrovolts: Float = 0
  /// The largest difference of the means of neighbouring seconds, microvolts: of the baseline, because a second
  /// holds about one beat as the next does.
  public var jumpMicrovolts: Float = 0
}

/// Constants of a stream that all groups share.
struct RowMeasurePlan {
  typealias Section = (b0: Float, b1: Float, b2: Float, a1: Float, a2: Float)

  static let blocks = 8
  /// No electrode gives more than ten volts; beyond, the sums would leave Float's range.
  static let largest: Float = 1e7

  let blockCount: Int
  let highPass: Section
  let hasHighPass: Bool
  /// What the high-pass leaves of the power at 50 and 60 Hz; 0 where the rate is too low to tell.
  let mainsGain: (fifty: Float, sixty: Float)

  init(sampleRate: Double) {
    blockCount = max(1, Int((sampleRate / 16).rounded()))
    hasHighPass = sampleRate > 100
    let section =
      hasHighPass
      ? Biquad.highPass(hertz: 40, sampleRate: sampleRate, quality: Biquad.butterworth)
      : Biquad(b0: 0, b1: 0, b2: 0, a1: 0, a2: 0)
    highPass = (
      Float(section.b0), Float(section.b1), Float(section.b2), Float(section.a1), Float(section.a2)
    )
    func gain(_ hertz: Double) -> Float {
      sampleRate > 2.2 * hertz ? Float(section.powerGain(hertz: hertz, sampleRate: sampleRate)) : 0
    }
    mainsGain = (gain(50), gain(60))
  }
}

/// The state of eight rows.
struct RowGroup: BitwiseCopyable {
  typealias Rows = SIMD8<Float>

  private var first = Rows.zero
  private var second = Rows.zero
  /// The last value that was measured; a hole is filled with it.
  private var last = Rows(repeating: .nan)
  /// There is a row without such a value.
  private var hasUnknown = true
  private var reference = Rows.zero
  private var low = Rows(repeating: .infinity)
  private var high = Rows(repeating: -.infinity)
  private var energy = Rows.zero
  private var sum = Rows.zero
  private var fifty = (cosine: Rows.zero, sine: Rows.zero)
  private var sixty = (cosine: Rows.zero, sine: Rows.zero)
  private(set) var missingCounts = SIMD8<Int32>.zero
  private(set) var saturatedCounts = SIMD8<Int32>.zero

  /// Takes one sample; `wave` is cosine and sine of 50 and of 60 Hz now. Returns the lanes that were measured, a
  /// bit each.
  @inline(__always)
  mutating func add(
    _ values: Rows, saturated: UInt32, wave: SIMD4<Float>, plan: RowMeasurePlan
  ) -> UInt32 {
    let limit = Rows(repeating: RowMeasurePlan.largest)
    var input = Rows.smaller(.larger(values, -limit), limit)
    var measured: UInt32 = 0xFF
    // Zero but for what is not finite, and cheaper than a look at each lane.
    if hasUnknown || (values - values).sum() != 0 { measured = fill(&input, values, plan.highPass) }
    last = input
    let noise = plan.highPass.b0 * input + first
    first = plan.highPass.b1 * input - plan.highPass.a1 * noise + second
    second = plan.highPass.b2 * input - plan.highPass.a2 * noise
    energy += noise * noise
    fifty.cosine += wave[0] * noise
    fifty.sine += wave[1] * noise
    sixty.cosine += wave[2] * noise
    sixty.sine += wave[3] * noise
    sum += input - reference
    low = .smaller(low, input)
    high = .larger(high, input)
    if saturated != 0 {
      let bits = SIMD8<UInt32>(repeating: saturated) &>> SIMD8(0, 1, 2, 3, 4, 5, 6, 7)
      saturatedCounts &+= SIMD8(truncatingIfNeeded: bits & 1)
    }
    return measured
  }

  /// Holes take the last value that was measured, and rows that were never measured start. Returns the lanes that
  /// were measured, a bit each.
  private mutating func fill(
    _ input: inout Rows, _ values: Rows, _ section: RowMeasurePlan.Section
  ) -> UInt32 {
    let isMissing = values .!= values
    input.replace(with: last, where: isMissing)
    missingCounts.replace(with: missingCounts &+ 1, where: isMissing)
    settle(input, section)
    hasUnknown = any(input .!= input)
    let bits = SIMD8<UInt32>(1, 2, 4, 8, 16, 32, 64, 128)
    return bits.replacing(with: 0, where: isMissing).wrappedSum()
  }

  /// Lanes whose first value this is start as if it had always been there.
  private mutating func settle(_ input: Rows, _ section: RowMeasurePlan.Section) {
    let isNew = (last .!= last) .& (input .== input)
    first.replace(with: (section.b1 + section.b2) * input, where: isNew)
    second.replace(with: section.b2 * input, where: isNew)
    reference.replace(with: input, where: isNew)
    // While a row has never been measured everything about it is not a number.
    low.replace(with: .infinity, where: isNew)
    high.replace(with: -.infinity, where: isNew)
    energy.replace(with: 0, where: isNew)
    sum.replace(with: 0, where: isNew)
    fifty.cosine.replace(with: 0, where: isNew)
    fifty.sine.replace(with: 0, where: isNew)
    sixty.cosine.replace(with: 0, where: isNew)
    sixty.sine.replace(with: 0, where: isNew)
  }

  /// A sixteenth of a second is full.
  mutating func endBlock(_ plan: RowMeasurePlan, into history: inout RowHistory) {
    let share = 1 / Float(plan.blockCount)
    history.append(
      energy: share * energy.replacing(with: 0, where: energy .!= energy),
      mean: reference + share * sum)
    energy = .zero
    sum = .zero
    reference = last
    // In silence the filter would sink below what a processor computes at full speed.
    first.replace(with: 0, where: Rows.size(first) .< 1e-20)
    second.replace(with: 0, where: Rows.size(second) .< 1e-20)
  }

  /// Half a second is full: what was measured. Rows that were not measured for most of it are not known afterwards.
  mutating func endWindow(
    _ plan: RowMeasurePlan, _ history: inout RowHistory
  ) -> RowGroupMeasures {
    let count = Float(plan.blockCount &* RowMeasurePlan.blocks)
    func power(_ parts: (cosine: Rows, sine: Rows)) -> Rows {
      2 / (count * count) * (parts.cosine * parts.cosine + parts.sine * parts.sine)
    }
    let fifty = power(fifty)
    let sixty = power(sixty)
    let isSixty = sixty .> fifty
    let filtered = fifty.replacing(with: sixty, where: isSixty)
    let gain = Rows(repeating: plan.mainsGain.fifty)
      .replacing(with: plan.mainsGain.sixty, where: isSixty)
    let mains = (filtered / gain).replacing(with: 0, where: gain .== 0)
    // A tenth more than the mains: a sixteenth of a second holds no whole number of its periods.
    let muscle = Rows.larger(history.medianEnergy() - 1.1 * filtered, .zero)
    let measures = RowGroupMeasures(
      range: high - low, muscle: muscle.squareRoot(), mains: mains.squareRoot(),
      jump: history.jump(),
      missing: missingCounts, saturated: saturatedCounts)
    let isGone = missingCounts &* 2 .> Int32(truncatingIfNeeded: Int(count))
    history.forget(isGone)
    forget(isGone)
    return measures
  }

  private mutating func forget(_ isGone: SIMDMask<SIMD8<Int32>>) {
    low = Rows(repeating: .infinity)
    high = Rows(repeating: -.infinity)
    fifty = (.zero, .zero)
    sixty = (.zero, .zero)
    missingCounts = .zero
    saturatedCounts = .zero
    last.replace(with: .nan, where: isGone)
    if any(isGone) { hasUnknown = true }
  }
}

/// What the last blocks of eight rows were: apart from `RowGroup`, which every sample moves.
struct RowHistory: BitwiseCopyable {
  typealias Rows = SIMD8<Float>

  /// Mean squares above 40 Hz of the last eight blocks, means of the last forty, the newest last.
  private var energies = InlineArray<8, Rows>(repeating: .zero)
  private var means = InlineArray<40, Rows>(repeating: Rows(repeating: .nan))

  mutating func append(energy: Rows, mean: Rows) {
    for block in 0..<7 { energies[block] = energies[block &+ 1] }
    for block in 0..<39 { means[block] = means[block &+ 1] }
    energies[7] = energy
    means[39] = mean
  }

  /// These rows begin anew.
  mutating func forget(_ isGone: SIMDMask<SIMD8<Int32>>) {
    for block in 0..<40 { means[block].replace(with: .nan, where: isGone) }
  }

  /// The fourth smallest of eight, so that half of the blocks may hold complexes.
  func medianEnergy() -> Rows {
    var sorted = energies
    for end in stride(from: 7, to: 3, by: -1) {
      for place in 0..<end {
        let low = SIMD8<Float>.smaller(sorted[place], sorted[place &+ 1])
        sorted[place &+ 1] = .larger(sorted[place], sorted[place &+ 1])
        sorted[place] = low
      }
    }
    return .larger(sorted[3], .larger(sorted[2], .larger(sorted[1], sorted[0])))
  }

  /// Means that are not known yet differ from nothing.
  func jump() -> Rows {
    var largest = Rows.zero
    for boundary in 17...24 {
      var difference = Rows.zero
      for block in 0..<16 {
        difference += means[boundary &+ block] - means[boundary &- 1 &- block]
      }
      let size = Rows.size(difference) / 16
      largest = largest.replacing(with: size, where: size .> largest)
    }
    return largest
  }
}

/// What half a second of eight rows measured.
struct RowGroupMeasures: BitwiseCopyable {
  var range: SIMD8<Float>
  var muscle: SIMD8<Float>
  var mains: SIMD8<Float>
  var jump: SIMD8<Float>
  var missing: SIMD8<Int32>
  var saturated: SIMD8<Int32>
}
