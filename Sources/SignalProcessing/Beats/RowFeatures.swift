// What the beat detector sees of each row: band-passed slope, integrated over the length of a QRS and measured in
// units of the row's own running QRS size. Four rows are computed at once, in the lanes of a SIMD register.

/// The fused feature of one sample.
struct FusedFeature: BitwiseCopyable {
  /// Integrated slope over all usable rows, 1 = as large as this heart's QRS complexes are.
  var integrated: Float = 0
  /// Strength of the band-passed signal now, in the same units.
  var strength: Float = 0
  /// Largest band-passed amplitude of a usable row, microvolts.
  var microvolts: Float = 0
  /// Largest spike that was taken out of a row, microvolts, `spikeDelay` samples ago.
  var spike: Float = 0
  /// Rows measure, but of none is it known how large its complexes are.
  var isBlind = false
}

/// Per-row filters and levels of the beat detector.
final class RowFeatures {
  /// What four rows remember.
  fileprivate struct RowGroup: BitwiseCopyable {
    var band = BandPassLanes()
    var broad = BandPassLanes()
    /// The last value of the input without spikes.
    var input = Lanes.zero
    var previous = Lanes.zero
    var sum = Lanes.zero
    /// Running size of the row's QRS: integrated slope at its peaks, amplitude at its peaks.
    var slopeLevel = Lanes.zero
    var amplitudeLevel = Lanes.zero
    /// One over the sizes, 0 where a row has none.
    var slopeScale = Lanes.zero
    var amplitudeScale = Lanes.zero
    /// Mean integrated slope of the last half second, complexes counted as no more than half their size.
    var noise = Lanes.zero
    /// What the row counts among the others; 0 for one that is not measured or has no size.
    var share = Lanes.zero
    /// Largest integrated slope and amplitude since the last beat.
    var slopePeak = Lanes.zero
    var amplitudePeak = Lanes.zero
    /// Samples for which the row is left out after an artefact.
    var muted = Lanes.zero
    /// 1 for rows that measured the last sample.
    var active = Lanes.zero
    /// 1 for rows that may be trusted.
    var usable = Lanes.zero

    var isActive: LaneMask { active .> 0 }
    var isUsable: LaneMask { usable .> 0 }
  }

  /// No electrode gives more than ten volts; beyond, the sums would leave Float's range.
  private static let largest: Float = 1e7
  /// In the QRS band no heart gives more: a complex of 10 mV gives about half of that.
  private static let artefactMicrovolts: Float = 10_000
  private static let muteSeconds = 0.5
  private static let noiseSeconds = 0.5
  private static let noiseClip: Float = 0.5
  /// A row without noise counts as much as one of 7 % noise, so that no single row decides alone.
  private static let noiseMin: Float = 0.07
  private static let broadHz = (low: 1.0, high: 35.0)

  /// What is seen of the rows for their shape, 1-35 Hz.
  let waves: RowWaves

  private let sampleRate: Double
  private let noiseStep: Float
  private let muteCount: Float
  private let rowCount: Int
  let groupCount: Int
  private let integration: Int
  private let bandPass: BandPass
  private let broadPass: BandPass
  fileprivate let groups: UnsafeMutablePointer<RowGroup>
  /// Slopes of the last `integration` samples, `[sample][group]`.
  private let slopes: UnsafeMutablePointer<Lanes>
  private let despike: Despike
  private var position = 0
  private var usable: UInt32 = 0
  private var hasMuted = false

  init(
    sampleRate: Double, rowCount: Int, low: Double, high: Double, integration: Int
  ) {
    self.sampleRate = sampleRate
    noiseStep = Float(1 / (Self.noiseSeconds * sampleRate))
    muteCount = Float((Self.muteSeconds * sampleRate).rounded())
    self.rowCount = rowCount
    groupCount = (rowCount + 3) / 4
    self.integration = integration
    bandPass = BandPass(low: low, high: high, sampleRate: sampleRate)
    broadPass = BandPass(
      low: Self.broadHz.low, high: min(Self.broadHz.high, 0.4 * sampleRate), sampleRate: sampleRate)
    groups = .allocate(capacity: groupCount)
    groups.initialize(repeating: RowGroup(), count: groupCount)
    slopes = .allocate(capacity: groupCount * integration)
    slopes.initialize(repeating: .zero, count: groupCount * integration)
    despike = Despike(sampleRate: sampleRate, groupCount: groupCount)
    waves = RowWaves(sampleRate: sampleRate, groupCount: groupCount)
  }

  deinit {
    groups.deallocate()
    slopes.deallocate()
  }

  /// Delay where a QRS has its energy, about 10 Hz.
  var delaySamples: Double { bandPass.delaySamples + Double(despike.delay) }

  /// Delay of the spikes.
  var spikeDelay: Int { despike.delay }

  /// Delay of `waves`.
  var waveDelaySamples: Double { broadPass.delaySamples + Double(despike.delay) }

