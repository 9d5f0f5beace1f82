// Patterns of ectopic beats, from the class of each beat alone: bigeminy, trigeminy, couplets and runs.

/// Follows the classes of the beats and tells patterns to the book of episodes.
struct EctopicPatterns {
  /// So many ventricular beats at the same distance are bigeminy or trigeminy, as the annotators of MIT-BIH mark it.
  private static let patternCount = 3
  /// A tachycardia is over when it is so much slower than what made it one.
  private static let slowing = 1.1
  private static let supraventricularRun = 3

  private let sampleRate: Double
  private let limits: RhythmLimits
  /// Ventricular beats in a row until now, and where the last of them were.
  private var run = 0
  private var runStart: Int64 = 0
  private var runBeats: InlineArray<16, Int64> = .init(repeating: 0)
  /// Conducted beats since the last ventricular one.
  private var conducted = 0
  /// Ventricular beats at the same distance, the distance in beats (2: bigeminy), and the first of them.
  private var repeats = 0
  private var period = 0
  private var patternStart: Int64 = 0
  /// The beat after the last ventricular one.
  private var afterVentricular: Int64 = 0
  private var supraventricular = 0
  private var supraventricularStart: Int64 = 0

  init(sampleRate: Double, limits: RhythmLimits) {
    self.sampleRate = sampleRate
    self.limits = limits
  }

  /// Whether a run of ventricular beats is fast now, and where it began.
  private(set) var tachycardiaStart: Int64?

  /// Whether the last beats are a run of ventricular ones.
  var isRunning: Bool { run >= limits.ventricularRunBeats }

  /// How many they are, up to a million.
  var runBeatCount: Int32 { Int32(run) }

  /// Forgets the beats before.
  mutating func restart() { self = EctopicPatterns(sampleRate: sampleRate, limits: limits) }

  /// Another rhythm takes over: what holds ends.
  mutating func end(in episodes: RhythmEpisodes, at sample: Int64) {
    endPattern(episodes, at: sample)
    episodes.set(.idioventricularRhythm, false, at: sample)
    episodes.set(.supraventricularRun, false, at: sample)
    restart()
  }

  /// Takes the next beat.
  mutating func take(_ beat: Beat, in episodes: RhythmEpisodes) {
    if beat.beatClass == .ventricular {
      takeVentricular(beat.sampleIndex, episodes)
    } else {
      takeConducted(beat.sampleIndex, episodes)
    }
    takeSupraventricular(beat, episodes)
  }

  private mutating func takeVentricular(_ sample: Int64, _ episodes: RhythmEpisodes) {
    if run == 0 {
      runStart = sample
      extendPattern(sample, episodes)
    } else if run == 1 {
      endPattern(episodes, at: sample)
    }
    runBeats[run & 15] = sample
    run = run == 1 << 20 ? 1 << 19 : run &+ 1
    conducted = 0
    judgeRun(sample, episodes)
  }

  /// A ventricular beat after a conducted one.
  private mutating func extendPattern(_ sample: Int64, _ episodes: RhythmEpisodes) {
    let distance = conducted &+ 1
    if repeats == 0 || distance != period {
      endPattern(episodes, at: afterVentricular)
      // The last ventricular beat and this one may be the first of another pattern.
      let isPattern = repeats > 0 && (distance == 2 || distance == 3)
      period = isPattern ? distance : 0
      repeats = isPattern ? 2 : 1
      patternStart = isPattern ? lastVentricular : sample
    } else {
      repeats = min(repeats &+ 1, Self.patternCount)
    }
    lastVentricular = sample
    guard repeats >= Self.patternCount else { return }
    episodes.set(
      period == 2 ? .ventricularBigeminy : .ventricularTrigeminy, true, at: patternStart)
  }

  private var lastVentricular: Int64 = 0

  private mutating func endPattern(_ episodes: RhythmEpisodes, at sample: Int64) {
    episodes.set(.ventricularBigeminy, false, at: sample)
    episodes.set(.ventricularTrigeminy, false, at: sample)
  }

  private mutating func takeConducted(_ sample: Int64, _ episodes: RhythmEpisodes) {
    if run > 0 { afterVentricular = sample }
    if run == 2 { episodes.tell(.ventricularCouplet, from: runStart, to: sample) }
    if (3..<limits.ventricularRun).contains(run) {
      episodes.tell(.ventricularRun, from: runStart, to: sample)
    }
    // A couplet or a run belongs to no pattern.
    if run > 1 { repeats = 0 }
    run = 0
    tachycardiaStart = nil
    episodes.set(.idioventricularRhythm, false, at: sample)
    conducted = min(conducted &+ 1, 100)
    let isBroken = period > 0 && conducted >= period
    if isBroken || conducted > 2 {
      endPattern(episodes, at: afterVentricular)
      if conducted > 2 { repeats = 0 }
    }
  }

  /// Six beats or more are a tachycardia or an idioventricular rhythm, by their rate.
  private mutating func judgeRun(_ sample: Int64, _ episodes: RhythmEpisodes) {
    let beats = min(limits.ventricularRun, 16)
    guard run >= beats, beats >= 2 else { return }
    let first = runBeats[(run &- beats) & 15]
    let seconds = Double(sample &- first) / sampleRate
    let secondsMax = Double(beats &- 1) * 60 / Double(limits.ventricularTachycardiaBPM)
    if seconds < secondsMax {
      episodes.set(.idioventricularRhythm, false, at: first)
      if tachycardiaStart == nil { tachycardiaStart = first }
    } else if tachycardiaStart == nil || seconds > Self.slowing * secondsMax {
      episodes.set(.idioventricularRhythm, true, at: tachycardiaStart == nil ? runStart : sample)
      tachycardiaStart = nil
    }
  }

  private mutating func takeSupraventricular(_ beat: Beat, _ episodes: RhythmEpisodes) {
    guard beat.beatClass == .supraventricular, !episodes.holds(.atrialFibrillation) else {
      supraventricular = 0
      return episodes.set(.supraventricularRun, false, at: beat.sampleIndex)
    }
    if supraventricular == 0 { supraventricularStart = beat.sampleIndex }
    supraventricular = min(supraventricular &+ 1, Self.supraventricularRun)
    if supraventricular == Self.supraventricularRun {
      episodes.set(.supraventricularRun, true, at: supraventricularStart)
    }
  }
}
