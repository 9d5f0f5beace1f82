// The alarms that people must see, kept from what the alarm system tells: for the screen, for pages, and for the file
// that survives a restart. It lives where events are read, not in the hot path.

/// One alarm on the board.
public struct BoardedAlarm: Hashable, Sendable {
  /// Index into the definitions.
  public var alarm: Int
  /// Its priority now.
  public var priority: AlarmPriority
  /// Seconds of signal at which its condition last started.
  public var sinceSeconds: Double
  /// Whether its condition is gone.
  public var isLatched: Bool
  /// Whether a person at the device has seen it.
  public var isAcknowledged: Bool
  /// Whether a person at the central station has seen it.
  public var isAccepted: Bool
  /// Who saw it last, where a name was given.
  public var person = AlarmPerson.unnamed

  fileprivate func comesBefore(_ other: BoardedAlarm) -> Bool {
    if priority != other.priority { return priority > other.priority }
    if isAcknowledged != other.isAcknowledged { return !isAcknowledged }
    return sinceSeconds > other.sinceSeconds
  }
}

/// All alarms that are shown or switched off.
public struct AlarmBoard: Sendable {
  /// What is shown, the gravest first; of equal ones those that nobody has seen, then the newest.
  public private(set) var alarms: [BoardedAlarm] = []
  /// Indices of what is switched off, in order.
  public private(set) var off: [Int] = []
  /// What else keeps alarms silent.
  public private(set) var inactivation = AlarmInactivation()

  /// An empty board.
  public init() {}

  /// Takes one transition, told at so many seconds of signal.
  public mutating func take(_ transition: AlarmTransition, at seconds: Double) {
    let place = alarms.firstIndex { $0.alarm == transition.alarm }
    switch transition.phase {
    case .start:
      if let place { alarms.remove(at: place) }
      alarms.append(Self.entry(transition, seconds))
    case .latched:
      if let place {
        alarms[place].isLatched = true
      } else {
        var entry = Self.entry(transition, seconds)
        entry.isLatched = true
        alarms.append(entry)
      }
    case .update:
      if let place {
        alarms[place].priority = transition.priority
        if transition.cause == .further { alarms[place].isAcknowledged = false }
        if transition.cause == .linkLost || transition.cause == .further {
          alarms[place].isAccepted = false
          alarms[place].person = .unnamed
        }
      }
    case .acknowledged:
      if let place {
        alarms[place].isAcknowledged = true
        alarms[place].person = transition.person
      }
    case .accepted:
      if let place {
        alarms[place].isAccepted = true
        alarms[place].person = transition.person
      }
    case .end: if let place { alarms.remove(at: place) }
    case .off: off = (off + [transition.alarm]).sorted()
    case .on: off.removeAll { $0 == transition.alarm }
    }
    alarms.sort { $0.comesBefore($1) }
  }

  /// Takes what keeps alarms silent.
  public mutating func take(_ inactivation: AlarmInactivation) { self.inactivation = inactivation }

  /// What must survive a restart now.
  ///
  /// - Parameter onsets: when alarms began, by their index.
  public func snapshot(
    definitions: [AlarmDefinition], patientID: String?, onsets: [Int: AlarmTime] = [:]
  ) -> AlarmSnapshot {
    let unseen = alarms.filter {
      !$0.isAcknowledged && definitions[$0.alarm].latches(at: $0.priority)
    }
    return AlarmSnapshot(
      patientID: patientID, unacknowledged: unseen.map { definitions[$0.alarm].name },
      priorities: Dictionary(
        uniqueKeysWithValues: unseen.map { (definitions[$0.alarm].name, $0.priority) }),
      onsets: Dictionary(
        uniqueKeysWithValues: unseen.compactMap { entry in
          onsets[entry.alarm].map { (definitions[entry.alarm].name, $0) }
        }),
      off: off.map { definitions[$0].name })
  }

  private static func entry(_ transition: AlarmTransition, _ seconds: Double) -> BoardedAlarm {
    BoardedAlarm(
      alarm: transition.alarm, priority: transition.priority, sinceSeconds: seconds,
      isLatched: false, isAcknowledged: false, isAccepted: false)
  }
}