  func restart() {
    groups.update(repeating: RowGroup(), count: groupCount)
    slopes.update(repeating: .zero, count: groupCount &* integration)
    waves.restart()
    position = 0
    usable = 0
    hasMuted = false
  }

  /// Takes one sample of all rows. Rows that are not usable now settle anew when they are again.
  func process(_ microvolts: UnsafePointer<Float>, usable: UInt32) -> FusedFeature {
    if usable != self.usable { setUsable(usable) }
    var integrated = Lanes.zero
    var strength = Lanes.zero
    var weight = Lanes.zero
    var largest = Lanes(repeating: -1)
    var spike = Lanes.zero
    for index in 0..<groupCount {
      let group = groups + index
      let amplitude = step(group, index, load(microvolts, index), &spike)
      if hasMuted || any(amplitude .> Self.artefactMicrovolts) { mute(group, amplitude) }
      var isMeasured = group.pointee.isActive
      if hasMuted { isMeasured .&= group.pointee.muted .<= 0 }
      largest = largest.atLeast(amplitude.replacing(with: -1, where: .!isMeasured))
      let relative = group.pointee.sum * group.pointee.slopeScale
      let counts = isMeasured .& (group.pointee.slopeScale .> 0)
      let noise = group.pointee.noise
      let clipped = relative.atMost(Self.noiseClip)
      let settled = (noise + noiseStep * (clipped - noise)).atLeast(Self.noiseMin)
      group.pointee.noise = noise.replacing(with: settled, where: counts)
      let share = Lanes.zero.replacing(with: 1 / (settled * settled), where: counts)
      group.pointee.share = share
      integrated += share * relative.atMost(3)
      strength += share * (amplitude * group.pointee.amplitudeScale).atMost(3)
      weight += share
    }
    position = position &+ 1 == integration ? 0 : position &+ 1
    waves.advance()
    despike.advance()
    var fused = fuse(integrated.total, strength.total, weight.total, largest.largest)
    fused.spike = spike.largest
    return fused
  }

  private func fuse(
    _ integrated: Float, _ strength: Float, _ weight: Float, _ microvolts: Float
  ) -> FusedFeature {
    var fused = FusedFeature()
    fused.microvolts = max(microvolts, 0)
    fused.isBlind = microvolts >= 0 && weight == 0
    if weight > 0 {
      fused.integrated = integrated / weight
      fused.strength = strength / weight
    }
    return fused
  }

  /// The values of a group's rows, NaN beyond the last row.
  @inline(__always)
  private func load(_ microvolts: UnsafePointer<Float>, _ index: Int) -> Lanes {
    let first = index &* 4
    if first &+ 4 <= rowCount {
      return UnsafeRawPointer(microvolts + first).loadUnaligned(as: Lanes.self)
    }
    var values = Lanes(repeating: .nan)
    for row in first..<rowCount { values[row &- first] = microvolts[row] }
    return values
  }

  /// Filters one value of each row and keeps the rows' sums and peaks; returns the size of the band-passed values.
  @inline(__always)
  private func step(
    _ group: UnsafeMutablePointer<RowGroup>, _ index: Int, _ raw: Lanes,
    _ spike: inout Lanes
  ) -> Lanes {
    let isActive = group.pointee.isUsable .& (raw.magnitude .<= .greatestFiniteMagnitude)
    let bounded = Lanes.zero.replacing(
      with: raw.atMost(Self.largest).atLeast(-Self.largest),
      where: isActive)
    if isActive != group.pointee.isActive { settle(group, index, bounded, isActive) }
    let (value, removed) = despike.process(bounded, index)
    spike = spike.atLeast(removed)
    let change = value - group.pointee.input
    group.pointee.input = value
    let band = group.pointee.band.step(bandPass, change)
    waves.append(group.pointee.broad.step(broadPass, change), index)
    let slot = slopes + (position &* groupCount &+ index)
    let slope = (band - group.pointee.previous).magnitude
    group.pointee.previous = band
    group.pointee.sum += slope - slot.pointee
    slot.pointee = slope
    // The running sum is made exact once a turn, so that rounding cannot pile up.
    if position == 0 { sumExactly(group, index) }
    let amplitude = band.magnitude
    group.pointee.slopePeak = group.pointee.slopePeak.atLeast(group.pointee.sum)
    group.pointee.amplitudePeak = group.pointee.amplitudePeak.atLeast(amplitude)
    return amplitude
  }

  private func sumExactly(_ group: UnsafeMutablePointer<RowGroup>, _ index: Int) {
    var sum = Lanes.zero
    for sample in 0..<integration { sum += slopes[sample &* groupCount &+ index] }
    group.pointee.sum = sum
  }

  private func setUsable(_ usable: UInt32) {
    self.usable = usable
    for row in 0..<rowCount {
      groups[row / 4].usable[row % 4] = usable & (1 &<< UInt32(row)) != 0 ? 1 : 0
    }
  }

