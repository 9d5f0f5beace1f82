// Everything that is said of a stream without the model, in its order: quality, filters, beats, heart rate, rhythm.
// The monitor and whoever scores it on annotated records run this very chain.

/// The chain over one stream. All memory is allocated at `init`; nothing fails. One thread.
public final class SignalChain {
  /// What a gap that starts everything again adds to the stretches in which nothing was seen: less than what alone
  /// would be told (`Analysability`).
  private static let longGapSeconds = 1.5
  /// A complex whose R peak lies so long behind a pacemaker's spike is its work: a paced atrium has the PR interval
  /// in between, and of a wide complex the spike may stand on the upstroke.
  private static let pacedSeconds = -0.04...0.25

  /// Filtered microvolts of the last sample [row]; NaN where nothing was measured.
  public let filtered: UnsafeMutablePointer<Float>
  /// What holds of the rhythm now.
  public private(set) var rhythmState = RhythmState()
  /// Rows that measure a heart now, a bit each.
  public private(set) var usableRows: UInt32 = 0

  /// Rates at which beats are looked for: below, their slopes are lost. Rows of a higher rate come from no front-end.
  public static let sampleRateLimitsHz = 100.0...10_000.0

  private let sampleRate: Double
  private let rowCount: Int
  private let filter: RowFilter
  private let quality: SignalQuality
  private let detector: BeatDetector
  private let spikes: PacingSpikeDetector
  private let rhythm: RhythmDetector
  private let segment: STShift
  private var heartRate: HeartRate
  private var analysability: Analysability
  private let allRows: UInt32
  private var sight: Sight
  private var allLostSamples: Int64 = 0
  private var lastSpike = Int64.min / 2

  /// Plans every buffer for a rate of 100 to 2000 Hz.
  public init(
    sampleRate: Double, rowCount: Int, filters: FilterSettings = .monitoring,
    limits: RhythmLimits = RhythmLimits()
  ) {
    self.sampleRate = sampleRate
    self.rowCount = rowCount
    filter = RowFilter(settings: filters, sampleRate: sampleRate, rowCount: rowCount)
    quality = SignalQuality(sampleRate: sampleRate, rowCount: rowCount)
    detector = BeatDetector(sampleRate: sampleRate, rowCount: rowCount)
    spikes = PacingSpikeDetector(sampleRate: sampleRate, rowCount: rowCount)
    rhythm = RhythmDetector(sampleRate: sampleRate, rowCount: rowCount, limits: limits)
    segment = STShift(
      sampleRate: sampleRate, rowCount: rowCount, limitMicrovolts: limits.stShiftMicrovolts)
    heartRate = HeartRate(sampleRate: sampleRate)
    analysability = Analysability(sampleRate: sampleRate)
    sight = Sight(sampleRate: sampleRate)
    allRows = UInt32.max >> UInt32(32 - rowCount)
    filtered = .allocate(capacity: rowCount)
    filtered.initialize(repeating: .nan, count: rowCount)
    detector.restart(at: 0)
  }

  deinit { filtered.deallocate() }

  /// Takes sample `index` of all rows in microvolts, NaN where nothing was measured; returns a beat that is decided
  /// now.
  ///
  /// - Parameters:
  ///   - saturated: bit n: row n stands at its ADC's end.
  ///   - lost: bit n: an electrode of row n is off.
  public func step(
    _ raw: UnsafePointer<Float>, saturated: UInt32, lost: UInt32, at index: Int64
  ) -> Beat? {
    filter.process(raw, usable: usableRows, into: filtered)
    quality.process(raw, saturated: saturated, filtered: filtered, electrodesOff: lost)
    usableRows = quality.usableMask & ~lost
    if spikes.process(raw, usable: usableRows) { lastSpike = index &- Int64(spikes.delaySamples) }
    var beat = detector.process(raw, usable: usableRows)
    sight.take(isUnseen: usableRows == 0, at: index)
    if let found = beat {
      beat?.beatClass = beatClass(of: found)
      heartRate.add(found, isMeasured: sight.measuresRate(to: found.sampleIndex))
      sight.take(beat: found.sampleIndex)
    }
    rhythmState = rhythm.process(
      filtered, usable: usableRows, beat: beat,
      heartRate: heartRate.beatsPerMinute(at: index), at: index)
    segment.process(raw, calm: usableRows & ~quality.disturbedMask, beat: beat, at: index)
    if segment.isPresent { rhythmState.insert(.stShift) }
    judgeAnalysability(lost: lost, beat: beat, at: index)
    return beat
  }

