// The alarms that stand as active at the central station: their start was told, their end was not. The outbox keeps
// them over restarts, so that whatever is told later of such an alarm names the same alarm with the same onset, and so
// that one which the device no longer knows is ended.

/// The last start or update of each alarm whose end was not told, by condition.
public struct OpenAlarms: Sendable {
  private var last: [String: AlertMessage] = [:]

  /// Those that were open when it was last known.
  public init(_ messages: [AlertMessage] = []) {
    for message in messages { note(message) }
  }

  /// What is open, by position.
  public var messages: [AlertMessage] { last.values.sorted { $0.position < $1.position } }

  /// Takes a message that was told, in order. What cannot be read tells nothing.
  public mutating func take(_ record: AlertRecord) {
    if let message = AlertMessage(json: record.json) { note(message) }
  }

  mutating func note(_ message: AlertMessage) {
    guard let isActive = message.phase.leavesActive else { return }
    last[message.condition] = isActive ? message : nil
  }

  /// Whether an alarm stands as active.
  func contains(_ condition: String) -> Bool { last[condition] != nil }

  /// Writes into a new message which alarm it belongs to, and, unless the alarm starts anew with it, when that began.
  func identify(_ message: inout AlertMessage) {
    let before = last[message.condition]
    message.alarm = before.map { $0.alarm ?? $0.position } ?? message.position
    message.onsetEpoch = message.position.epoch
    message.onsetClockQuality = message.onsetClockQuality ?? message.clockQuality
    guard message.phase != .start, let before else { return }
    message.onset = before.onset
    message.onsetEpoch = before.onsetEpoch ?? before.position.epoch
    message.onsetClockQuality = before.onsetClockQuality ?? before.clockQuality
  }
}
