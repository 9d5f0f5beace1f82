// Which alarm each message of this life told of: a person's acknowledgement names the message.

/// The last messages by their positions. A value.
struct ToldAlarms {
  private static let countMax = 512
  private var told: [(position: AlertPosition, condition: String)] = []
  private var starts: [String: AlertPosition] = [:]

  /// Takes a message that has its position, greater than all before.
  mutating func note(_ message: AlertMessage) {
    told.append((message.position, message.condition))
    if message.phase == .start { starts[message.condition] = message.position }
    told.removeFirst(max(0, told.count - Self.countMax))
  }

  /// The alarm of the message that a person saw; nil where it is not known any more, or where the alarm has started
  /// anew since, which nobody has seen.
  func condition(seenBy word: RemoteAcknowledgement) -> String? {
    guard let condition = told.last(where: { $0.position == word.alert })?.condition,
      word.alert >= starts[condition] ?? .zero
    else { return nil }
    return condition
  }
}
