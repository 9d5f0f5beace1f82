// What the central station knows of one device: its link, the order of its messages, its last state.

import Alarms

/// One device at the receiver.
struct DeviceSession<Route: Sendable> {
  /// A message that waits for those before it.
  private struct Waiting {
    var sent: SentRecord
    var ageSeconds: Double?
  }
  /// A message whose turn it is.
  struct Ready {
    var record: AlertRecord
    var ageSeconds: Double?
    /// Numbers that were given before it and never came: pruned at the device before they could be sent.
    var missingBefore: UInt64
  }

  let device: String
  var end: LinkEnd
  /// Where the device's last proven datagram came from.
  var route: Route?
  /// The last message whose turn came, and the last that is durable.
  private(set) var newest: AlertPosition
  private(set) var durable: AlertPosition
  private var waiting: [Waiting] = []
  private(set) var state: [UInt8] = []
  private var acknowledgements: [(word: RemoteAcknowledgement, expiresAt: Double)] = []
  var isAlive = false
  var hasToldSilence = false
  var hasToldRollback = false
  /// Whether genuine datagrams came since the last proof: the device is heard and does not hear.
  var isHeard = false
  var heartbeatAt = Double.infinity
  var answeredAt = -Double.infinity
  var isAnswerDue = false

  init(device: String, end: LinkEnd, newest: AlertPosition) {
    self.device = device
    self.end = end
    self.newest = newest
    durable = newest
  }

  /// Takes messages, and gives those whose turn it is, in order.
  mutating func take(_ report: DeviceReport, epoch: UInt64) -> [Ready] {
    var ready: [Ready] = []
    for sent in report.records where sent.record.position.epoch <= epoch {
      let position = sent.record.position
      guard position > newest, !waiting.contains(where: { $0.sent.record.position == position })
      else { continue }
      waiting.append(Waiting(sent: sent, ageSeconds: Self.age(sent.record, report, epoch)))
    }
    waiting.sort { $0.sent.record.position < $1.sent.record.position }
    while let first = waiting.first, first.sent.after <= newest {
      let record = first.sent.record
      waiting.removeFirst()
      ready.append(
        Ready(
          record: record, ageSeconds: first.ageSeconds, missingBefore: gap(before: record.position))
      )
      newest = record.position
    }
    if waiting.count > SendQueue.pendingMax {
      waiting.removeLast(waiting.count - SendQueue.pendingMax)
    }
    return ready
  }

  private func gap(before position: AlertPosition) -> UInt64 {
    let isFollowing = newest != .zero && position.sequence > newest.sequence
    return isFollowing ? position.sequence - newest.sequence - 1 : 0
  }

  /// Seconds from what a message tells to its sending, by the device's own clock; nil for one of an earlier life.
  private static func age(_ record: AlertRecord, _ report: DeviceReport, _ epoch: UInt64) -> Double?
  {
    guard record.position.epoch == epoch, let message = AlertMessage(json: record.json) else {
      return nil
    }
    return max(0, Double(report.clockMilliseconds) / 1000 - message.time.monotonicSeconds)
  }

  /// The inbox has everything whose turn came.
  mutating func noteDurable() { durable = newest }

  /// The inbox has it not: the device has to send it again.
  mutating func forgetUndurable() {
    newest = durable
    waiting = []
  }

  /// Whether the state differs from the last one.
  mutating func takeState(_ json: [UInt8]) -> Bool {
    guard !json.isEmpty, json != state else { return false }
    state = json
    return true
  }

  /// What to say to the device, without challenge and echo.
  func receipt() -> CentralReceipt {
    var receipt = CentralReceipt()
    receipt.received = durable
    for waiting in waiting {
      let offset = waiting.sent.record.position.sequence &- durable.sequence &- 1
      if offset < 64 { receipt.waiting |= 1 << offset }
    }
    receipt.acknowledgements = acknowledgements.map(\.word)
    return receipt
  }
}

// MARK: - People's acknowledgements

extension DeviceSession {
  /// Those that may be under way at once.
  static var acknowledgementsMax: Int { 8 }

  /// Takes an acknowledgement of a person on its way; false when too many are under way.
  mutating func add(_ word: RemoteAcknowledgement, expiresAt: Double) -> Bool {
    guard acknowledgements.count < Self.acknowledgementsMax else { return false }
    acknowledgements.append((word, expiresAt))
    return true
  }

  /// Those that the device has taken now.
  mutating func takeConfirmed(through number: UInt64) -> [RemoteAcknowledgement] {
    defer { acknowledgements.removeAll { $0.word.number <= number } }
    return acknowledgements.map(\.word).filter { $0.number <= number }
  }

  /// Those that are too old to be sent on.
  mutating func takeExpired(at seconds: Double) -> [RemoteAcknowledgement] {
    defer { acknowledgements.removeAll { $0.expiresAt <= seconds } }
    return acknowledgements.filter { $0.expiresAt <= seconds }.map(\.word)
  }
}
