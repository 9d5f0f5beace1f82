// Outbox and inbox in memory, whose power can be cut before or after any of their writes. What was written stays.

import AlertLink

/// When the power goes: at a write, before it is done or behind.
struct PowerCut {
  /// The write, counted from 1 over the store's whole time.
  var write: Int
  var isAfter: Bool
}

/// What outbox and inbox share: a count of writes, and an end.
class CuttableStore {
  var cut: PowerCut?
  var writeCount = 0
  /// Whether the power is off: nothing is written any more, and whoever called is no longer there.
  var isOff = false
  /// Whether the disk is full: writes fail, reads do not.
  var isFull = false
  private var epoch: UInt64 = 0

  func write(_ change: () -> Void) throws(AlertStoreError) {
    guard !isOff else { throw AlertStoreError("the power is off") }
    guard !isFull else { throw AlertStoreError("the disk is full") }
    writeCount += 1
    let isCut = cut?.write == writeCount
    if !isCut || cut?.isAfter == true { change() }
    guard !isCut else {
      isOff = true
      cut = nil
      throw AlertStoreError("the power is gone")
    }
  }

  func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64 {
    try write { epoch = max(epoch + 1, floor) }
    return epoch
  }
}

final class MemoryOutbox: CuttableStore, AlertOutbox {
  private var records: [AlertRecord] = []
  private var last: AlertPosition?
  private var received = AlertPosition.zero

  private var open = OpenAlarms()

  func newest() throws(AlertStoreError) -> AlertPosition? { last }
  func openAlarms() throws(AlertStoreError) -> [AlertMessage] { open.messages }

  func append(_ new: [AlertRecord]) throws(AlertStoreError) {
    try write {
      let behind = new.filter { $0.position > last ?? .zero }
      records += behind
      for record in behind { open.take(record) }
      last = records.last?.position ?? last
    }
  }

  func unreceived(after position: AlertPosition, limit: Int) throws(AlertStoreError)
    -> [AlertRecord]
  { Array(records.filter { $0.position > max(position, received) }.prefix(limit)) }

  func markReceived(through position: AlertPosition) throws(AlertStoreError) {
    try write { received = max(received, position) }
  }

  /// Forgets the oldest, as a log does that is full.
  func prune(_ count: Int) { records.removeFirst(count) }

  /// The texts of all that it ever took and did not forget.
  var texts: Set<String> {
    Set(records.compactMap { AlertMessage(json: $0.json)?.message })
  }

  var unreceivedCount: Int { records.filter { $0.position > received }.count }
}

final class MemoryInbox: CuttableStore, AlertInbox {
  private(set) var entries: [InboxEntry] = []
  private var cursors: [String: UInt64] = [:]

  func newest(of device: String) throws(AlertStoreError) -> AlertPosition? {
    entries.last { $0.device == device }?.record.position
  }

  func accept(_ new: [InboxEntry]) throws(AlertStoreError) {
    try write {
      for entry in new {
        let newest = entries.last { $0.device == entry.device }?.record.position ?? .zero
        guard entry.record.position > newest else { continue }
        entries.append(
          InboxEntry(
            device: entry.device, record: entry.record, number: UInt64(entries.count + 1)))
      }
    }
  }

  func accepted(after number: UInt64, limit: Int) throws(AlertStoreError) -> [InboxEntry] {
    Array(entries.filter { $0.number > number }.prefix(limit))
  }

  func published(by output: String) throws(AlertStoreError) -> UInt64 { cursors[output] ?? 0 }

  func markPublished(by output: String, through number: UInt64) throws(AlertStoreError) {
    try write { cursors[output] = number }
  }
}
