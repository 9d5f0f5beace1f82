// The numbers of a 12-lead report: rate, intervals, axes, amplitudes and ST, each nil where it is not measurable.

import Glibc

/// What is measured in one lead of the median beat, in microvolts.
public struct LeadMeasurements: BitwiseCopyable, Hashable, Sendable {
  /// The P wave's greatest departure from its onset, signed.
  public var pMicrovolts: Float?
  /// The complex's waves from the level at its onset: Q and S negative, R positive, nil where smaller than 20
  /// microvolts. A complex without R (QS) has its depth as Q.
  public var qMicrovolts: Float?
  public var rMicrovolts: Float?
  public var sMicrovolts: Float?
  /// The T wave's greatest departure from the level at the onset of QRS, signed.
  public var tMicrovolts: Float?
  /// 60 ms after the J point, from the level at the onset of QRS.
  public var stMicrovolts: Float?

  /// Nothing measured.
  public init() {}
}

/// Measurements of the beats of the dominant form.
public struct Measurements: BitwiseCopyable, Sendable {
  /// Rows that can be measured.
  public static let rowCountMax = 12

  /// Mean ventricular rate over all beats.
  public var heartRateBPM: Double?
  /// From onset to offset of the P wave.
  public var pDurationMilliseconds: Double?
  /// From the onset of P to the onset of QRS (PQ where there is a Q).
  public var prMilliseconds: Double?
  /// From onset to offset of QRS.
  public var qrsMilliseconds: Double?
  /// From the onset of QRS to the end of T.
  public var qtMilliseconds: Double?
  /// QT over the root of RR in seconds (Bazett 1920).
  public var qtcBazettMilliseconds: Double?
  /// QT over the cube root of RR in seconds (Fridericia 1920).
  public var qtcFridericiaMilliseconds: Double?
  /// Frontal axes, -180 to 180 degrees: of the mean vector over the wave, 0 towards the left arm, 90 towards
  /// the feet.
  public var pAxisDegrees: Double?
  public var qrsAxisDegrees: Double?
  public var tAxisDegrees: Double?
  /// By row, in the order of the rows given.
  public var leads = InlineArray<12, LeadMeasurements>(repeating: LeadMeasurements())

  /// Nothing measured.
  public init() {}
}

extension Measurements {
  /// Rate and intervals, and the rates' corrections of QT.
  mutating func setTimes(_ waves: FormWaves, meanInterval: Double?, sampleRate: Double) {
    func milliseconds(_ first: Int?, _ last: Int?) -> Double? {
      guard let first, let last else { return nil }
      return Double(last &- first) * 1000 / sampleRate
    }
    let (p, qrs, t) = (waves.pWave, waves.qrs, waves.tWave)
    pDurationMilliseconds = milliseconds(p?.onset, p?.offset)
    prMilliseconds = milliseconds(p?.onset, qrs?.onset)
    qrsMilliseconds = milliseconds(qrs?.onset, qrs?.offset)
    qtMilliseconds = milliseconds(qrs?.onset, t?.offset)
    guard let meanInterval, meanInterval > 0 else { return }
    let seconds = meanInterval / sampleRate
    heartRateBPM = 60 / seconds
    qtcBazettMilliseconds = qtMilliseconds.map { $0 / seconds.squareRoot() }
    qtcFridericiaMilliseconds = qtMilliseconds.map { $0 / cbrt(seconds) }
  }

  /// Amplitudes and axes from the median beat.
  ///
  /// - Parameter frontal: the rows of leads I and II.
  mutating func setAmplitudes(
    _ waves: FormWaves, template: DelineatorTemplate, usable: UInt32, sampleRate: Double,
    frontal: (I: Int, II: Int)?
  ) {
    let beat = MeasuredBeat(template: template, waves: waves, sampleRate: sampleRate)
    for row in 0..<min(template.rowCount, Self.rowCountMax)
    where usable & (1 &<< UInt32(row)) != 0 {
      leads[row] = beat.lead(row)
    }
    guard let frontal, frontal.I < template.rowCount, frontal.II < template.rowCount,
      usable & (1 &<< UInt32(frontal.I)) != 0, usable & (1 &<< UInt32(frontal.II)) != 0
    else { return }
    pAxisDegrees = beat.axis(waves.pWave, reference: waves.pWave?.onset, frontal)
    qrsAxisDegrees = beat.axis(waves.qrs, reference: waves.qrs?.onset, frontal)
    tAxisDegrees = beat.axis(waves.tWave, reference: waves.qrs?.onset, frontal)
  }
}

