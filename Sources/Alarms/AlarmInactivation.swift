// What keeps alarms silent: always visible, and told whenever it changes.

/// The inactivation states of IEC 60601-1-8.
public struct AlarmInactivation: BitwiseCopyable, Hashable, Sendable {
  /// Whole seconds until sound comes back, rounded up; nil while audio is not paused.
  public var audioPauseSecondsLeft: Int32?
  /// Whether the patient is away: alarms of patient and electrodes are inactive.
  public var isStandby: Bool
  /// How many alarms are switched off.
  public var offCount: Int32
  /// Why it changed.
  public var cause: AlarmInactivationCause
  /// Who changed it, where a person did and gave a name.
  public var person: AlarmPerson

  /// Everything is active, or what is given.
  public init(
    audioPauseSecondsLeft: Int32? = nil, isStandby: Bool = false, offCount: Int32 = 0,
    cause: AlarmInactivationCause = .operated, person: AlarmPerson = .unnamed
  ) {
    self.audioPauseSecondsLeft = audioPauseSecondsLeft
    self.isStandby = isStandby
    self.offCount = offCount
    self.cause = cause
    self.person = person
  }

  /// In words, as a log has it.
  public var sentence: String {
    var states: [String] = []
    if let audioPauseSecondsLeft { states.append("audio paused for \(audioPauseSecondsLeft) s") }
    if isStandby { states.append("standby") }
    if offCount > 0 { states.append(offCount == 1 ? "1 alarm off" : "\(offCount) alarms off") }
    return (states.isEmpty ? "all alarms active" : states.joined(separator: ", "))
      + " (\(cause.name))"
  }
}

/// Why an inactivation state changed.
public enum AlarmInactivationCause: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// A person at the device.
  case operated
  /// A second of the audio pause went by; with the last one the pause is over.
  case countdown
  /// A new or graver alarm broke the audio pause.
  case newAlarm
  /// Standby ended because an ECG is there.
  case ecgIsBack
  /// The monitor started, with alarms that are off from the start.
  case start

  /// The word in JSON.
  public var name: String {
    switch self {
    case .operated: "operator"
    case .countdown: "countdown"
    case .newAlarm: "newAlarm"
    case .ecgIsBack: "ecgIsBack"
    case .start: "start"
    }
  }
}
