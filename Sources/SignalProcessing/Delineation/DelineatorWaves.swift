// Where the waves of a median beat begin and end: where the leads together begin to move and come to rest. The
// speed of all leads together is what Martinez et al. (IEEE Trans Biomed Eng 2004) threshold lead by lead; taken
// over the leads first, it gives one mark for all, as IEC 60601-2-25 wants them, and no outlier to vote against.

import Glibc

/// The waves of a form, in samples from its centre.
struct FormWaves: BitwiseCopyable {
  var qrs: WaveMarks?
  var pWave: WaveMarks?
  var tWave: WaveMarks?
}

/// Finds the waves of a template.
struct DelineatorWaves {
  // What is meant by moving: the share of the wave's greatest speed. Readers of LUDB see a complex begin 7 ms
  // before the threshold does, with a standard error below 1 ms.
  private static let qrsShare: Float = 0.1
  private static let qrsLeadSeconds = 0.007
  private static let qrsGapSeconds = 0.02
  private static let qrsReachSeconds = 0.17
  private static let tShare: Float = 0.25
  private static let tOnsetGapSeconds = 0.03
  private static let tOffsetGapSeconds = 0.01
  /// The P wave's speed is taken so far to both sides; nearer to QRS it would be that of QRS.
  private static let pSlopeSeconds = 0.016
  private static let pOnsetShare: Float = 0.25
  private static let pOffsetShare: Float = 0.35
  /// Readers of LUDB see P end 7 ms before the threshold does.
  private static let pTailSeconds = 0.007
  /// A P wave may rest at its top.
  private static let pGapSeconds = 0.03
  /// Its fastest is so many times faster than the quiet stretch beside it.
  private static let pRatioMin: Float = 4
  /// A pacing spike is bridged from so long before its end.
  private static let spikeSeconds = 0.02
  /// Root mean square over the rows: less than a step of an electrocardiograph's ADC (IEC 60601-2-25: 5 microvolts).
  private static let pMicrovoltsMin: Float = 5
  private static let pSecondsMin = 0.04
  private static let prSecondsMax = 0.4

  let template: DelineatorTemplate
  let sampleRate: Double

  private func samples(_ seconds: Double) -> Int { Int((seconds * sampleRate).rounded()) }

  /// The waves of the template.
  ///
  /// - Parameters:
  ///   - interval: samples from a beat of this form to its neighbours.
  ///   - spikeEnd: where a pacing spike ends, as a place of the template.
  func find(interval: Int, spikeEnd: Int?) -> FormWaves {
    template.measureSlope(hertz: 40, reachSeconds: 0.012)
    guard let qrs = qrs(spikeEnd: spikeEnd) else { return FormWaves() }
    template.measureSlope(hertz: 30, reachSeconds: 0.024)
    let tWave = tWave(after: qrs, interval: interval)
    template.measureSlope(hertz: 30, reachSeconds: Self.pSlopeSeconds)
    let lastTEnd = (tWave?.offset ?? qrs.offset &+ samples(0.25)) &- interval
    let spike = spikeEnd.map { $0 &- samples(Self.spikeSeconds) } ?? qrs.onset
    let pWave = pWave(before: min(qrs.onset, spike), after: lastTEnd &+ samples(0.01))
    let origin = -template.before
    return FormWaves(
      qrs: qrs.moved(by: origin), pWave: pWave?.moved(by: origin), tWave: tWave?.moved(by: origin))
  }

  /// The last place, from `start` in steps of 1 or -1 before `limit`, where the speed is above `threshold`;
  /// rests of up to `gap` samples are bridged.
  private func edge(
    from start: Int, step: Int, limit: Int, threshold: Float, gap: Int
  ) -> Int {
    var last = start
    var place = start
    while place != limit, abs(place &- last) <= gap {
      if template.slope[place] > threshold { last = place }
      place &+= step
    }
    return last
  }

  private func fastest(from first: Int, to end: Int) -> Int {
    var found = first
    var place = first
    while place < end {
      if template.slope[place] > template.slope[found] { found = place }
      place &+= 1
    }
    return found
  }

  private func qrs(spikeEnd: Int?) -> WaveMarks? {
    let centre = template.before
    let top = fastest(from: centre &- samples(0.1), to: centre &+ samples(0.1))
    let threshold = Self.qrsShare * template.slope[top]
    guard template.slope[top] > 0 else { return nil }
    let (gap, reach) = (samples(Self.qrsGapSeconds), samples(Self.qrsReachSeconds))
    var onset = edge(from: top, step: -1, limit: top &- reach, threshold: threshold, gap: gap)
    let offset = edge(from: top, step: 1, limit: top &+ reach, threshold: threshold, gap: gap)
    onset &-= samples(Self.qrsLeadSeconds)
    if let spikeEnd, spikeEnd < top { onset = max(onset, spikeEnd) }
    return marks(onset: onset, offset: offset)
  }

