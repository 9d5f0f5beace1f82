// What the outbox has to do, as a value: whoever sends alerts hands it to another thread and goes on sending.

/// Messages to store, what to mark as received, and where to read on, in this order.
public struct OutboxWork: Sendable {
  let records: [AlertRecord]
  let mark: AlertPosition?
  let after: AlertPosition
  /// How many messages to read behind `after`; nil where memory is full enough.
  let readCount: Int?
  /// Whether the outbox has messages behind `after` by what was known.
  let hasMore: Bool

  /// Does it. Where something fails, what comes after it but for reading is left for the next time.
  public func perform(on outbox: any AlertOutbox) -> OutboxOutcome {
    var outcome = OutboxOutcome(work: self)
    do throws(AlertStoreError) { try store(outbox, &outcome) } catch { outcome.failure = error }
    let isBehind = outcome.isAppended && records.contains { $0.position > after }
    guard let readCount, hasMore || isBehind else { return outcome }
    do throws(AlertStoreError) {
      outcome.read = try outbox.unreceived(after: after, limit: readCount)
    } catch { outcome.failure = outcome.failure ?? error }
    return outcome
  }

  private func store(
    _ outbox: any AlertOutbox, _ outcome: inout OutboxOutcome
  ) throws(AlertStoreError) {
    if !records.isEmpty { try outbox.append(records) }
    outcome.isAppended = true
    if let mark { try outbox.markReceived(through: mark) }
    outcome.isMarked = true
  }
}

/// What came of it.
public struct OutboxOutcome: Sendable {
  let work: OutboxWork
  var isAppended = false
  var isMarked = false
  /// The messages behind `work.after`, nil where they were not read.
  var read: [AlertRecord]?
  /// Why not all was done.
  public internal(set) var failure: AlertStoreError?

  init(work: OutboxWork) { self.work = work }
}
