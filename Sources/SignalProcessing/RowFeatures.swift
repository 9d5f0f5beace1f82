// What the beat detector sees of each row: band-passed slope, integrated over the length of a QRS and measured in
// units of the row's own running QRS size; and enough of the broader signal to tell how wide a complex is.

import Glibc

/// The fused feature of one sample.
struct FusedFeature: BitwiseCopyable {
  /// Integrated slope over all usable rows, 1 = as large as this heart's QRS complexes are.
  var integrated: Float = 0
  /// Strength of the band-passed signal now, in the same units.
  var strength: Float = 0
  /// Largest band-passed amplitude of a usable row, microvolts.
  var microvolts: Float = 0
  /// Rows measure, but of none is it known how large its complexes are.
  var isBlind = false
}

/// Per-row filters and levels of the beat detector.
final class RowFeatures {
  private struct RowState: BitwiseCopyable {
    var low = BiquadState()
    var high = BiquadState()
    var broad = BiquadState()
    var broadLow = BiquadState()
    var isSettled = false
    /// Samples for which the row is left out after an artefact.
    var mutedCount = 0
    var previous: Float = 0
    var sum: Float = 0
    /// Running size of the row's QRS: integrated slope at its peaks, amplitude at its peaks.
    var slopeLevel: Float = 0
    var amplitudeLevel: Float = 0
    /// Mean integrated slope of the last seconds, complexes counted as no more than half their size.
    var noise: Float = 0
    /// What the row counts among the others.
    var share: Float = 1
    /// Largest integrated slope and amplitude since the last beat.
    var slopePeak: Float = 0
    var amplitudePeak: Float = 0
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
  private static let bendSeconds = 0.016
  private static let widthReachSeconds = 0.14
  /// The signal stands still for so long at the top of a broad complex.
  private static let plateauSeconds = 0.02
  /// Speed from which it is the complex that moves, as a share of its fastest.
  private static let speedShare: Float = 0.125

  private let sampleRate: Double
  private let noiseStep: Float
  private let rowCount: Int
  private let integration: Int
  private let lowPass: Biquad
  private let highPass: Biquad
  private let broadPass: Biquad
  private let broadLowPass: Biquad
  private let rows: UnsafeMutablePointer<RowState>
  /// Slopes of the last `integration` samples, `[row][integration]`.
  private let slopes: UnsafeMutablePointer<Float>
  /// Broad-band microvolts of the last second, `[row][broadCount]`.
  private let broad: UnsafeMutablePointer<Float>
  private let broadCount: Int
  private var position = 0
  private var broadPosition = 0

  init(
    sampleRate: Double, rowCount: Int, low: Double, high: Double, integration: Int
  ) {
    self.sampleRate = sampleRate
    noiseStep = Float(1 / (Self.noiseSeconds * sampleRate))
    self.rowCount = rowCount
    self.integration = integration
    highPass = .highPass(hertz: low, sampleRate: sampleRate, quality: Biquad.butterworth)
    lowPass = .lowPass(hertz: high, sampleRate: sampleRate, quality: Biquad.butterworth)
    broadPass = .highPass(hertz: 1, sampleRate: sampleRate, quality: Biquad.butterworth)
    broadLowPass = .lowPass(
      hertz: min(35, 0.4 * sampleRate), sampleRate: sampleRate, quality: Biquad.butterworth)
    rows = .allocate(capacity: rowCount)
    slopes = .allocate(capacity: rowCount * integration)
    slopes.initialize(repeating: 0, count: rowCount * integration)
    broadCount = Int(sampleRate.rounded())
    broad = .allocate(capacity: rowCount * broadCount)
    broad.initialize(repeating: 0, count: rowCount * broadCount)
    rows.initialize(repeating: RowState(), count: rowCount)
  }

  deinit {
    rows.deallocate()
    slopes.deallocate()
    broad.deallocate()
  }

  /// Delay of the band-pass where a QRS has its energy, about 10 Hz.
  var delaySamples: Double {
    highPass.groupDelay(hertz: 10, sampleRate: sampleRate)
      + lowPass.groupDelay(hertz: 10, sampleRate: sampleRate)
  }

  func restart() {
    rows.update(repeating: RowState(), count: rowCount)
    slopes.update(repeating: 0, count: rowCount &* integration)
    broad.update(repeating: 0, count: rowCount &* broadCount)
    position = 0
    broadPosition = 0
  }

