// What a ward can choose about the alarm system as a whole.

/// Settings of the alarm system.
public struct AlarmSettings: BitwiseCopyable, Hashable, Sendable {
  /// Whether an alarm that a person at the central station has acknowledged sounds here no more and does not
  /// become graver. It stays shown either way.
  public var remoteAcknowledgementSilences: Bool
  /// Whether a latched alarm goes on sounding, or is only shown.
  public var latchedAlarmsSound: Bool

  /// The defaults: what happens far away changes nothing here, and nothing falls silent by itself.
  public init(remoteAcknowledgementSilences: Bool = false, latchedAlarmsSound: Bool = true) {
    self.remoteAcknowledgementSilences = remoteAcknowledgementSilences
    self.latchedAlarmsSound = latchedAlarmsSound
  }
}