  private func marks(onset: Int, offset: Int) -> WaveMarks? {
    guard onset < offset, onset >= 0, offset < template.length else { return nil }
    var peak = onset
    var farthest: Float = -1
    for place in onset...offset {
      let distance = template.distance(at: place, from: onset, to: offset)
      if distance > farthest {
        farthest = distance
        peak = place
      }
    }
    return WaveMarks(onset: onset, peak: peak, offset: offset)
  }

  /// Where most moves between two places, as the centre of a stretch of `2 * reach`.
  private func busiest(from first: Int, to end: Int, reach: Int, margin: Int) -> Int? {
    guard end &- first > 2 &* margin &+ 2 else { return nil }
    var most: Float = -1
    var found = first &+ margin
    for centre in first &+ margin..<end &- margin {
      var energy: Float = 0
      for place in max(first, centre &- reach)..<min(end, centre &+ reach &+ 1) {
        energy += template.slope[place] * template.slope[place]
      }
      if energy > most {
        most = energy
        found = centre
      }
    }
    var (sum, moment): (Float, Float) = (0, 0)
    let start = max(first, found &- reach)
    for place in start..<min(end, found &+ reach &+ 1) {
      let energy = template.slope[place] * template.slope[place]
      sum += energy
      moment += energy * Float(place &- start)
    }
    return sum > 0 ? start &+ Int((moment / sum).rounded()) : nil
  }

  /// Takes the quiet stretch's speed out of the curve, in squares, as noise adds.
  private func removeNoise(_ noise: Float) {
    for place in 0..<template.length {
      let rest = template.slope[place] * template.slope[place] - noise * noise
      template.slope[place] = max(rest, 0).squareRoot()
    }
  }

  private func tWave(after qrs: WaveMarks, interval: Int) -> WaveMarks? {
    let first = qrs.offset &+ samples(0.05)
    // QTc by Bazett stays below 0.6 s.
    let longest = 0.6 * (Double(interval) / sampleRate).squareRoot()
    let end = min(
      template.length &- 1, qrs.onset &+ samples(longest), qrs.onset &+ interval &- samples(0.08))
    guard let centre = busiest(from: first, to: end, reach: samples(0.1), margin: samples(0.03))
    else { return nil }
    removeNoise(template.slopeQuantile(0.2, from: first, to: end))
    let reach = samples(0.12)
    let rise = fastest(from: max(first, centre &- reach), to: centre &+ 1)
    let fall = fastest(from: centre, to: min(end, centre &+ reach))
    guard template.slope[rise] > 0, template.slope[fall] > 0 else { return nil }
    return marks(
      onset: edge(
        from: rise, step: -1, limit: first, threshold: Self.tShare * template.slope[rise],
        gap: samples(Self.tOnsetGapSeconds)),
      offset: edge(
        from: fall, step: 1, limit: end, threshold: Self.tShare * template.slope[fall],
        gap: samples(Self.tOffsetGapSeconds)))
  }

  private func pWave(before end: Int, after lastTEnd: Int) -> WaveMarks? {
    let first = max(samples(0.02), lastTEnd, end &- samples(Self.prSecondsMax))
    let end = end &- samples(Self.pSlopeSeconds)
    guard let centre = busiest(from: first, to: end, reach: samples(0.05), margin: samples(0.035))
    else { return nil }
    let noise = template.slopeQuantile(0.2, from: first, to: end)
    removeNoise(noise)
    let near = samples(0.07)
    let rise = fastest(from: max(first, centre &- near), to: centre &+ 1)
    let fall = fastest(from: centre, to: min(end, centre &+ near))
    let top = max(template.slope[rise], template.slope[fall])
    guard top > Self.pRatioMin * noise, top > 0 else { return nil }
    let far = samples(0.12)
    let wave = marks(
      onset: edge(
        from: rise, step: -1, limit: max(first, centre &- far),
        threshold: Self.pOnsetShare * top, gap: samples(Self.pGapSeconds)),
      offset: edge(
        from: fall, step: 1, limit: min(end, centre &+ far),
        threshold: Self.pOffsetShare * top, gap: samples(Self.pGapSeconds))
        &- samples(Self.pTailSeconds))
    guard let wave, wave.offset &- wave.onset >= samples(Self.pSecondsMin) else { return nil }
    let height = template.distance(at: wave.peak, from: wave.onset, to: wave.offset)
    let least = Self.pMicrovoltsMin * Self.pMicrovoltsMin * Float(template.rowCount)
    return height >= least ? wave : nil
  }
}