/// A median beat with its waves.
private struct MeasuredBeat {
  private static let waveMicrovoltsMin: Float = 20
  private static let levelSeconds = 0.008
  private static let stSeconds = 0.06
  /// A mean vector shorter than this has no direction.
  private static let axisMicrovoltsMin = 3.0

  let template: DelineatorTemplate
  let waves: FormWaves
  let sampleRate: Double

  func lead(_ row: Int) -> LeadMeasurements {
    var lead = LeadMeasurements()
    if let p = waves.pWave {
      lead.pMicrovolts = farthest(row, p, from: level(row, before: p.onset))
    }
    guard let qrs = waves.qrs else { return lead }
    let base = level(row, before: qrs.onset)
    setComplex(&lead, row, qrs, base)
    let st = qrs.offset &+ Int((Self.stSeconds * sampleRate).rounded())
    lead.stMicrovolts = value(row, st) - base
    if let t = waves.tWave { lead.tMicrovolts = farthest(row, t, from: base) }
    return lead
  }

  private func setComplex(
    _ lead: inout LeadMeasurements, _ row: Int, _ qrs: WaveMarks, _ base: Float
  ) {
    var top = qrs.onset
    for place in qrs.onset...qrs.offset where value(row, place) > value(row, top) { top = place }
    let hasR = value(row, top) - base >= Self.waveMicrovoltsMin
    if hasR { lead.rMicrovolts = value(row, top) - base }
    let qEnd = hasR ? top : qrs.offset
    lead.qMicrovolts = depth(row, qrs.onset, qEnd, base)
    if hasR { lead.sMicrovolts = depth(row, top, qrs.offset, base) }
  }

  private func depth(_ row: Int, _ first: Int, _ last: Int, _ base: Float) -> Float? {
    var deepest: Float = 0
    for place in first...last { deepest = min(deepest, value(row, place) - base) }
    return deepest <= -Self.waveMicrovoltsMin ? deepest : nil
  }

  private func farthest(_ row: Int, _ wave: WaveMarks, from base: Float) -> Float {
    var found: Float = 0
    for place in wave.onset...wave.offset where abs(value(row, place) - base) > abs(found) {
      found = value(row, place) - base
    }
    return found
  }

  func axis(_ wave: WaveMarks?, reference: Int?, _ frontal: (I: Int, II: Int)) -> Double? {
    guard let wave, let reference else { return nil }
    let first = mean(frontal.I, wave) - Double(level(frontal.I, before: reference))
    let second = mean(frontal.II, wave) - Double(level(frontal.II, before: reference))
    // Einthoven's triangle: II lies 60 degrees below I.
    let down = (2 * second - first) / 3.0.squareRoot()
    guard (first * first + down * down).squareRoot() >= Self.axisMicrovoltsMin else { return nil }
    return atan2(down, first) * 180 / .pi
  }

  private func mean(_ row: Int, _ wave: WaveMarks) -> Double {
    var sum = 0.0
    for place in wave.onset...wave.offset { sum += Double(value(row, place)) }
    return sum / Double(wave.offset &- wave.onset &+ 1)
  }

  /// The level just before a wave.
  private func level(_ row: Int, before onset: Int) -> Float {
    let count = max(1, Int((Self.levelSeconds * sampleRate).rounded()))
    var sum: Float = 0
    for back in 0..<count { sum += value(row, onset &- back) }
    return sum / Float(count)
  }

  /// Microvolts at a sample from the beat's centre.
  @inline(__always)
  private func value(_ row: Int, _ place: Int) -> Float {
    template.row(row)[min(max(place &+ template.before, 0), template.length &- 1)]
  }
}