  /// Electrodes that are all off are another matter: that the front-end tells. While they only flicker nobody knows how
  /// the patient is.
  private func judgeAnalysability(lost: UInt32, beat: Beat?, at index: Int64) {
    allLostSamples = lost & allRows == allRows ? allLostSamples &+ 1 : 0
    if Double(allLostSamples) >= Sight.lostSeconds * sampleRate { return analysability.restart() }
    analysability.take(
      isBlind: usableRows == 0, beat: beat, noiseShare: detector.noiseShare, at: index)
    if analysability.isLacking { rhythmState.insert(.cannotAnalyse) }
  }

  /// The detector's class, unless a spike stands before the beat (it is known in time: a beat is told later than a
  /// spike), or no row is calm enough to tell an ectopic beat from noise.
  private func beatClass(of beat: Beat) -> BeatClass {
    let sinceSpike = Double(beat.sampleIndex &- lastSpike) / sampleRate
    if Self.pacedSeconds.contains(sinceSpike) { return .paced }
    let isEctopic = beat.beatClass == .ventricular || beat.beatClass == .supraventricular
    let isCalm = usableRows & ~quality.disturbedMask != 0
    return isEctopic && !isCalm ? .unclassifiable : beat.beatClass
  }

  /// Where the filters of `filtered` stand.
  public var filterState: FilterState { filter.state }

  /// Beats a minute at a sample, nil when it cannot be told.
  public func heartRate(at index: Int64) -> Float? { heartRate.beatsPerMinute(at: index) }

  /// 0 for nothing usable to 100 for every row clean.
  public var qualityIndex: Int { quality.index }

  /// What a row looks like.
  public func grade(row: Int) -> RowGrade { quality.grade(row: row) }

  /// What all rows look like.
  public var rowGrades: RowGrades { quality.rowGrades }

  /// Rhythms that began or ended with the last sample.
  public var rhythmChangeCount: Int { rhythm.changeCount }

  /// A change at a position below `rhythmChangeCount`.
  public func rhythmChange(_ position: Int) -> RhythmChange { rhythm.change(position) }

  /// What was measured of the rhythm.
  public var rhythmMeasures: RhythmMeasures {
    var measures = rhythm.measures
    if segment.isPresent { (measures.stRow, measures.stMicrovolts) = segment.largest }
    return measures
  }

  /// Whether each missing sample of a gap is to be handed to `step`, NaN in all rows: what was known of the heart holds
  /// on, and time without a beat is not forgotten.
  public func isBridged(gap samples: Int64) -> Bool {
    !isHeld(samples) && Double(samples) <= Sight.lostSeconds * sampleRate
  }

  /// Samples are missing, and the next is `index`: for a gap so short that a beat cannot hide in it the beat detector
  /// holds the `last` ones, one too long to be bridged starts everything again.
  public func crossGap(_ samples: Int64, last: UnsafePointer<Float>, to index: Int64) {
    if isHeld(samples) {
      for _ in 0..<Int(samples) { _ = detector.process(last, usable: usableRows) }
    } else {
      detector.restart(at: index)
      rhythm.restart(at: index)
      heartRate.restart()
      quality.restart()
      sight.restart(at: index)
      for _ in 0..<Int(Self.longGapSeconds * sampleRate) {
        analysability.take(isBlind: true, beat: nil, noiseShare: 0, at: index)
      }
    }
    segment.crossGap(to: index)
    filter.restart()
    spikes.restart()
    lastSpike = .min / 2
  }

  private func isHeld(_ samples: Int64) -> Bool {
    Double(samples) <= Sight.glanceSeconds * sampleRate
  }
}
