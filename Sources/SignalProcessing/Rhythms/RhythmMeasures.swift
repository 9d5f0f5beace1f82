// The numbers behind the rhythms that alarm.

/// What was measured of the rhythm.
public struct RhythmMeasures: BitwiseCopyable, Hashable, Sendable {
  /// Seconds since the last beat while there is an asystole.
  public var silenceSeconds: Float?
  /// The last interval that was a pause.
  public var pauseSeconds: Float?
  /// Beats of the last run of ventricular ones.
  public var ventricularRunBeats: Int32?
  /// Beats of the last fast run of ventricular or wide ones.
  public var tachycardiaBeats: Int32?
  /// By how much the ST level has moved in the row that has moved the most, while it is beyond the limit.
  public var stMicrovolts: Float?
  /// That row.
  public var stRow: Int32 = 0

  /// Nothing yet.
  public init() {}
}
