// QRS complexes in a stream, from all usable rows together: each row's slope in the QRS band is measured in units of
// its own running QRS size, so that a small lead counts as much as a large one and a bad one cannot blind the rest.
// Thresholds, search-back and T-wave rule follow Pan and Tompkins (IEEE Trans Biomed Eng 1985).

import Glibc

/// A detected beat.
public struct Beat: BitwiseCopyable, Hashable, Sendable {
  /// Sample of the R peak; where a pacing pulse has started the complex, of the pulse.
  public var sampleIndex: Int64
  /// Sample of the R peak.
  public var rPeakIndex: Int64
  /// The complex lasts 120 ms or more: no conduction by the normal way.
  public var isWide: Bool
  /// From the onset of the complex to its end, as far as a monitor needs it: good to about 20 ms.
  public var widthSeconds: Float
  /// What it is, as far as 0.2 s after its R peak can tell.
  public var beatClass: BeatClass
  /// Whether it is this heart's.
  public var familiarity: BeatFamiliarity
  /// Whether beats of its shape were seen while the signal was calm: noise has no shape of its own.
  public var isOfSeenShape: Bool

  /// Creates a beat.
  public init(
    sampleIndex: Int64, isWide: Bool, widthSeconds: Float = 0.09,
    beatClass: BeatClass = .unclassifiable, familiarity: BeatFamiliarity = .usual,
    isOfSeenShape: Bool = true
  ) {
    self.isOfSeenShape = isOfSeenShape
    self.widthSeconds = widthSeconds
    self.beatClass = beatClass
    self.familiarity = familiarity
    self.sampleIndex = sampleIndex
    rPeakIndex = sampleIndex
    self.isWide = isWide
  }
}

/// A streaming detector. Allocates only at `init`; takes any finite or missing input. One thread.
public final class BeatDetector {
  private static let bandHz = (low: 5.0, high: 18.0)
  private static let integrationSeconds = 0.12
  private static let refractorySeconds = 0.22
  /// So soon after a beat a peak below this share of it is its T wave.
  private static let tWaveSeconds = 0.36
  private static let tWaveShare: Float = 0.6
  /// Or bent so much less.
  private static let tWaveSharpness: Float = 0.4
  /// A peak bent so little and smaller than this share of the usual beat is a P wave, however long the last beat is
  /// ago: what the levels sink for is an artefact that was taken for a beat.
  private static let pWaveShare: Float = 0.35
  /// A peak smaller than this share of the usual beat is none, however sharp noise makes it: the atria may go on when
  /// the ventricles stand still. Beats that shrink so much, as when an electrode moves, are learnt anew.
  private static let beatShareMin: Float = 0.15
  /// How far the R peak may lie from where the band-passed signal is strongest.
  private static let summitSeconds = 0.06
  /// A pulse so soon before R has started the ventricles, not the atria: readers mark such a complex at its pulse,
  /// which is sharp while the complex is not.
  private static let pacedLeadSeconds = 0.17
  private static let patienceSeconds = 0.28
  /// Of the mean interval: from here on a beat is due.
  private static let dueShare = 1.2
  private static let learningSeconds = 1.5
  /// Without a beat for so long the sizes are learnt again: they may have been an artefact's.
  private static let forgetSeconds = 4.0
  /// Complexes below 0.15 mV are no beats (IEC 60601-2-27); in the QRS band they are about half as high.
  private static let floorMicrovolts: Float = 80

  /// Between beats of a calm signal lies no more than this share of them.
  private static let calmShare: Float = 0.12

  /// What is measured lies about 10 ms below a reader's QRS duration: these are 120 ms and more. Longer than the
  /// upper end is no complex but noise.
  private static let wideSeconds: Range<Float> = 0.11..<0.25

  private let sampleRate: Double
  private let features: RowFeatures
  private let integration: Int
  private let refractory: Int64
  /// Samples from a peak of the integrated slope, which comes up to 0.2 s after R, to the last moment to tell it.
  private let patience: Int64
  private let bandDelay: Int64
  private let waveDelay: Int64
  private let history: FeatureHistory
  private let classifier: BeatClassifier
  private let pacing: PacedBeat

  private var index: Int64 = 0
  private var isLearning = true
  /// `.max` until something moves.
  private var learningUntil = Int64.max
  private var signalLevel: Float = 1
  private var noiseLevel: Float = 0.1
  private var meanInterval: Double
  private var lastBeat: Int64 = .min / 2
  private var lastBeatPeak: Float = 0
  private var lastBeatSharpness: Float = 0
  private var lastDecision: Int64 = 0
  private var usualPeak: Float = 1
  private var usualSharpness: Float = 0
  private var peak = Peak()
  private var candidate = Peak()
  private var pending = Beat(sampleIndex: 0, isWide: false)
  private var hasPending = false
  private var lastTold = Int64.min

