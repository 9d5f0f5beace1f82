// Keeps an alarm that flaps from filling the link: at most two messages a second of one condition. What raises an
// alarm above what was told goes at once; for a second afterwards only the last word of it is kept. An end that is
// followed by a start within that second is never told, the start is: so no start of an alarm goes untold for longer
// than a second, and during that second the alarm stands as active at the central station.

import Alarms

/// The messages of each condition on their way to the outbox. A value; time is handed in.
struct FlapFilter {
  /// After a start or an update, other words of the condition wait for so long.
  static let quietSeconds = 1.0

  private struct Condition {
    /// The priority that was told last, nil when no alarm or its end was.
    var told: AlarmPriority?
    var quietUntil = -Double.infinity
    var waiting: AlertMessage?
    var coalesced = 0
  }
  private var conditions: [String: Condition] = [:]

  /// Takes a message, and gives those that go now, in order.
  mutating func take(_ message: AlertMessage, at seconds: Double) -> [AlertMessage] {
    var condition = conditions[message.condition] ?? Condition()
    defer { conditions[message.condition] = condition }
    var now: [AlertMessage] = []
    if message.phase == .acknowledged {
      // A person's word is rare and waits for nothing; it belongs behind what they saw.
      if let waiting = condition.waiting { now.append(Self.tell(waiting, &condition, at: seconds)) }
      return now + [message]
    }
    let isRaise = message.phase != .end && condition.told.map { message.priority > $0 } ?? true
    if isRaise || seconds >= condition.quietUntil {
      if condition.waiting != nil { condition.coalesced += 1 }
      return [Self.tell(message, &condition, at: seconds)]
    }
    if condition.waiting != nil { condition.coalesced += 1 }
    condition.waiting = Self.merged(condition.waiting, message)
    return []
  }

  /// What has waited long enough.
  mutating func due(at seconds: Double) -> [AlertMessage] {
    var now: [AlertMessage] = []
    for (name, condition) in conditions where seconds >= condition.quietUntil {
      var condition = condition
      if let waiting = condition.waiting { now.append(Self.tell(waiting, &condition, at: seconds)) }
      // Nothing is known of a condition at rest: the table cannot grow.
      conditions[name] = condition.told == nil ? nil : condition
    }
    return now.sorted { $0.time.monotonicSeconds < $1.time.monotonicSeconds }
  }

  /// When the next message has waited long enough, infinity for never.
  var nextDeadline: Double {
    conditions.values.filter { $0.waiting != nil }.map(\.quietUntil).min() ?? .infinity
  }

  /// Whether the condition stands as active at the other end.
  func isTold(_ condition: String) -> Bool { conditions[condition]?.told != nil }

  private static func tell(
    _ message: AlertMessage, _ condition: inout Condition, at seconds: Double
  ) -> AlertMessage {
    var message = message
    message.coalesced = condition.coalesced
    condition.coalesced = 0
    condition.waiting = nil
    condition.told = message.phase == .end ? nil : message.priority
    condition.quietUntil = message.phase == .end ? seconds : seconds + quietSeconds
    return message
  }

  /// The last word: an update of a start that waits makes a start with the update's contents.
  private static func merged(_ waiting: AlertMessage?, _ message: AlertMessage) -> AlertMessage {
    guard let waiting, waiting.phase == .start, message.phase == .update else { return message }
    var start = message
    start.phase = .start
    start.onset = waiting.onset
    return start
  }
}
