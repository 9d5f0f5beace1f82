// What the alarm system tells of one alarm: it started, became graver, stays although its condition is gone, ended;
// and what people did about it.

/// What happened to an alarm.
public enum AlarmPhase: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// Its condition holds. Also told for an alarm that is latched, when its condition comes back.
  case start
  /// Its priority rose, or it sounds again.
  case update
  /// It is shown no more.
  case end
  /// Its condition is gone, but it stays shown until a person acknowledges it.
  case latched
  /// A person at the device has seen it: it sounds no more. A latched one ends right after this.
  case acknowledged
  /// A person at the central station has seen it and takes charge.
  case accepted
  /// A person switched it off, so that it neither shows nor sounds. One that was shown ends right after this.
  case off
  /// A person switched it on again.
  case on

  /// The word in JSON.
  public var name: String {
    switch self {
    case .start: "start"
    case .update: "update"
    case .end: "end"
    case .latched: "latched"
    case .acknowledged: "acknowledged"
    case .accepted: "accepted"
    case .off: "off"
    case .on: "on"
    }
  }

  /// Whether the condition is over with it: what held since the last `start` holds no more.
  public var endsCondition: Bool { self == .end || self == .latched }
}

/// Why it happened.
public enum AlarmCause: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// The condition came or went.
  case condition
  /// A graver alarm that says the same took its place.
  case graver
  /// Nobody acknowledged it in time.
  case unanswered
  /// A person at the device.
  case operated
  /// A person at the central station.
  case central
  /// Standby: the patient is away.
  case standby
  /// The monitor started again and knows it from before.
  case restart
  /// The patient's file says so.
  case setting
  /// The central station, from where it was silenced, is out of reach.
  case linkLost
  /// There is more of the same: another electrode came off.
  case further

  /// The word in JSON.
  public var name: String {
    switch self {
    case .condition: "condition"
    case .graver: "graver"
    case .unanswered: "unanswered"
    case .operated: "operator"
    case .central: "central"
    case .standby: "standby"
    case .restart: "restart"
    case .setting: "setting"
    case .linkLost: "linkLost"
    case .further: "further"
    }
  }
}

/// A change of one alarm.
public struct AlarmTransition: BitwiseCopyable, Sendable, Hashable {
  /// Index into the alarm system's definitions.
  public var alarm: Int
  /// What happened.
  public var phase: AlarmPhase
  /// Its priority from now on; where it is over, the one it had.
  public var priority: AlarmPriority
  /// Why.
  public var cause: AlarmCause
  /// Who did it, where a person did and gave a name.
  public var person: AlarmPerson
  /// What was measured of its condition then.
  public var measure: AlarmMeasure

  /// A transition, by its condition unless told otherwise.
  public init(
    alarm: Int, phase: AlarmPhase, priority: AlarmPriority, cause: AlarmCause = .condition,
    person: AlarmPerson = .unnamed, measure: AlarmMeasure = .none
  ) {
    self.alarm = alarm
    self.phase = phase
    self.priority = priority
    self.cause = cause
    self.person = person
    self.measure = measure
  }
}