  /// A local maximum of the integrated slope.
  private struct Peak: BitwiseCopyable {
    var value: Float = 0
    var index: Int64 = 0
  }

  /// Plans the buffers for a rate of 100 to 2000 Hz.
  public init(sampleRate: Double, rowCount: Int) {
    self.sampleRate = sampleRate
    integration = max(2, Int((Self.integrationSeconds * sampleRate).rounded()))
    refractory = Int64((Self.refractorySeconds * sampleRate).rounded())
    patience = Int64((Self.patienceSeconds * sampleRate).rounded(.down))
    features = RowFeatures(
      sampleRate: sampleRate, rowCount: rowCount, low: Self.bandHz.low, high: Self.bandHz.high,
      integration: integration)
    bandDelay = Int64(features.delaySamples.rounded())
    waveDelay = Int64(features.waveDelaySamples.rounded())
    history = FeatureHistory(seconds: 3, sampleRate: sampleRate)
    classifier = BeatClassifier(sampleRate: sampleRate, groupCount: features.groupCount)
    pacing = PacedBeat(sampleRate: sampleRate, spikeDelay: Int64(features.spikeDelay))
    meanInterval = 0.8 * sampleRate
    restart(at: 0)
  }

  /// The usual peak that is no beat, as a share of a beat's; 1 while the sizes of beats are not known.
  var noiseShare: Float { isLearning ? 1 : min(1, noiseLevel / max(signalLevel, 1e-6)) }
  /// What spoke for the class of the last beat told.
  var evidence: BeatEvidence { classifier.evidence }

  /// Starts anew: the next sample is `index`.
  public func restart(at index: Int64) {
    self.index = index
    lastBeat = .min / 2
    lastDecision = index
    hasPending = false
    lastTold = .min
    classifier.restart()
    features.restart()
    startLearning()
    history.restart(at: index)
  }

  /// Takes one sample of all rows in microvolts; bit n of `usable`: row n may be trusted. Returns a beat that
  /// is told now: at most half a second after its R peak.
  public func process(_ microvolts: UnsafePointer<Float>, usable: UInt32) -> Beat? {
    let feature = features.process(microvolts, usable: usable)
    history.append(feature)
    defer { index &+= 1 }
    let told = tellPending()
    if feature.isBlind && !isLearning { startLearning() }
    if isLearning {
      learn(feature.microvolts)
    } else if let beat = decide(feature.integrated) {
      pending = beat
      hasPending = true
    }
    return told
  }

  /// The beat that waits for what follows it, once that is there.
  private func tellPending() -> Beat? {
    guard hasPending, index &+ 1 >= pending.sampleIndex &+ waveDelay &+ classifier.samplesAfter
    else { return nil }
    hasPending = false
    let pulse = pacing.pulse(before: pending.sampleIndex, history)
    pending.beatClass = classifier.classify(
      pending, isPaced: pulse != nil, isCalm: noiseShare < Self.calmShare,
      at: pending.sampleIndex &+ waveDelay &- index &- 1, features)
    pending.familiarity = classifier.evidence.familiarity
    pending.isOfSeenShape = classifier.evidence.isOfSeenShape
    if let pulse, Double(pending.sampleIndex &- pulse) < Self.pacedLeadSeconds * sampleRate {
      pending.sampleIndex = pulse
    }
    // Two complexes near each other may share a summit: time still goes on.
    pending.sampleIndex = max(pending.sampleIndex, lastTold &+ 1)
    lastTold = pending.sampleIndex
    return pending
  }

  /// Waits for something as large as a complex, then takes the next second and a half for the rows' sizes.
  private func learn(_ microvolts: Float) {
    if microvolts < Self.floorMicrovolts && learningUntil == .max { return }
    if learningUntil == .max { learningUntil = index &+ Int64(Self.learningSeconds * sampleRate) }
    guard index >= learningUntil else { return }
    features.setLevels(floor: Self.floorMicrovolts)
    isLearning = false
    signalLevel = 0.7
    noiseLevel = 0.1
    lastDecision = index
  }

  /// Forgets how large the complexes are.
  private func startLearning() {
    isLearning = true
    learningUntil = .max
    meanInterval = 0.8 * sampleRate
    peak = Peak()
    candidate = Peak()
    usualPeak = 1
    usualSharpness = 0
    features.forgetLevels()
  }

