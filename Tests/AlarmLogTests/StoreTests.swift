// Outbox and inbox of the alert link against plain models in memory, over random operations and restarts.

import AlertLink
import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import AlarmLog

private func record(_ epoch: UInt64, _ sequence: UInt64) -> AlertRecord {
  AlertRecord(
    position: AlertPosition(epoch: epoch, sequence: sequence),
    json: Array("{\"of\":\"\(epoch) \(sequence)\"}".utf8))
}

@Suite struct StoreTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/store.sqlite"
  }

  @Test("a new inbox that several open at once is made once, and all have it")
  func openedAtOnce() throws {
    for round in 0..<100 {
      let path = folder.path + "/inbox-\(round).sqlite"
      let failures = Mutex<[String]>([])
      // As a receiver and its outputs do: whoever is first writes while the others still open.
      DispatchQueue.concurrentPerform(iterations: 4) { number in
        do {
          let inbox = try StoredInbox(path: path, tell: { _ in })
          _ = try inbox.beginEpoch(atLeast: 0)
          try inbox.markPublished(by: "output \(number)", through: 0)
        } catch { failures.withLock { $0.append("\(error)") } }
      }
      #expect(failures.withLock { $0 } == [])
    }
  }

  @Test("an outbox does what a list would do, over restarts")
  func outbox() throws {
    var random = SeededRandom(seed: 30)
    var waiting: [AlertRecord] = []
    var newest: AlertPosition?
    var epoch: UInt64 = 0
    var outbox = try StoredOutbox(path: path) { Issue.record("\($0)") }
    epoch = try outbox.beginEpoch(atLeast: 1000)
    #expect(epoch == 1000)
    for _ in 0..<250 {
      switch random.next() % 6 {
      case 0:
        outbox = try StoredOutbox(path: path) { Issue.record("\($0)") }
        let floor = random.next() % 1100
        let begun = try outbox.beginEpoch(atLeast: floor)
        #expect(begun == max(epoch + 1, floor))
        epoch = begun
      case 1:
        let position = AlertPosition(
          epoch: epoch - random.next() % 2, sequence: random.next() % 500)
        try outbox.markReceived(through: position)
        waiting.removeAll { $0.position <= position }
      default:
        let first = (newest?.sequence ?? 0) + 1
        let records = (0..<1 + random.next() % 3).map { record(epoch, first + $0) }
        // Some of them were there before: they are left alone.
        let again = random.chance(0.3) ? Array(waiting.suffix(2)) : []
        try outbox.append(again + records)
        waiting += records
        newest = records.last?.position
      }
      #expect(try outbox.newest() == newest)
      let after = AlertPosition(epoch: epoch - random.next() % 3, sequence: random.next() % 900)
      let limit = 1 + Int(random.next() % 9)
      #expect(
        try outbox.unreceived(after: after, limit: limit)
          == Array(waiting.filter { $0.position > after }.prefix(limit)))
    }
    #expect(try outbox.waitingCount() == waiting.count)
  }

  @Test("an inbox accepts each message once and remembers what every output has had")
  func inbox() throws {
    var random = SeededRandom(seed: 31)
    var accepted: [InboxEntry] = []
    var newest: [String: AlertPosition] = [:]
    var published: [String: UInt64] = [:]
    var inbox = try StoredInbox(path: path) { Issue.record("\($0)") }
    for _ in 0..<200 {
      switch random.next() % 8 {
      case 0: inbox = try StoredInbox(path: path) { Issue.record("\($0)") }
      case 1:
        let output = random.pick(["mqtt", "hl7"])
        let number = random.next() % UInt64(accepted.count + 1)
        try inbox.markPublished(by: output, through: number)
        published[output] = max(number, published[output] ?? 0)
      default:
        let entries = (0..<1 + random.next() % 4).map { _ in
          InboxEntry(
            device: random.pick(["bed 1", "bed 2", "bett 3 'ü'"]),
            record: record(random.next() % 3, random.next() % 200))
        }
        try inbox.accept(entries)
        for var entry in entries
        where newest[entry.device].map({ $0 < entry.record.position }) ?? true {
          entry.number = UInt64(accepted.count + 1)
          newest[entry.device] = entry.record.position
          accepted.append(entry)
        }
      }
      for device in ["bed 1", "bett 3 'ü'", "bed 9"] {
        #expect(try inbox.newest(of: device) == newest[device])
      }
      let after = random.next() % UInt64(accepted.count + 2)
      #expect(
        try inbox.accepted(after: after, limit: 5)
          == Array(accepted.filter { $0.number > after }.prefix(5)))
      for output in ["mqtt", "hl7"] {
        #expect(try inbox.published(by: output) == published[output] ?? 0)
      }
    }
  }

  @Test("positions compare in the database as they do in the program, up to the greatest numbers")
  func positions() throws {
    let numbers: [UInt64] = [0, 1, 255, 256, 1 << 31, 1 << 62, 1 << 63, .max - 1, .max]
    let all = numbers.flatMap { epoch in numbers.map { record(epoch, $0) } }
      .filter { $0.position > .zero }
    let outbox = try StoredOutbox(path: path) { Issue.record("\($0)") }
    try outbox.append(all)
    #expect(try outbox.unreceived(after: .zero, limit: 1000) == all)
    try outbox.markReceived(through: all[40].position)
    #expect(try outbox.unreceived(after: .zero, limit: 1000) == Array(all[41...]))
    #expect(try outbox.beginEpoch(atLeast: .max) == .max)
    #expect(throws: AlertStoreError.self) { try outbox.beginEpoch(atLeast: 0) }
  }

  @Test("alarms that have not ended are known over restarts, received or not")
  func openAlarms() throws {
    var outbox = try StoredOutbox(path: path) { Issue.record("\($0)") }
    // As the version before left it.
    let database = try DatabaseQueue(path: path)
    try database.write { database in
      try database.drop(table: "open")
      try database.execute(
        sql: "DELETE FROM grdb_migrations WHERE identifier = 'open alarms'")
    }
    try database.close()
    outbox = try StoredOutbox(path: path) { Issue.record("\($0)") }
    #expect(try outbox.openAlarms() == [])
    var open = OpenAlarms()
    let words: [(String, AlertMessage.Phase)] = [
      ("asystole", .start), ("noise", .start), ("leadOff", .start), ("asystole", .update),
      ("noise", .end), ("asystole", .acknowledged),
    ]
    for (index, (condition, phase)) in words.enumerated() {
      let moment = AlertMessage.Moment(monotonicSeconds: Double(index), wallTime: nil)
      var message = AlertMessage(
        condition: condition, message: "", phase: phase, priority: .high, onset: moment,
        time: moment)
      message.position = AlertPosition(epoch: 5, sequence: UInt64(index + 1))
      let record = AlertRecord(position: message.position, json: message.encoded())
      try outbox.append([record])
      // One that is there already changes nothing.
      try outbox.append([record])
      open.take(record)
    }
    try outbox.markReceived(through: AlertPosition(epoch: 5, sequence: 4))
    outbox = try StoredOutbox(path: path) { Issue.record("\($0)") }
    let found = try outbox.openAlarms()
    #expect(found == open.messages.sorted { $0.condition < $1.condition })
    #expect(found.map(\.position.sequence) == [4, 3])
  }

  @Test("what nobody takes is bounded, and giving it up is told")
  func bounds() throws {
    let told = Mutex<[String]>([])
    let outbox = try StoredOutbox(path: path, waitingMax: 10) { line in
      told.withLock { $0.append(line) }
    }
    try outbox.append((1...10).map { record(1, $0) })
    #expect(told.withLock { $0.isEmpty })
    try outbox.append((11...13).map { record(1, $0) })
    #expect(
      try outbox.unreceived(after: .zero, limit: 100).map(\.position.sequence) == Array(4...13))
    #expect(told.withLock { $0.map { $0.prefix(8) } } == ["3 alerts"])

    let inbox = try StoredInbox(
      path: folder.path + "/inbox.sqlite", keptCount: 5, waitingMax: 20
    ) { line in told.withLock { $0.append(line) } }
    func accept(_ range: ClosedRange<UInt64>) throws {
      try inbox.accept(range.map { InboxEntry(device: "bed", record: record(1, $0)) })
    }
    func kept() throws -> [UInt64] { try inbox.accepted(after: 0, limit: 100).map(\.number) }
    try accept(1...12)
    #expect(try kept() == Array(8...12), "nothing is owed to an output")
    try inbox.markPublished(by: "mqtt", through: 9)
    try accept(13...25)
    #expect(try kept() == Array(10...25), "the output's own stay")
    try accept(26...31)
    #expect(try kept() == Array(12...31))
    #expect(told.withLock { $0.map { $0.prefix(8) } } == ["3 alerts", "2 alerts"])
    #expect(try inbox.newest(of: "bed")?.sequence == 31)
    // MQTT is no longer published to: the inbox waits for nobody, and nothing is given up.
    let other = try StoredInbox(
      path: folder.path + "/inbox.sqlite", keptCount: 5, waitingMax: 20, outputs: ["hl7"]
    ) { line in told.withLock { $0.append(line) } }
    try other.accept([InboxEntry(device: "bed", record: record(1, 32))])
    #expect(try kept() == Array(28...32))
    #expect(told.withLock { $0.count } == 2)
  }

  @Test("a damaged store is set aside and told, and its life goes on counting where it can be read")
  func damaged() throws {
    let outbox = try StoredOutbox(path: path) { Issue.record("\($0)") }
    #expect(try outbox.beginEpoch(atLeast: 7_000_000) == 7_000_000)
    try outbox.append((1...500).map { record(7_000_000, $0) })
    // Everything into the file itself; then pages in its middle turn to garbage.
    let queue = try DatabaseQueue(path: path)
    _ = try queue.writeWithoutTransaction {
      try Row.fetchAll($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
    }
    try queue.close()
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let middle = bytes.count / 2
    for index in middle..<middle + 8192 { bytes[index] = 0xA5 }
    let copy = try TemporaryFolder()
    let other = try copy.write("store.sqlite", bytes)
    let told = Mutex<[String]>([])
    let reopened = try StoredOutbox(path: other) { line in told.withLock { $0.append(line) } }
    #expect(told.withLock { $0.count } == 1 && told.withLock { $0[0].contains("damaged-1") })
    #expect(try reopened.beginEpoch(atLeast: 0) == 7_000_001)
    #expect(try reopened.newest() == nil)
  }
}