  /// Takes one sample of all rows. Rows that are not usable now settle anew when they are again.
  func process(_ microvolts: UnsafePointer<Float>, usable: UInt32) -> FusedFeature {
    var fused = FusedFeature()
    var weight: Float = 0
    var measuring = false
    for row in 0..<rowCount {
      let value = microvolts[row]
      guard usable & (1 &<< UInt32(row)) != 0, value.isFinite else {
        forget(row)
        continue
      }
      let amplitude = abs(step(row, Double(min(max(value, -Self.largest), Self.largest))))
      if amplitude > Self.artefactMicrovolts { mute(row) }
      if rows[row].mutedCount > 0 {
        unmuteSlowly(row)
        continue
      }
      measuring = true
      fused.microvolts = max(fused.microvolts, amplitude)
      guard rows[row].slopeLevel > 0 else { continue }
      let relative = rows[row].sum / rows[row].slopeLevel
      rows[row].noise += noiseStep * (min(relative, Self.noiseClip) - rows[row].noise)
      rows[row].noise = max(rows[row].noise, Self.noiseMin)
      rows[row].share = 1 / (rows[row].noise * rows[row].noise)
      fused.integrated += rows[row].share * min(relative, 3)
      fused.strength += rows[row].share * min(amplitude / rows[row].amplitudeLevel, 3)
      weight += rows[row].share
    }
    position = position &+ 1 == integration ? 0 : position &+ 1
    broadPosition = broadPosition &+ 1 == broadCount ? 0 : broadPosition &+ 1
    fused.isBlind = measuring && weight == 0
    if weight > 0 {
      fused.integrated /= weight
      fused.strength /= weight
    }
    return fused
  }

  /// Filters one value and keeps the row's sums and peaks; returns the band-passed value.
  @inline(__always)
  private func step(_ row: Int, _ value: Double) -> Float {
    let state = rows + row
    let band: Float
    let wide: Float
    if state.pointee.isSettled {
      let high = state.pointee.high.step(highPass, value)
      band = Float(state.pointee.low.step(lowPass, high))
      let broad = state.pointee.broad.step(broadPass, value)
      wide = Float(state.pointee.broadLow.step(broadLowPass, broad))
    } else {
      let high = state.pointee.high.settle(highPass, on: value)
      band = Float(state.pointee.low.settle(lowPass, on: high))
      let broad = state.pointee.broad.settle(broadPass, on: value)
      wide = Float(state.pointee.broadLow.settle(broadLowPass, on: broad))
      state.pointee.isSettled = true
      state.pointee.previous = band
    }
    let slot = slopes + (row &* integration &+ position)
    let slope = abs(band - state.pointee.previous)
    state.pointee.previous = band
    state.pointee.sum += slope - slot.pointee
    slot.pointee = slope
    broad[row &* broadCount &+ broadPosition] = wide
    state.pointee.slopePeak = max(state.pointee.slopePeak, state.pointee.sum)
    state.pointee.amplitudePeak = max(state.pointee.amplitudePeak, abs(band))
    // The running sum is made exact once a turn, so that rounding cannot pile up.
    if position == 0 {
      var sum: Float = 0
      for index in 0..<integration { sum += slopes[row &* integration &+ index] }
      state.pointee.sum = sum
    }
    return band
  }

  /// A step or a shock: the row is left out until its filters have forgotten it, and must be learnt anew.
  private func mute(_ row: Int) {
    rows[row].mutedCount = Int(Self.muteSeconds * sampleRate)
    rows[row].slopeLevel = 0
    rows[row].amplitudeLevel = 0
  }

  private func unmuteSlowly(_ row: Int) {
    rows[row].mutedCount &-= 1
    rows[row].slopePeak = 0
    rows[row].amplitudePeak = 0
  }

  private func forget(_ row: Int) {
    guard rows[row].isSettled else { return }
    rows[row].isSettled = false
    rows[row].sum = 0
    (slopes + row &* integration).update(repeating: 0, count: integration)
  }

  /// The peaks since `forgetLevels` become the rows' sizes. A row that showed nothing as large as a complex
  /// stays without a size, and out, until a beat gives it one.
  func setLevels(floor: Float) {
    for row in 0..<rowCount {
      let isMoving = rows[row].amplitudePeak >= floor
      rows[row].slopeLevel = isMoving ? rows[row].slopePeak : 0
      rows[row].amplitudeLevel = isMoving ? rows[row].amplitudePeak : 0
      rows[row].slopePeak = 0
      rows[row].amplitudePeak = 0
    }
  }

