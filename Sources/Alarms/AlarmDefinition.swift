// What one alarm is: how urgent, how long its condition must last, what happens when nobody comes.

/// One alarm of a monitor.
public struct AlarmDefinition: Hashable, Sendable {
  /// The name in JSON ("asystole").
  public var name: String
  /// What people read ("Asystole").
  public var message: String
  /// Its urgency when it starts.
  public var priority: AlarmPriority
  /// The gravest that it becomes when nobody acknowledges it.
  public var priorityMax: AlarmPriority
  /// Seconds without acknowledgement after which its priority rises by one; nil where it never does.
  public var escalationSeconds: Double?
  /// Whether the device is in trouble rather than the patient.
  public var isTechnical: Bool
  /// Whether it comes through the electrodes, so that it means nothing while the patient is away.
  public var isInactiveInStandby: Bool
  /// Whether a person may switch it off.
  public var mayBeOff: Bool
  /// Seconds that the condition must last before the alarm starts.
  public var onsetSeconds: Double
  /// Seconds that the condition must be gone before the alarm ends.
  public var endSeconds: Double
  /// Whether it is switched off when the monitor starts.
  public var isOff = false
  /// Whether it latches at every priority, not only when it is high.
  public var isLatching = false

  /// An alarm of the patient that starts at once, ends after five seconds without its condition, keeps its
  /// priority and, unless that is high, may be switched off.
  public init(
    name: String, message: String, priority: AlarmPriority, isTechnical: Bool = false,
    onsetSeconds: Double = 0, endSeconds: Double = 5, escalationSeconds: Double? = nil,
    priorityMax: AlarmPriority? = nil, isInactiveInStandby: Bool = true, mayBeOff: Bool? = nil
  ) {
    self.name = name
    self.message = message
    self.priority = priority
    self.isTechnical = isTechnical
    self.onsetSeconds = onsetSeconds
    self.endSeconds = endSeconds
    self.escalationSeconds = escalationSeconds
    self.priorityMax = priorityMax ?? priority
    self.isInactiveInStandby = isInactiveInStandby
    self.mayBeOff = mayBeOff ?? (priority < .high)
  }

  /// Whether it stays shown when its condition is gone while its priority is this one: a patient who was in
  /// danger must be looked at; a device that works again need not.
  public func latches(at priority: AlarmPriority) -> Bool {
    !isTechnical && (isLatching || priority == .high)
  }
}
