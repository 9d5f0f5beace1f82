// The messages that the central station has not confirmed: the first of them in memory with their times of
// retransmission, the rest in the outbox. Sending does not wait for the outbox, which may be at work on another thread;
// a message that it has not taken yet stays in memory.

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
  /// Messages that the outbox has not taken: beyond, one that the other end has is forgotten, or else the oldest that
  /// is not pending is lost, and counted.
  static let unstoredMax = 1024

  private let epoch: UInt64
  private(set) var pending: [PendingRecord] = []
  private var unstored: [PendingRecord] = []
  private var hasMore = true
  private var receivedThrough = AlertPosition.zero
  private var markedThrough = AlertPosition.zero
  private var isWorking = false
  /// Messages lost because the outbox could not take them and memory was full.
  private(set) var lostCount = 0

  init(epoch: UInt64) { self.epoch = epoch }

  /// Whether unconfirmed messages wait behind those in memory.
  var isBacklogged: Bool { hasMore || unstored.contains { $0.record.position > lastPending } }

  /// Whether the other end has confirmed everything.
  var isEmpty: Bool {
    pending.isEmpty && !hasMore && !unstored.contains { $0.record.position > receivedThrough }
  }

  private var lastPending: AlertPosition {
    max(pending.last?.record.position ?? .zero, receivedThrough)
  }

  /// Takes a new message, greater than all before.
  mutating func append(_ entry: PendingRecord) {
    if !isBacklogged && pending.count < Self.pendingMax { pending.append(entry) }
    unstored.append(entry)
    guard unstored.count > Self.unstoredMax else { return }
    if unstored[0].record.position <= receivedThrough {
      unstored.removeFirst()
    } else {
      let index = unstored.firstIndex { $0.record.position > lastPending } ?? 0
      unstored.remove(at: index)
      lostCount += 1
    }
  }

  /// Notes what the other end has for good, and what it has that waits. The outbox takes it all the same: it keeps
  /// which alarms have not ended.
  mutating func note(_ receipt: CentralReceipt) {
    receivedThrough = max(receivedThrough, receipt.received)
    pending.removeAll { $0.record.position <= receivedThrough }
    for index in pending.indices {
      let position = pending[index].record.position
      let offset = position.sequence &- receipt.received.sequence &- 1
      pending[index].isWaitingThere = offset < 64 && receipt.waiting & (1 << offset) != 0
    }
  }

  /// What the outbox has to do now; nil without anything, and while it is at work.
  mutating func work() -> OutboxWork? {
    guard !isWorking else { return nil }
    let mark = receivedThrough > markedThrough ? receivedThrough : nil
    let hasRoom = pending.count <= Self.pendingMax / 2
    guard !unstored.isEmpty || mark != nil || (hasMore && hasRoom) else { return nil }
    isWorking = true
    return OutboxWork(
      records: unstored.map(\.record), mark: mark, after: lastPending,
      readCount: hasRoom ? Self.pendingMax - pending.count : nil, hasMore: hasMore)
  }

  /// Takes what came of the work. Everything that the outbox did not take is kept. While it was at work messages may
  /// have come and been confirmed.
  mutating func take(_ outcome: OutboxOutcome, at seconds: Double) {
    isWorking = false
    let work = outcome.work
    if outcome.isAppended, let last = work.records.last?.position {
      if last > lastPending { hasMore = true }
      unstored.removeAll { $0.record.position <= last }
    }
    if outcome.isMarked, let mark = work.mark { markedThrough = mark }
    if let records = outcome.read {
      hasMore = records.count == work.readCount
      let last = lastPending
      pending += records.filter { $0.position > last }.map { record in
        let message = record.position.epoch == epoch ? AlertMessage(json: record.json) : nil
        return PendingRecord(
          record: record, condition: message?.condition, isUrgent: false, dueAt: seconds)
      }
    }
    if !hasMore, pending.count <= Self.pendingMax / 2 {
      // Behind all that is stored comes what is not yet.
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