  private var threshold: Float { noiseLevel + 0.3 * (signalLevel - noiseLevel) }

  private func decide(_ value: Float) -> Beat? {
    if value > peak.value { peak = Peak(value: value, index: index) }
    let isOver = value < 0.5 * peak.value || index &- peak.index > refractory
    if isOver && peak.value > 0 {
      let found = peak
      peak = Peak()
      if let beat = judge(found) { return beat }
    }
    return searchBack()
  }

  /// A local maximum is a beat, a T wave or noise.
  private func judge(_ found: Peak) -> Beat? {
    let sinceBeat = found.index &- lastBeat
    if sinceBeat < refractory { return nil }
    let sharpness = features.waves.sharpness(
      from: found.index &- index &- Int64(integration), to: found.index &- index, features)
    let isBlunt = sharpness < Self.tWaveSharpness * lastBeatSharpness
    let isTWave =
      Double(sinceBeat) < Self.tWaveSeconds * sampleRate
      && (isBlunt || found.value < Self.tWaveShare * lastBeatPeak)
    let isSoft = sharpness < Self.tWaveSharpness * usualSharpness
    let isPWave = found.value < (isSoft ? Self.pWaveShare : Self.beatShareMin) * usualPeak
    guard found.value > threshold, !isTWave, !isPWave, isLargeEnough(found) else {
      noiseLevel += 0.125 * (min(found.value, signalLevel) - noiseLevel)
      if found.value > candidate.value && !isTWave && !isBlunt && !isPWave {
        candidate = found
      }
      return nil
    }
    signalLevel += 0.125 * (min(found.value, 3 * signalLevel) - signalLevel)
    return accept(found)
  }

  /// A peak that came when a beat was due counts at half the threshold, once there was no better one for as long as a
  /// beat may wait to be told. No beat for 1.66 mean intervals: the levels sink, so that a detector blinded by an
  /// artefact sees again.
  private func searchBack() -> Beat? {
    if candidate.value > 0, index &- candidate.index >= patience {
      let found = candidate
      candidate = Peak()
      let sinceBeat = Double(found.index &- lastBeat)
      if found.value > 0.5 * threshold, sinceBeat > Self.dueShare * meanInterval,
        found.index &- lastBeat >= refractory, isLargeEnough(found)
      {
        signalLevel += 0.25 * (found.value - signalLevel)
        return accept(found)
      }
    }
    let since = index &- max(lastBeat, lastDecision)
    guard Double(since) > 1.66 * meanInterval, Double(since) > 0.4 * sampleRate else { return nil }
    if Double(index &- max(lastBeat, learningUntil)) > Self.forgetSeconds * sampleRate {
      startLearning()
      return nil
    }
    lastDecision = index
    signalLevel = max(0.7 * signalLevel, 0.02)
    noiseLevel *= 0.7
    return nil
  }

  private func isLargeEnough(_ found: Peak) -> Bool {
    history.largestMicrovolts(from: found.index &- Int64(integration) &- 2, to: found.index)
      >= Self.floorMicrovolts
  }

  private func accept(_ found: Peak) -> Beat {
    let fiducial = history.strongest(
      from: found.index &- Int64(integration) &- Int64(integration) / 2, to: found.index)
    let summit = features.waves.summit(
      around: fiducial &- bandDelay &+ waveDelay &- index &- 1, reachSeconds: Self.summitSeconds,
      features)
    let rPeak = summit &+ index &+ 1 &- waveDelay
    let interval = Double(found.index &- lastBeat)
    if interval < 2 * sampleRate { meanInterval += 0.125 * (interval - meanInterval) }
    lastBeat = found.index
    lastBeatPeak = found.value
    lastBeatSharpness = features.waves.sharpness(
      from: found.index &- index &- Int64(integration), to: found.index &- index, features)
    usualPeak += 0.25 * (min(lastBeatPeak, 2 * usualPeak) - usualPeak)
    let sharpest = usualSharpness == 0 ? lastBeatSharpness : 2 * usualSharpness
    usualSharpness += 0.25 * (min(lastBeatSharpness, sharpest) - usualSharpness)
    lastDecision = index
    candidate = Peak()
    features.updateLevels()
    let width = Float(features.waves.widthSeconds(around: rPeak &- index, features))
    return Beat(sampleIndex: rPeak, isWide: Self.wideSeconds.contains(width), widthSeconds: width)
  }
}
