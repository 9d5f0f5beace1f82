// Conditions to alarms: an alarm starts when its condition has lasted, becomes graver when nobody comes, is silent
// while a graver one says the same, and ends when its condition is gone; a high one of the patient only when a
// person has seen it. Time is handed in; the system has no clock.

/// The state of every alarm. Allocates only at `init`. One thread.
public final class AlarmSystem {
  /// The longest audio pause, and the usual one.
  public static let audioPauseSecondsMax = 120.0
  /// Seconds of good ECG after which standby ends by itself.
  public static let standbyECGSeconds = 10.0

  /// The definitions, in the order of the indices.
  public let definitions: [AlarmDefinition]
  /// What lamp and sounder show now.
  public internal(set) var annunciation = Annunciation()
  /// What keeps alarms silent now.
  public internal(set) var inactivation = AlarmInactivation()

  let settings: AlarmSettings
  let states: UnsafeMutableBufferPointer<AlarmState>
  let rules: UnsafeMutableBufferPointer<AlarmRules>
  var news: AlarmNewsBuffer
  /// The newest time that was handed in.
  var nowSeconds = 0.0
  var audioPausedUntil: Double?
  /// Who gave the command that is being performed.
  var actor = AlarmPerson.unnamed
  private var goodECGSince: Double?

  /// A system in which nothing is active. The built-in alarms come first, in their order; what stands
  /// behind them (findings) yields to nothing.
  ///
  /// - Parameter restored: what was left when the monitor last ended; names that it knows and this
  ///   system does not are passed over.
  public init(
    definitions: [AlarmDefinition], settings: AlarmSettings = AlarmSettings(),
    restored: AlarmSnapshot? = nil
  ) {
    precondition(definitions.count >= BuiltInAlarm.allCases.count)
    self.definitions = definitions
    self.settings = settings
    states = .allocate(capacity: definitions.count)
    _ = states.initialize(from: definitions.map { AlarmState(priority: $0.priority) })
    rules = .allocate(capacity: definitions.count)
    let entries = definitions.enumerated().map { index, definition in
      AlarmRules(definition, yieldsTo: BuiltInAlarm(rawValue: index)?.yieldsTo ?? [])
    }
    _ = rules.initialize(from: entries)
    // A step has at most three to tell of an alarm, a command two; room for several commands between steps.
    news = AlarmNewsBuffer(capacity: 8 * definitions.count + 16)
    restore(restored)
  }

  deinit {
    states.deallocate()
    rules.deallocate()
  }

  /// Things to tell since `clearNews`.
  public var newsCount: Int { news.count }
  /// More than there can be to tell.
  public var newsCapacity: Int { news.capacity }
  /// The thing to tell at a position below `newsCount`.
  public func news(_ position: Int) -> AlarmNews { news[position] }
  /// Forgets what was told.
  public func clearNews() { news.clear() }

  /// Whether the alarm's condition holds, long enough to have started it.
  public func isActive(_ alarm: Int) -> Bool { states[alarm].isActive }
  /// Whether people see the alarm: it is active or latched.
  public func isShown(_ alarm: Int) -> Bool { states[alarm].isShown }
  /// Its priority now, or when it was last shown.
  public func priority(_ alarm: Int) -> AlarmPriority { states[alarm].priority }

  /// Says whether an alarm's condition holds from now on. Takes effect with the next step.
  public func setCondition(_ alarm: Int, isPresent: Bool) { states[alarm].isPresent = isPresent }

  /// Lets time go on to what is handed in; it never goes back.
  ///
  /// - Parameter hasGoodECG: whether a patient's ECG is there and good, which ends standby.
  public func step(at seconds: Double, hasGoodECG: Bool = false) {
    nowSeconds = max(nowSeconds, seconds)
    watchStandby(hasGoodECG)
    countDown()
    for alarm in 0..<states.count where !states[alarm].isOff { update(alarm) }
    annunciate()
  }

  private func update(_ alarm: Int) {
    let rule = rules[alarm]
    let isAway = inactivation.isStandby && rule.isInactiveInStandby
    let isYielding = isAnyActive(rule.yieldsTo)
    let state = states[alarm]
    if state.isActive && isYielding { return finish(alarm, .graver) }
    let holds = state.isPresent && !isYielding && !isAway
    guard holds != state.isActive else {
      states[alarm].pendingSince = nil
      if state.isActive { escalate(alarm) }
      return
    }
    let since = state.pendingSince ?? nowSeconds
    states[alarm].pendingSince = since
    guard nowSeconds - since >= (holds ? rule.onsetSeconds : rule.endSeconds) else {
      // The condition pauses, the alarm does not.
      if state.isActive { escalate(alarm) }
      return
    }
    if holds { start(alarm) } else { finish(alarm, .condition) }
  }

  /// There is more of the same: an alarm that is active sounds again, whoever has seen it before. Takes effect with the
  /// next step.
  public func renew(_ alarm: Int) {
    guard states[alarm].isActive else { return }
    states[alarm].isAcknowledged = false
    states[alarm].isAccepted = false
    states[alarm].raisedAtSeconds = nowSeconds
    tell(alarm, .update, .further)
    demandAttention()
  }

  private func isAnyActive(_ alarms: UInt64) -> Bool {
    var rest = alarms
    while rest != 0 {
      if states[rest.trailingZeroBitCount].isActive { return true }
      rest &= rest &- 1
    }
    return false
  }

  private func start(_ alarm: Int) {
    states[alarm].start(rules[alarm], at: nowSeconds)
    tell(alarm, .start, .condition)
    demandAttention()
  }

  private func finish(_ alarm: Int, _ cause: AlarmCause) {
    let phase = states[alarm].finish(rules[alarm])
    tell(alarm, phase, cause)
  }

  /// Nobody came in time: the priority rises, step by step, as far as the alarm may.
  private func escalate(_ alarm: Int) {
    let rule = rules[alarm]
    let state = states[alarm]
    guard state.priority < rule.priorityMax, !isAnswered(state),
      nowSeconds - state.raisedAtSeconds >= rule.escalationSeconds
    else { return }
    states[alarm].priority = state.priority.raised
    states[alarm].raisedAtSeconds = nowSeconds
    tell(alarm, .update, .unanswered)
    demandAttention()
  }

  /// Whether a person who counts here has seen the alarm.
  func isAnswered(_ state: AlarmState) -> Bool {
    state.isAcknowledged || state.isAccepted && settings.remoteAcknowledgementSilences
  }

  /// A new or graver alarm is heard at once, whatever was paused.
  private func demandAttention() {
    annunciation.onset &+= 1
    if audioPausedUntil != nil { endAudioPause(.newAlarm) }
  }

  private func watchStandby(_ hasGoodECG: Bool) {
    guard inactivation.isStandby, hasGoodECG else {
      goodECGSince = nil
      return
    }
    let since = goodECGSince ?? nowSeconds
    goodECGSince = since
    if nowSeconds - since >= Self.standbyECGSeconds { setStandby(false, .ecgIsBack) }
  }

  func tell(_ alarm: Int, _ phase: AlarmPhase, _ cause: AlarmCause) {
    news.append(
      .transition(
        AlarmTransition(
          alarm: alarm, phase: phase, priority: states[alarm].priority, cause: cause, person: actor)
      ))
  }
}
