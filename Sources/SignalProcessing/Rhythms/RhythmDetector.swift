// From beats and waves to rhythms: which hold now, and which began or ended at which sample. None is a diagnosis.

/// Follows the rhythm of a stream. Allocates only at `init`. One thread.
public final class RhythmDetector {
  private static let wideRatio: Float = 1.1
  private static let restingSeconds = 0.6
  /// A tachycardia beats more evenly than this, waves of fibrillation less.
  private static let unevenMin: Float = 0.2
  /// What is over before it can be told holds for so long, so that nobody who looks ten times a second misses it.
  private static let heldSeconds = 1.0
  /// A pause is so much longer than the intervals before it.
  private static let pauseRatio = 1.5

  private let sampleRate: Double
  private let limits: RhythmLimits
  private let asystoleSamples: Int64
  /// Without a beat for so long a run is over.
  private let runEndSamples: Int64
  private let fibrillation: FibrillationDetector
  private var atrial: AtrialFibrillation
  private var patterns: EctopicPatterns
  private let episodes = RhythmEpisodes()
  private var sight: Sight
  /// Changes were told between two samples, at a restart.
  private var hasUntold = false
  private var lastIndex: Int64 = -1
  private var lastBeat: Int64 = 0
  private var lastClass = BeatClass.unclassifiable
  private var hasBeat = false
  /// Width of the complexes at less than 100 a minute: what is wide for this heart stands out against it.
  private var usualWidthSeconds: Float = 0.09
  private var wideRun = 0
  private var wideStart: Int64 = 0

  /// Until these samples a pause and a run are told.
  private var pauseUntil = Int64.min
  private var runUntil = Int64.min
  private let heldSamples: Int64

  private var lastInterval = 0.0
  private var unevenness: Float = 0
  /// Beats of the wide run, however many.
  private var wideBeats: Int32 = 0
  /// What was measured of the rhythms that hold, and of the last ones that are over.
  private(set) var measures = RhythmMeasures()

  /// A detector at the start of a stream.
  public init(sampleRate: Double, rowCount: Int, limits: RhythmLimits) {
    self.sampleRate = sampleRate
    self.limits = limits
    asystoleSamples = Int64((limits.asystoleSeconds * sampleRate).rounded(.up))
    runEndSamples = Int64(
      (2 * 60 / Double(limits.ventricularTachycardiaBPM) * sampleRate).rounded(.up))
    heldSamples = Int64((Self.heldSeconds * sampleRate).rounded(.up))
    sight = Sight(sampleRate: sampleRate)
    fibrillation = FibrillationDetector(sampleRate: sampleRate, rowCount: rowCount)
    atrial = AtrialFibrillation(sampleRate: sampleRate)
    patterns = EctopicPatterns(sampleRate: sampleRate, limits: limits)
  }

  /// Rhythms that began or ended with the last sample.
  public var changeCount: Int { episodes.count }

  /// A change at a position below `changeCount`.
  public func change(_ position: Int) -> RhythmChange { episodes.change(position) }

  /// The stream starts anew at a sample: what held ends with the last sample before.
  public func restart(at index: Int64) {
    episodes.endAll(at: lastIndex &+ 1)
    hasUntold = episodes.count > 0
    lastIndex = index &- 1
    lastBeat = index
    lastClass = .unclassifiable
    hasBeat = false
    pauseUntil = .min
    runUntil = .min
    wideRun = 0
    wideBeats = 0
    measures = RhythmMeasures()
    lastInterval = 0
    unevenness = 0
    usualWidthSeconds = 0.09
    sight.restart(at: index)
    fibrillation.restart()
    atrial.restart(at: index)
    patterns.restart()
  }

  /// Takes a filtered sample of all rows and the beat that was decided at it.
  ///
  /// - Parameters:
  ///   - usable: bit n: row n measures. Without any nothing new can be said of the heart, and after
  ///     `Sight.lostSeconds` nothing at all.
  ///   - heartRate: the rate now, nil when unknown.
  public func process(
    _ filtered: UnsafePointer<Float>, usable: UInt32, beat: Beat?, heartRate: Float?,
    at index: Int64
  ) -> RhythmState {
    if hasUntold { hasUntold = false } else { episodes.clear() }
    sight.take(isUnseen: usable == 0, at: index)
    guard !sight.isLost else {
      restart(at: index &+ 1)
      hasUntold = false
      return RhythmState()
    }
    lastIndex = index
    fibrillation.process(filtered, usable: usable)
    if let beat { take(beat, heartRate) }
    var state = RhythmState()
    if judgeTachycardia(at: index) { state.insert(.ventricularTachycardia) }
    judgeFibrillation(at: index, &state)
    judgeSilence(at: index, &state)
    judgeRate(heartRate, at: index, &state)
    if atrial.isPresent && heartRate != nil { state.insert(.irregular) }
    if patterns.isRunning && index &- lastBeat < asystoleSamples {
      runUntil = index &+ heldSamples
      measures.ventricularRunBeats = patterns.runBeatCount
    }
    if index < runUntil { state.insert(.ventricularRun) }
    if index < pauseUntil { state.insert(.pause) }
    return state
  }

