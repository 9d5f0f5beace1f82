// From beats and waves to rhythms that must alarm. Limits are defaults for adults; none is a diagnosis.

import Glibc

/// Limits of the rhythm alarms.
public struct RhythmLimits: Hashable, Sendable {
  /// Below: heart rate low.
  public var bradycardiaBPM: Float = 50
  /// Above: heart rate high.
  public var tachycardiaBPM: Float = 120
  /// Below: extreme.
  public var extremeBradycardiaBPM: Float = 35
  /// Above: extreme.
  public var extremeTachycardiaBPM: Float = 150
  /// Without a beat for so long: asystole.
  public var asystoleSeconds = 4.0
  /// Wide beats in a row, faster than `ventricularTachycardiaBPM`, from which it is a tachycardia.
  public var ventricularRun = 6
  /// See `ventricularRun`.
  public var ventricularTachycardiaBPM: Float = 120

  /// The defaults.
  public init() {}
}

/// What holds now.
public struct RhythmState: OptionSet, Hashable, Sendable, BitwiseCopyable {
  /// One bit a condition.
  public let rawValue: UInt16
  /// Creates a state from its bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// No beats, and no fibrillation either.
  public static let asystole = RhythmState(rawValue: 1)
  /// A wave without complexes.
  public static let ventricularFibrillation = RhythmState(rawValue: 2)
  /// A run of fast wide beats.
  public static let ventricularTachycardia = RhythmState(rawValue: 4)
  /// Rate above the extreme limit.
  public static let extremeTachycardia = RhythmState(rawValue: 8)
  /// Rate below the extreme limit.
  public static let extremeBradycardia = RhythmState(rawValue: 16)
  /// Rate above the limit.
  public static let tachycardia = RhythmState(rawValue: 32)
  /// Rate below the limit.
  public static let bradycardia = RhythmState(rawValue: 64)
  /// Intervals as random as in atrial fibrillation.
  public static let irregular = RhythmState(rawValue: 128)
}

/// Follows the rhythm of a stream. Allocates only at `init`. One thread.
public final class RhythmDetector {
  private static let wideRatio: Float = 1.1
  private static let restingSeconds = 0.6

  private let sampleRate: Double
  private let rowCount: Int
  private let limits: RhythmLimits
  private let fibrillation: FibrillationDetector
  private var irregularity = Irregularity()
  private var waveRow = 0
  private var lastBeat: Int64 = 0
  /// Width of the complexes at less than 100 a minute: what is wide for this heart stands out against it.
  private var usualWidthSeconds: Float = 0.09
  private var wideRun = 0
  private var changes: InlineArray<16, RhythmChange> = .init(
    repeating: RhythmChange(rhythm: .pause, isOnset: false, sampleIndex: 0))
  /// Rhythms that began or ended with the last sample.
  private(set) var changeCount = 0

  /// A detector at the start of a stream.
  public init(sampleRate: Double, rowCount: Int, limits: RhythmLimits) {
    self.sampleRate = sampleRate
    self.rowCount = rowCount
    self.limits = limits
    fibrillation = FibrillationDetector(sampleRate: sampleRate)
  }

  /// A change at a position below `changeCount`.
  func change(_ position: Int) -> RhythmChange { changes[position] }

  /// The stream starts anew at a sample.
  public func restart(at index: Int64) {
    lastBeat = index
    wideRun = 0
    usualWidthSeconds = 0.09
    fibrillation.restart()
    irregularity = Irregularity()
  }

  /// Takes a filtered sample of all rows and the beat that was decided at it.
  ///
  /// - Parameters:
  ///   - usable: bit n: row n measures. Without any nothing can be said of the heart.
  ///   - heartRate: the rate now, nil when unknown.
  public func process(
    _ filtered: UnsafePointer<Float>, usable: UInt32, beat: Beat?, heartRate: Float?,
    at index: Int64
  ) -> RhythmState {
    guard usable != 0 else {
      restart(at: index)
      return RhythmState()
    }
    if let beat { take(beat) }
    if usable & (1 &<< UInt32(waveRow)) == 0 {
      waveRow = usable.trailingZeroBitCount
      fibrillation.restart()
    }
    var state = RhythmState()
    let hasRun =
      wideRun >= limits.ventricularRun
      && Double(index &- lastBeat) / sampleRate < 60 / Double(limits.ventricularTachycardiaBPM) * 2
    if hasRun { state.insert(.ventricularTachycardia) }
    if fibrillation.process(filtered[waveRow]) && !hasRun {
      state.insert(.ventricularFibrillation)
    }
    let silence = Double(index &- lastBeat) / sampleRate
    if silence >= limits.asystoleSeconds && !state.contains(.ventricularFibrillation) {
      state.insert(.asystole)
    }
    if let heartRate { insertRate(heartRate, into: &state) }
    if irregularity.isIrregular && heartRate != nil { state.insert(.irregular) }
    return state
  }

  private func insertRate(_ rate: Float, into state: inout RhythmState) {
    if rate > limits.tachycardiaBPM { state.insert(.tachycardia) }
    if rate > limits.extremeTachycardiaBPM { state.insert(.extremeTachycardia) }
    if rate < limits.bradycardiaBPM { state.insert(.bradycardia) }
    if rate < limits.extremeBradycardiaBPM { state.insert(.extremeBradycardia) }
  }

  private func take(_ beat: Beat) {
    let interval = Double(beat.sampleIndex &- lastBeat) / sampleRate
    let isFast = interval > 0 && interval < 60 / Double(limits.ventricularTachycardiaBPM)
    let isWide = beat.isWide && beat.widthSeconds > Self.wideRatio * usualWidthSeconds
    if isWide && (isFast || wideRun == 0) {
      wideRun = min(wideRun &+ 1, limits.ventricularRun &+ 3)
    } else {
      // A run that stands is not ended by one complex that looks otherwise.
      wideRun = wideRun > limits.ventricularRun ? limits.ventricularRun : 0
    }
    if interval > Self.restingSeconds {
      usualWidthSeconds += 0.05 * (beat.widthSeconds - usualWidthSeconds)
    }
    if interval > 0.2 && interval < 2 { irregularity.add(interval) }
    lastBeat = beat.sampleIndex
  }
}