  /// The rows have no sizes, and each counts as it comes, until `setLevels`.
  func forgetLevels() {
    for row in 0..<rowCount {
      rows[row].slopeLevel = 0
      rows[row].amplitudeLevel = 0
      rows[row].slopePeak = 0
      rows[row].amplitudePeak = 0
    }
  }

  /// A beat was found: the peaks since the last one move the rows' sizes.
  func updateLevels() {
    for row in 0..<rowCount where rows[row].isSettled {
      let state = rows + row
      if state.pointee.slopeLevel == 0 {
        state.pointee.slopeLevel = state.pointee.slopePeak
        state.pointee.amplitudeLevel = max(state.pointee.amplitudePeak, 1)
      }
      let slope = min(state.pointee.slopePeak, 2 * state.pointee.slopeLevel)
      let amplitude = min(state.pointee.amplitudePeak, 2 * state.pointee.amplitudeLevel)
      state.pointee.slopeLevel += 0.125 * (max(slope, 1) - state.pointee.slopeLevel)
      state.pointee.amplitudeLevel += 0.125 * (max(amplitude, 1) - state.pointee.amplitudeLevel)
      state.pointee.slopePeak = 0
      state.pointee.amplitudePeak = 0
    }
  }

  /// Seconds for which the rows together move faster than an eighth of their fastest, around a complex: from
  /// the onset of QRS to its end, gaps up to `plateauSeconds` bridged.
  ///
  /// - Parameter offset: samples from now to the complex, negative, within the last second.
  func widthSeconds(around offset: Int64) -> Double {
    let reach = Int(Self.widthReachSeconds * sampleRate)
    let plateau = max(1, Int(Self.plateauSeconds * sampleRate))
    let span = max(1, Int(0.006 * sampleRate))
    let earliest = span &- broadCount
    let centre = max(min(Int(offset), -1 &- span), earliest &+ reach)
    var fastest: Float = 0
    var peak = centre
    for place in centre &- reach / 2...min(centre &+ reach / 2, -1) {
      let now = speed(at: place, span: span)
      if now > fastest {
        fastest = now
        peak = place
      }
    }
    let limit = Self.speedShare * fastest
    var first = peak
    var place = peak
    while place > max(peak &- reach, earliest), first &- place <= plateau {
      if speed(at: place, span: span) > limit { first = place }
      place &-= 1
    }
    var last = peak
    place = peak
    while place < min(peak &+ reach, -1), place &- last <= plateau {
      if speed(at: place, span: span) > limit { last = place }
      place &+= 1
    }
    return Double(last &- first &+ 1 &- span) / sampleRate
  }

  /// How fast the rows move together at an offset before now, each as much as it is trusted.
  @inline(__always)
  private func speed(at offset: Int, span: Int) -> Float {
    var sum: Float = 0
    for row in 0..<rowCount where rows[row].isSettled && rows[row].slopeLevel > 0 {
      let change = broadValue(row, offset) - broadValue(row, offset &- span)
      sum += rows[row].share * abs(change) / rows[row].slopeLevel
    }
    return sum
  }

  /// The strongest bend of the rows together between two offsets before now, within the last second.
  func sharpness(from first: Int64, to last: Int64) -> Float {
    let span = max(1, Int(Self.bendSeconds * sampleRate))
    var strongest: Float = 0
    var place = max(Int(first), 2 &* span &- broadCount)
    while place <= min(Int(last), -1) {
      var sum: Float = 0
      for row in 0..<rowCount where rows[row].isSettled && rows[row].slopeLevel > 0 {
        let bend =
          broadValue(row, place) + broadValue(row, place &- 2 &* span)
          - 2 * broadValue(row, place &- span)
        sum += rows[row].share * abs(bend) / rows[row].slopeLevel
      }
      strongest = max(strongest, sum)
      place &+= 1
    }
    return strongest
  }

  /// Broad-band value `offset` samples before the next one to come (-1 is the newest).
  @inline(__always)
  private func broadValue(_ row: Int, _ offset: Int) -> Float {
    let place = broadPosition &+ offset
    return broad[row &* broadCount &+ (place < 0 ? place &+ broadCount : place)]
  }
}