  /// A run by the beats' classes, or by their width alone: the first beats of a stream have no class, and a
  /// tachycardia that lasts becomes what is usual.
  private func judgeTachycardia(at index: Int64) -> Bool {
    let isWide = wideRun >= limits.ventricularRun
    let isFibrillation = fibrillation.isPresent && unevenness > Self.unevenMin
    let isRunning = (isWide || patterns.tachycardiaStart != nil) && !isFibrillation
    let holds = isRunning && index &- lastBeat < runEndSamples
    if holds {
      measures.tachycardiaBeats = max(
        isWide ? wideBeats : 0, patterns.tachycardiaStart == nil ? 0 : patterns.runBeatCount)
    }
    if holds != episodes.holds(.ventricularTachycardia) {
      let start = min(isWide ? wideStart : .max, patterns.tachycardiaStart ?? .max)
      episodes.set(
        .ventricularTachycardia, holds, at: holds ? start : isRunning ? index : lastBeat)
    }
    return holds
  }

  private func judgeFibrillation(at index: Int64, _ state: inout RhythmState) {
    let holds = fibrillation.isPresent && !state.contains(.ventricularTachycardia)
    if holds { state.insert(.ventricularFibrillation) }
    guard holds != episodes.holds(.ventricularFibrillation) else { return }
    if holds {
      atrial.forget()
      tellAtrial()
      patterns.end(in: episodes, at: lastBeat)
    }
    episodes.set(
      .ventricularFibrillation, holds,
      at: index &- (holds ? fibrillation.lookBackSamples : fibrillation.stepSamples))
  }

  private func judgeSilence(at index: Int64, _ state: inout RhythmState) {
    let silence = sight.silence(at: index)
    let holds = silence >= asystoleSamples && !state.contains(.ventricularFibrillation)
    if holds { state.insert(.asystole) }
    measures.silenceSeconds = holds ? Float(Double(silence) / sampleRate) : nil
    if holds != episodes.holds(.asystole) {
      episodes.set(.asystole, holds, at: holds || silence < asystoleSamples ? lastBeat : index)
    }
  }

  private func judgeRate(_ rate: Float?, at index: Int64, _ state: inout RhythmState) {
    if let rate {
      if rate > limits.tachycardiaBPM { state.insert(.tachycardia) }
      if rate > limits.extremeTachycardiaBPM { state.insert(.extremeTachycardia) }
      if rate < limits.bradycardiaBPM { state.insert(.bradycardia) }
      if rate < limits.extremeBradycardiaBPM { state.insert(.extremeBradycardia) }
    }
    episodes.set(.extremeTachycardia, state.contains(.extremeTachycardia), at: lastBeat)
    episodes.set(.extremeBradycardia, state.contains(.extremeBradycardia), at: lastBeat)
  }

  private func take(_ beat: Beat, _ heartRate: Float?) {
    let interval = Double(beat.sampleIndex &- lastBeat) / sampleRate
    let isUnbroken = sight.isUnbroken(to: beat.sampleIndex)
    sight.take(beat: beat.sampleIndex)
    takeWidth(beat, interval, isUnbroken: isUnbroken)
    if isUnbroken { takeEvenness(interval) }
    if !episodes.holds(.ventricularFibrillation) {
      patterns.take(beat, in: episodes)
      if hasBeat {
        let isConducted = Self.isConducted(beat.beatClass) && Self.isConducted(lastClass)
        atrial.take(
          from: lastBeat, to: beat.sampleIndex, isConducted: isConducted && isUnbroken)
        tellAtrial()
        if isUnbroken { tellPause(beat, interval, heartRate) }
      }
    }
    lastBeat = beat.sampleIndex
    lastClass = beat.beatClass
    hasBeat = true
  }

  /// Ventricular and paced beats say nothing of the atria.
  private static func isConducted(_ beatClass: BeatClass) -> Bool {
    beatClass != .ventricular && beatClass != .paced
  }

  private func tellAtrial() {
    episodes.set(.atrialFibrillation, atrial.isPresent, at: atrial.changedAt)
  }

  /// The rate includes the pause itself, so it is asked only to stand out.
  private func tellPause(_ beat: Beat, _ interval: Double, _ heartRate: Float?) {
    guard interval > limits.pauseSeconds, interval < limits.asystoleSeconds, let heartRate,
      interval > Self.pauseRatio * 60 / Double(heartRate)
    else { return }
    episodes.tell(.pause, from: lastBeat, to: beat.sampleIndex)
    pauseUntil = lastIndex &+ heldSamples
    measures.pauseSeconds = Float(interval)
  }

  /// How much intervals differ from the one before, as a share of it: what follows the waves of fibrillation as if
  /// they were beats is not even.
  private func takeEvenness(_ interval: Double) {
    let change = min(1, abs(interval - lastInterval) / max(lastInterval, 0.1))
    unevenness += 0.25 * (Float(change) - unevenness)
    lastInterval = interval
  }

  /// Wide beats in a row, each faster than the limit. Where beats may have been missed before it, a wide one says
  /// nothing of how fast they are.
  private func takeWidth(_ beat: Beat, _ interval: Double, isUnbroken: Bool) {
    let isFast = interval > 0 && interval < 60 / Double(limits.ventricularTachycardiaBPM)
    let isWide = beat.isWide && beat.widthSeconds > Self.wideRatio * usualWidthSeconds
    if isWide && wideRun > 0 && !isUnbroken { return }
    if isWide && (isFast || wideRun == 0) {
      if wideRun == 0 { (wideStart, wideBeats) = (beat.sampleIndex, 0) }
      wideBeats = min(wideBeats &+ 1, 1 << 20)
      wideRun = min(wideRun &+ 1, limits.ventricularRun &+ 3)
    } else {
      // A run that stands is not ended by one complex that looks otherwise.
      wideRun = wideRun > limits.ventricularRun ? limits.ventricularRun : 0
    }
    if isUnbroken && interval > Self.restingSeconds {
      usualWidthSeconds += 0.05 * (beat.widthSeconds - usualWidthSeconds)
    }
  }
}
