// What the rhythm alarms go by. Defaults for adults; none is a diagnosis.

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
  /// An interval longer than this is a pause, if it also stands out from the others. Cardiologists act on 3 s (Kusumoto
  /// et al., Circulation 2019); monitors tell earlier.
  public var pauseSeconds = 2.0
  /// Ventricular beats in a row from which a run is told.
  public var ventricularRunBeats = 3
  /// How far the ST level may move from the patient's own.
  public var stShiftMicrovolts: Float = 200
  /// Wide beats in a row, faster than `ventricularTachycardiaBPM`, from which it is a tachycardia; at most 16.
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
  /// A pause was told; stays set long enough for an alarm to see it.
  public static let pause = RhythmState(rawValue: 256)
  /// A run of ventricular beats was told; stays set long enough for an alarm to see it.
  public static let ventricularRun = RhythmState(rawValue: 512)
  /// The ST level has shifted against the patient's own.
  public static let stShift = RhythmState(rawValue: 1024)
  /// Neither a rhythm nor its absence can be told: noise passes for beats, or no row can be trusted.
  public static let cannotAnalyse = RhythmState(rawValue: 2048)
}
