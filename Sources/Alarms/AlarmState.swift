// One alarm within the alarm system: what it goes by, and where it stands.

/// What an alarm goes by, taken from its definition for the hot path.
struct AlarmRules: BitwiseCopyable {
  let onsetSeconds: Double
  let endSeconds: Double
  /// Infinite where its priority never rises.
  let escalationSeconds: Double
  let priority: AlarmPriority
  let priorityMax: AlarmPriority
  /// The least urgent at which it latches; nil where it never does.
  let latchesFrom: AlarmPriority?
  let isInactiveInStandby: Bool
  let mayBeOff: Bool
  /// Built-in alarms that silence this one, a bit each.
  let yieldsTo: UInt64

  init(_ definition: AlarmDefinition, yieldsTo: [BuiltInAlarm]) {
    onsetSeconds = definition.onsetSeconds
    endSeconds = definition.endSeconds
    escalationSeconds = definition.escalationSeconds ?? .infinity
    priority = definition.priority
    priorityMax = max(definition.priorityMax, definition.priority)
    latchesFrom = AlarmPriority.allCases.first(where: definition.latches)
    isInactiveInStandby = definition.isInactiveInStandby
    mayBeOff = definition.mayBeOff
    self.yieldsTo = yieldsTo.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
  }
}

/// Where an alarm stands.
struct AlarmState: BitwiseCopyable {
  /// Whether its condition was said to hold.
  var isPresent = false
  /// Whether its condition has lasted and is not yet gone for long enough.
  var isActive = false
  /// Whether it is shown although its condition is gone.
  var isLatched = false
  /// Whether a person at the device has seen it.
  var isAcknowledged = false
  /// Whether a person at the central station has seen it.
  var isAccepted = false
  /// Whether a person switched it off.
  var isOff = false
  var priority: AlarmPriority
  /// When the condition began to hold, or to be gone; nil while nothing is pending.
  var pendingSince: Double?
  /// When it started or its priority last rose.
  var raisedAtSeconds = 0.0

  init(priority: AlarmPriority) { self.priority = priority }

  /// Whether people see it.
  var isShown: Bool { isActive || isLatched }

  /// Its condition holds from now on. One that was latched keeps the priority that it had come to.
  mutating func start(_ rules: AlarmRules, at seconds: Double) {
    if !isLatched { priority = rules.priority }
    isActive = true
    isLatched = false
    isAcknowledged = false
    isAccepted = false
    pendingSince = nil
    raisedAtSeconds = seconds
  }

  /// Its condition is over: it ends, or stays shown for somebody to see.
  mutating func finish(_ rules: AlarmRules) -> AlarmPhase {
    isActive = false
    pendingSince = nil
    isLatched = rules.latchesFrom.map { priority >= $0 } == true && !isAcknowledged
    return isLatched ? .latched : .end
  }

  /// It is shown no more.
  mutating func clear() {
    isActive = false
    isLatched = false
    pendingSince = nil
  }
}
