// Conditions to alarms: an alarm starts when its condition has lasted, ends when it has been gone long enough, and
// is silent while a graver one says the same. Time is handed in; the engine has no clock.

/// The state of every alarm. Allocates only at `init`. One thread.
public final class AlarmEngine {
  /// The definitions, in the order of the indices.
  public let definitions: [AlarmDefinition]

  private struct State: BitwiseCopyable {
    var isActive = false
    /// When the condition began to hold, or to be gone; nil while nothing is pending.
    var pendingSince: Double?
  }

  private let states: UnsafeMutableBufferPointer<State>
  private let delays: UnsafeMutableBufferPointer<Delays>

  private struct Delays: BitwiseCopyable {
    var onsetSeconds: Double
    var endSeconds: Double
    var priority: AlarmPriority
    /// Alarms that silence this one, a bit each.
    var yieldsTo: UInt64
  }

  /// An engine in which nothing is active. The built-in alarms come first, in their order; what stands
  /// behind them (findings) yields to nothing.
  public init(definitions: [AlarmDefinition]) {
    precondition(definitions.count >= BuiltInAlarm.allCases.count)
    self.definitions = definitions
    states = .allocate(capacity: definitions.count)
    states.initialize(repeating: State())
    delays = .allocate(capacity: definitions.count)
    let entries = definitions.enumerated().map { index, definition in
      Delays(
        onsetSeconds: definition.onsetSeconds, endSeconds: definition.endSeconds,
        priority: definition.priority,
        yieldsTo: (BuiltInAlarm(rawValue: index)?.yieldsTo ?? [])
          .reduce(0) { $0 | 1 << UInt64($1.rawValue) })
    }
    _ = delays.initialize(from: entries)
  }

  deinit {
    states.deallocate()
    delays.deallocate()
  }

  /// Whether the alarm is active.
  public func isActive(_ alarm: Int) -> Bool { states[alarm].isActive }

  /// Tells whether an alarm's condition holds at a time that never goes back; returns what follows.
  public func update(_ alarm: Int, isPresent: Bool, at seconds: Double) -> AlarmTransition? {
    let delay = delays[alarm]
    let isYielding = isSilenced(by: delay.yieldsTo)
    if isYielding && states[alarm].isActive {
      states[alarm] = State()
      return AlarmTransition(alarm: alarm, phase: .end, priority: delay.priority)
    }
    let holds = isPresent && !isYielding
    guard holds != states[alarm].isActive else {
      states[alarm].pendingSince = nil
      return nil
    }
    let since = states[alarm].pendingSince ?? seconds
    states[alarm].pendingSince = since
    guard seconds - since >= (holds ? delay.onsetSeconds : delay.endSeconds) else { return nil }
    states[alarm].isActive = holds
    states[alarm].pendingSince = nil
    return AlarmTransition(
      alarm: alarm, phase: holds ? .start : .end, priority: delay.priority)
  }

  private func isSilenced(by alarms: UInt64) -> Bool {
    var rest = alarms
    while rest != 0 {
      if states[rest.trailingZeroBitCount].isActive { return true }
      rest &= rest &- 1
    }
    return false
  }
}