  /// Rows that came or went start with filters at rest on what is measured now, and no slopes before.
  private func settle(
    _ group: UnsafeMutablePointer<RowGroup>, _ index: Int, _ value: Lanes,
    _ isActive: LaneMask
  ) {
    let changed = isActive .^ group.pointee.isActive
    group.pointee.active = Lanes.zero.replacing(with: 1, where: isActive)
    group.pointee.band.rest(where: changed)
    group.pointee.broad.rest(where: changed)
    group.pointee.input.replace(with: value, where: changed)
    group.pointee.previous.replace(with: 0, where: changed)
    group.pointee.sum.replace(with: 0, where: changed)
    despike.settle(on: value, index, where: changed)
    for sample in 0..<integration {
      slopes[sample &* groupCount &+ index].replace(with: 0, where: changed)
    }
  }

  /// After a step or a shock a row is left out until its filters have forgotten it, and must be learnt anew.
  private func mute(_ group: UnsafeMutablePointer<RowGroup>, _ amplitude: Lanes) {
    group.pointee.muted = (group.pointee.muted - 1).atLeast(0)
    let isArtefact = amplitude .> Self.artefactMicrovolts
    group.pointee.muted.replace(with: muteCount, where: isArtefact)
    group.pointee.setLevels(slope: .zero, amplitude: .zero, where: isArtefact)
    let isMuted = group.pointee.muted .> 0
    group.pointee.slopePeak.replace(with: 0, where: isMuted)
    group.pointee.amplitudePeak.replace(with: 0, where: isMuted)
    hasMuted = (0..<groupCount).contains { any(groups[$0].muted .> 0) }
  }
}

// How large the complexes of each row are.
extension RowFeatures {
  /// The peaks since `forgetLevels` become the rows' sizes. A row that showed nothing as large as a complex
  /// stays without a size, and out, until a beat gives it one.
  func setLevels(floor: Float) {
    for index in 0..<groupCount {
      let group = groups + index
      let isMoving = group.pointee.amplitudePeak .>= floor
      group.pointee.setLevels(
        slope: Lanes.zero.replacing(with: group.pointee.slopePeak, where: isMoving),
        amplitude: Lanes.zero.replacing(with: group.pointee.amplitudePeak, where: isMoving),
        where: .init(repeating: true))
      group.pointee.forgetPeaks(where: .init(repeating: true))
    }
  }

  /// The rows have no sizes, and each counts as it comes, until `setLevels`.
  func forgetLevels() {
    for index in 0..<groupCount {
      groups[index].setLevels(slope: .zero, amplitude: .zero, where: .init(repeating: true))
      groups[index].forgetPeaks(where: .init(repeating: true))
    }
  }

  /// A beat was found: the peaks since the last one move the rows' sizes.
  func updateLevels() {
    for index in 0..<groupCount {
      let group = groups[index]
      let isNew = group.slopeLevel .<= 0
      let slope = group.slopeLevel.replacing(with: group.slopePeak, where: isNew)
      let amplitude = group.amplitudeLevel.replacing(
        with: group.amplitudePeak.atLeast(1), where: isNew)
      let slopePeak = group.slopePeak.atMost(2 * slope).atLeast(1)
      let amplitudePeak = group.amplitudePeak.atMost(2 * amplitude).atLeast(1)
      groups[index].setLevels(
        slope: slope + 0.125 * (slopePeak - slope),
        amplitude: amplitude + 0.125 * (amplitudePeak - amplitude), where: group.isActive)
      groups[index].forgetPeaks(where: group.isActive)
    }
  }

  /// What each row of a group weighs where slopes are added: as much as it is trusted, in units of its size.
  func slopeWeights(_ index: Int) -> Lanes { groups[index].share * groups[index].slopeScale }

  /// The same where amplitudes are added.
  func amplitudeWeights(_ index: Int) -> Lanes {
    groups[index].share * groups[index].amplitudeScale
  }

  /// The same where squares of amplitudes are added.
  func energyWeights(_ index: Int) -> Lanes {
    amplitudeWeights(index) * groups[index].amplitudeScale
  }
}

extension RowFeatures.RowGroup {
  fileprivate mutating func setLevels(
    slope: Lanes, amplitude: Lanes, where mask: LaneMask
  ) {
    slopeLevel.replace(with: slope, where: mask)
    amplitudeLevel.replace(with: amplitude, where: mask)
    slopeScale.replace(
      with: Lanes.zero.replacing(with: 1 / slope, where: slope .> 0), where: mask)
    amplitudeScale.replace(
      with: Lanes.zero.replacing(with: 1 / amplitude, where: amplitude .> 0), where: mask)
  }

  fileprivate mutating func forgetPeaks(where mask: LaneMask) {
    slopePeak.replace(with: 0, where: mask)
    amplitudePeak.replace(with: 0, where: mask)
  }
}
