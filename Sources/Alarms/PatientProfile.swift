// Whom the monitor watches, and what its alarms go by for this patient.

/// A patient's profile. The defaults are those for an adult of whom nothing is known.
public struct PatientProfile: Hashable, Sendable {
  /// The hospital's number, nil where nobody told it.
  public var id: String?
  /// The name, nil where nobody told it.
  public var name: String?
  /// Whole years, nil where nobody told it: outside the ages that a statement was validated for it is
  /// not assessed.
  public var ageYears: Int?
  /// What the alarms of the patient go by.
  public var limits = AlarmLimits()
  /// What is different about single alarms, by name.
  public var alarms: [String: AlarmAdjustment] = [:]
  /// What holds for the alarm system as a whole.
  public var settings = AlarmSettings()
  /// How long an audio pause is, at most `AlarmSystem.audioPauseSecondsMax`.
  public var audioPauseSeconds = AlarmSystem.audioPauseSecondsMax

  /// An adult of whom nothing is known.
  public init() {}

  /// An alarm's definition for this patient.
  public func adjusted(_ definition: AlarmDefinition) -> AlarmDefinition {
    guard let adjustment = alarms[definition.name] else { return definition }
    var result = definition
    if let asked = adjustment.priority {
      // The file's reader has refused what is beyond; this holds for a profile that is made otherwise, too.
      let bounds = definition.priorityBounds
      let priority = min(max(asked, bounds.lowerBound), bounds.upperBound)
      result.priority = priority
      result.priorityMax = max(definition.priorityMax, priority)
      result.mayBeOff = definition.mayBeOff && priority < .high
    }
    result.onsetSeconds = adjustment.onsetSeconds ?? definition.onsetSeconds
    if let seconds = adjustment.escalationSeconds {
      result.escalationSeconds = seconds
      // Where it does not rise by itself it rises by one, as far as it may.
      let raised = min(result.priority.raised, definition.priorityBounds.upperBound)
      result.priorityMax = max(result.priorityMax, raised)
    }
    result.isLatching = adjustment.isLatching ?? definition.isLatching
    result.isOff = adjustment.isOff ?? definition.isOff
    return result
  }
}

extension PatientProfile {
  /// Whether it is about the same person as another one: the same number; without numbers the same name.
  public func isSamePatient(as other: PatientProfile) -> Bool {
    if id != nil || other.id != nil { return id == other.id }
    return name != nil && name == other.name
  }
}

extension AlarmSnapshot {
  /// What is left of before, with alarms off and on as a profile says that is newer; of which it says nothing, they
  /// stay as they were.
  public func overruled(by profile: PatientProfile) -> AlarmSnapshot {
    let said = profile.alarms.compactMapValues(\.isOff)
    var result = self
    result.off.removeAll { said[$0] != nil }
    result.off = (result.off + said.filter(\.value).keys).sorted()
    return result
  }
}

/// What is different about one alarm.
public struct AlarmAdjustment: Hashable, Sendable {
  /// Whether it is off when the monitor starts, nil where nothing is said of it.
  public var isOff: Bool?
  /// Another priority.
  public var priority: AlarmPriority?
  /// Seconds that the condition must last.
  public var onsetSeconds: Double?
  /// Seconds without acknowledgement after which the priority rises.
  public var escalationSeconds: Double?
  /// Whether it stays shown when its condition is gone, whatever its priority.
  public var isLatching: Bool?

  /// Nothing is different.
  public init() {}
}

extension AlarmDefinition {
  /// What the names of the model's findings begin with.
  public static let findingPrefix = "finding."

  /// The priorities that a patient's profile may give it. What is high stays high and what is wrong with the device
  /// is never played down; a finding alone is never more than medium.
  public var priorityBounds: ClosedRange<AlarmPriority> {
    if name.hasPrefix(Self.findingPrefix) { return .low ... .medium }
    return (isTechnical || priority == .high ? priority : .low) ... .high
  }

  /// Seconds of onset delay that a patient's profile may give it. What is grave is never kept waiting longer than it
  /// is for everybody: with its detection that is within the 10 s that IEC 60601-2-27 allows.
  public var onsetBounds: ClosedRange<Double> { 0...(priority == .high ? onsetSeconds : 60) }

  /// Seconds without acknowledgement that a patient's profile may give it.
  public static let escalationBounds = 30.0...3600
}
