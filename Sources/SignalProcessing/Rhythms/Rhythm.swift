// Rhythms as episodes: what began or ended, and at which sample.

/// A rhythm that has a beginning and an end. A beat belongs to an episode by its R peak: an episode begins with the
/// first beat that is of it and ends with the first that is not.
public enum Rhythm: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// Intervals as random as in atrial fibrillation, for at least 24 of them.
  case atrialFibrillation
  /// Every second beat is ventricular, three times or more.
  case ventricularBigeminy
  /// Every third beat is ventricular, three times or more.
  case ventricularTrigeminy
  /// Two ventricular beats in a row.
  case ventricularCouplet
  /// Three to five ventricular beats in a row.
  case ventricularRun
  /// Six or more ventricular beats in a row, faster than the limit.
  case ventricularTachycardia
  /// Six or more ventricular beats in a row, no faster than the limit.
  case idioventricularRhythm
  /// Fibrillation or flutter of the ventricles.
  case ventricularFibrillation
  /// Three or more supraventricular beats in a row.
  case supraventricularRun
  /// No beat for longer than `RhythmLimits.pauseSeconds` and half as long again as usual, but no asystole.
  case pause
  /// No beat for `RhythmLimits.asystoleSeconds`, since the last one.
  case asystole
  /// Heart rate below the extreme limit.
  case extremeBradycardia
  /// Heart rate above the extreme limit.
  case extremeTachycardia

  /// The word printed in JSON.
  public var name: String { String(describing: self) }

  /// What people read.
  public var title: String {
    switch self {
    case .atrialFibrillation: "Atrial fibrillation"
    case .ventricularBigeminy: "Ventricular bigeminy"
    case .ventricularTrigeminy: "Ventricular trigeminy"
    case .ventricularCouplet: "Ventricular couplet"
    case .ventricularRun: "Ventricular run"
    case .ventricularTachycardia: "Ventricular tachycardia"
    case .idioventricularRhythm: "Idioventricular rhythm"
    case .ventricularFibrillation: "Ventricular fibrillation"
    case .supraventricularRun: "Supraventricular run"
    case .pause: "Pause"
    case .asystole: "Asystole"
    case .extremeBradycardia: "Extreme bradycardia"
    case .extremeTachycardia: "Extreme tachycardia"
    }
  }
}

/// A rhythm began or ended. It is told when it is certain, which is after `sampleIndex`.
public struct RhythmChange: BitwiseCopyable, Hashable, Sendable {
  /// Which rhythm.
  public var rhythm: Rhythm
  /// Whether it began; else it ended.
  public var isOnset: Bool
  /// The first sample of the episode, or the first one after it.
  public var sampleIndex: Int64

  /// A change at a sample.
  public init(rhythm: Rhythm, isOnset: Bool, sampleIndex: Int64) {
    self.rhythm = rhythm
    self.isOnset = isOnset
    self.sampleIndex = sampleIndex
  }
}
