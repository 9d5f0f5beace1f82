// What the station knows of every device: whether it lives, its alarms, and which message told of each. From this come
// the states on the broker, the lines, and what a person's acknowledgement means.

import AlertLink

/// The devices of one station. One thread.
public struct StationBoard {
  private let topics: Topics
  private let retained: RetainedTexts
  private let onNews: () -> Void
  private var statuses: [String: DeviceStatus] = [:]
  private struct Alarm: Hashable {
    var device: String
    var condition: String
  }
  /// The last message of every alarm that is not over.
  private var alerts: [Alarm: AlertID] = [:]
  private var words: [RemoteAcknowledgement: String] = [:]

  /// - Parameters:
  ///   - retained: takes the states for the broker.
  ///   - onNews: called when there is a message or a state for the outputs.
  public init(topics: Topics, retained: RetainedTexts, onNews: @escaping () -> Void) {
    self.topics = topics
    self.retained = retained
    self.onNews = onNews
  }

  /// Knows again, after a restart, which alarms were not over.
  mutating func recall(_ inbox: any AlertInbox) throws(AlertStoreError) {
    var number: UInt64 = 0
    while true {
      let entries = try inbox.accepted(after: number, limit: 500)
      guard let last = entries.last else { return }
      number = last.number
      for entry in entries {
        if let message = AlertMessage(json: entry.record.json) { note(message, entry.id) }
      }
    }
  }

  /// Knows of a device that has not spoken yet.
  mutating func add(device: String) {
    guard statuses[device] == nil else { return }
    let status = DeviceStatus(device: device, since: StatusText.now())
    statuses[device] = status
    publish(status)
  }

  /// The message that told of an alarm that is not over.
  func alert(device: String, condition: String) -> AlertID? {
    alerts[Alarm(device: device, condition: condition)]
  }

  /// A person's word is on its way to a device.
  mutating func note(_ word: RemoteAcknowledgement, device: String, condition: String) {
    words[word] = condition
  }

  /// Takes what the protocol core tells; what is to be said of it.
  mutating func take(_ event: AlertReceiver<StationRoute>.Event) -> [StationLine] {
    switch event {
    case .accepted(let entry, let message, let age):
      if let message { note(message, entry.id) }
      onNews()
      return [.alert(entry, ageSeconds: age)]
    case .missing(let device, let count): return [.missing(device: device, count: count)]
    case .state(let device, let state):
      statuses[device]?.state = state
      return publishAndTell(device)
    case .alive(let device): return change(device, to: .online)
    case .silent(let device, _): return change(device, to: .silent)
    case .confirmed(let device, let word): return [acknowledgement(device, word, "taken")]
    case .expired(let device, let word): return [acknowledgement(device, word, "expired")]
    case .rolledBack(let device):
      return [
        .problem(
          "\(device) counts from before: its storage was replaced or restored. Nothing more is taken "
            + "from it: make a new key with 'ecgclip link keygen \(device)' and give it to both ends."
        )
      ]
    case .storeFailed(let error): return [.problem(error.description)]
    }
  }

  private mutating func note(_ message: AlertMessage, _ id: AlertID) {
    let alarm = Alarm(device: id.device, condition: message.condition)
    if let isActive = message.phase.leavesActive { alerts[alarm] = isActive ? id : nil }
  }

  private mutating func change(
    _ device: String, to presence: DeviceStatus.Presence
  ) -> [StationLine] {
    guard statuses[device]?.presence != presence else { return [] }
    statuses[device]?.presence = presence
    statuses[device]?.since = StatusText.now()
    return publishAndTell(device)
  }

  private func publishAndTell(_ device: String) -> [StationLine] {
    guard let status = statuses[device] else { return [] }
    publish(status)
    return [.device(status)]
  }

  private func publish(_ status: DeviceStatus) {
    retained.set(StatusText.device(status), on: topics.status(status.device))
    onNews()
  }

  private mutating func acknowledgement(
    _ device: String, _ word: RemoteAcknowledgement, _ result: String
  ) -> StationLine {
    let condition = words.removeValue(forKey: word) ?? ""
    return .acknowledgement(
      device: device, condition: condition, person: word.person, result: result)
  }
}
