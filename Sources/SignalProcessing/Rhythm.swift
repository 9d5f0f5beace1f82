// Rhythms as episodes: what began or ended, and at which sample.

/// A rhythm that has a beginning and an end.
public enum Rhythm: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case atrialFibrillation
  case ventricularBigeminy
  case ventricularTrigeminy
  /// Two ventricular beats in a row.
  case ventricularCouplet
  /// Three to five ventricular beats in a row.
  case ventricularRun
  /// Six or more ventricular beats in a row, faster than the limit.
  case ventricularTachycardia
  /// Fibrillation or flutter of the ventricles.
  case ventricularFibrillation
  /// Three or more supraventricular beats in a row.
  case supraventricularRun
  case pause
  case asystole
  case extremeBradycardia
  case extremeTachycardia

  /// The word printed in JSON.
  public var name: String { String(describing: self) }
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
