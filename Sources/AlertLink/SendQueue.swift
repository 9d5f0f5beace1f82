// The messages that the central station has not confirmed: the first of them in memory with their times of
// retransmission, the rest in the outbox. Sending does not wait for the outbox; a message that it could not take yet
// stays in memory.

/// One message until it is confirmed.
struct PendingRecord {
  var record: AlertRecord
  /// The condition whose alarm it tells of, nil for messages of earlier lives.
  var condition: String?
  /// Whether it must not wait for the budget: the start of a high alarm.
  var isUrgent: Bool
  var isSent = false
  /// Whether the other end has it and waits for those before it.
  var isWaitingThere = false
  var dueAt: Double
  var intervalSeconds = SendQueue.firstIntervalSeconds
}

/// Unconfirmed messages in order. What is in `pending` is all there is up to its last one.
struct SendQueue {
  static let firstIntervalSeconds = 0.2
  static let lastIntervalSeconds = 5.0
  /// Messages in memory, and at the other end before their turn.
  static let pendingMax = 32
  /// Messages that the outbox could not take: beyond, the oldest that is not pending is lost, and counted.
  static let unstoredMax = 1024

  private let outbox: any AlertOutbox
  private let epoch: UInt64
  private(set) var pending: [PendingRecord] = []
  private var unstored: [PendingRecord] = []
  private var hasMore = true
  private var receivedThrough = AlertPosition.zero
  private var markedThrough = AlertPosition.zero
  /// Messages lost because the outbox could not take them and memory was full.
  private(set) var lostCount = 0

  init(outbox: any AlertOutbox, epoch: UInt64) {
    self.outbox = outbox
    self.epoch = epoch
  }

  /// Whether unconfirmed messages wait behind those in memory.
  var isBacklogged: Bool { hasMore || unstored.contains { $0.record.position > lastPending } }

  /// Whether the other end has confirmed everything.
  var isEmpty: Bool { pending.isEmpty && unstored.isEmpty && !hasMore }

  private var lastPending: AlertPosition {
    max(pending.last?.record.position ?? .zero, receivedThrough)
  }

  /// Takes a new message, greater than all before.
  mutating func append(_ entry: PendingRecord) {
    if !isBacklogged && pending.count < Self.pendingMax { pending.append(entry) }
    unstored.append(entry)
    if unstored.count > Self.unstoredMax {
      let index = unstored.firstIndex { $0.record.position > lastPending } ?? 0
      unstored.remove(at: index)
      lostCount += 1
    }
  }

  /// Notes what the other end has for good, and what it has that waits.
  mutating func note(_ receipt: CentralReceipt) {
    receivedThrough = max(receivedThrough, receipt.received)
    pending.removeAll { $0.record.position <= receivedThrough }
    unstored.removeAll { $0.record.position <= receivedThrough }
    for index in pending.indices {
      let position = pending[index].record.position
      let offset = position.sequence &- receipt.received.sequence &- 1
      pending[index].isWaitingThere = offset < 64 && receipt.waiting & (1 << offset) != 0
    }
  }

  /// Makes durable what is new, and reads on where there is room. Throws what the outbox said first; everything that
  /// it could not take is kept.
  mutating func store(at seconds: Double) throws(AlertStoreError) {
    var failure: AlertStoreError?
    do throws(AlertStoreError) { try storeNew() } catch { failure = error }
    do throws(AlertStoreError) { try refill(at: seconds) } catch { failure = failure ?? error }
    if let failure { throw failure }
  }

  private mutating func storeNew() throws(AlertStoreError) {
    if !unstored.isEmpty {
      try outbox.append(unstored.map(\.record))
      if unstored.contains(where: { $0.record.position > lastPending }) { hasMore = true }
      unstored = []
    }
    if receivedThrough > markedThrough {
      try outbox.markReceived(through: receivedThrough)
      markedThrough = receivedThrough
    }
  }

  private mutating func refill(at seconds: Double) throws(AlertStoreError) {
    guard pending.count <= Self.pendingMax / 2 else { return }
    if hasMore {
      let room = Self.pendingMax - pending.count
      let records = try outbox.unreceived(after: lastPending, limit: room)
      hasMore = records.count == room
      pending += records.map { record in
        let message = record.position.epoch == epoch ? AlertMessage(json: record.json) : nil
        return PendingRecord(
          record: record, condition: message?.condition, isUrgent: false, dueAt: seconds)
      }
    }
    if !hasMore {
      // Behind all that is stored comes what could not be.
      let last = lastPending
      let rest = unstored.filter { $0.record.position > last }
      pending += rest.prefix(Self.pendingMax - pending.count)
    }
  }

  /// A pending message and what its turn depends on.
  func sent(_ index: Int) -> SentRecord {
    SentRecord(
      after: index == 0 ? .zero : pending[index - 1].record.position,
      record: pending[index].record)
  }

  /// Notes that a message left, and when it leaves again.
  mutating func noteSent(_ index: Int, at seconds: Double, jitter: Double) {
    let interval = pending[index].intervalSeconds
    pending[index].isSent = true
    pending[index].dueAt = seconds + interval * jitter
    pending[index].intervalSeconds = min(interval * 2, Self.lastIntervalSeconds)
  }

  /// Makes everything due: the other end is there again, or is another one.
  mutating func restart(at seconds: Double) {
    for index in pending.indices {
      pending[index].dueAt = seconds
      pending[index].intervalSeconds = Self.firstIntervalSeconds
      pending[index].isWaitingThere = false
    }
  }
}
