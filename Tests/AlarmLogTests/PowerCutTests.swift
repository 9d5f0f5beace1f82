// Power cuts that mean something. A writer is killed again and again in the middle of its work; and files are put
// together as a disk may hold them when the power goes: what was synchronised is there, of the rest any sector may be.

import AlertLink
import Foundation
import GRDB
import TestSupport
import Testing

@testable import AlarmLog

/// Starts the writer, lets it confirm so many lines, kills it, and gives all that it confirmed.
private func killed(_ kind: String, _ path: String, from first: Int, after lines: Int) throws
  -> [String]
{
  let process = BuiltProgram.process("LogExercise", [kind, path, "\(first)"])
  let output = Pipe()
  process.standardOutput = output
  process.standardInput = FileHandle.nullDevice
  try process.run()
  var said = Data()
  while said.count(where: { $0 == 10 }) < lines {
    let more = output.fileHandleForReading.availableData
    if more.isEmpty { break }
    said += more
  }
  kill(process.processIdentifier, SIGKILL)
  said += try output.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  #expect(process.terminationReason == .uncaughtSignal)
  // A line is one write to a pipe: all of it or none.
  return String(decoding: said, as: UTF8.self).split(separator: "\n").map(String.init)
}

@Suite struct PowerCutTests {
  let folder: TemporaryFolder
  let path: String
  /// Kills in a row on one file, and a measure for what else is cut off; ECGCLIP_POWER_CUTS for more.
  static let rounds =
    ProcessInfo.processInfo.environment["ECGCLIP_POWER_CUTS"].flatMap { Int($0) } ?? 8

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/store.sqlite"
  }

  @Test("of a log whose writer was killed no confirmed entry is missing, and none is invented")
  func log() throws {
    var random = SeededRandom(seed: 10)
    var confirmed: Set<Int> = []
    var next = 1
    for _ in 0..<Self.rounds {
      let lines = try killed("log", path, from: next, after: 1 + Int(random.next() % 40))
      confirmed.formUnion(lines.flatMap { $0.split(separator: " ").compactMap { Int($0) } })
      // What the next start finds, after SQLite has recovered it.
      let found = try AlarmLog(path: path).database.read {
        try AlarmLogEntry.order(Column("id")).fetchAll($0)
      }
      let numbers = found.compactMap { $0.serial.map(Int.init) }
      let newest = try #require(confirmed.max())
      let oldest = try #require(numbers.first)
      #expect(confirmed.filter { $0 >= oldest }.isSubset(of: numbers))
      #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
      // One batch may be on the disk whose confirmation was cut off; all of it or nothing.
      let unconfirmed = numbers.filter { $0 > newest }
      let batch = try #require(numbers.last) / 3
      #expect(unconfirmed.isEmpty || unconfirmed == (0...batch % 3).map { batch * 3 + $0 })
      #expect(found.count <= 420)
      #expect(found.allSatisfy { $0.serial == nil || $0.message == "Entry \($0.serial ?? 0)" })
      next = batch + 1
    }
  }

  @Test("an outbox whose sender was killed loses no message, and no life counts twice")
  func outbox() throws {
    var random = SeededRandom(seed: 11)
    var next = 1
    var lastEpoch: UInt64 = 0
    var confirmed: [AlertPosition: Int] = [:]
    var received = AlertPosition.zero
    for _ in 0..<Self.rounds {
      let lines = try killed("outbox", path, from: next, after: 2 + Int(random.next() % 80))
      for line in lines {
        let words = line.split(separator: " ")
        if words[0] == "epoch", let epoch = UInt64(words[1]) {
          #expect(epoch > lastEpoch)
          lastEpoch = epoch
        } else if words[0] == "received", let number = UInt64(words[1]) {
          received = AlertPosition(epoch: lastEpoch, sequence: number)
        } else if let number = Int(words[0]) {
          confirmed[AlertPosition(epoch: lastEpoch, sequence: UInt64(number))] = number
        }
      }
      // A mark may be on the disk whose confirmation was cut off.
      if let last = lines.last.flatMap({ UInt64($0) }), last % 50 == 0 {
        received = AlertPosition(epoch: lastEpoch, sequence: last - 20)
      }
      let outbox = try StoredOutbox(path: path) { Issue.record("\($0)") }
      let found = try outbox.unreceived(after: .zero, limit: 100_000)
      let positions = found.map(\.position)
      #expect(positions == positions.sorted())
      #expect(Set(confirmed.keys.filter { $0 > received }).isSubset(of: positions))
      // What is there beyond: one message whose confirmation was cut off.
      let unconfirmed = positions.filter { confirmed[$0] == nil }
      #expect(unconfirmed.count <= 1)
      for position in unconfirmed { confirmed[position] = Int(position.sequence) }
      for record in found {
        #expect(
          String(decoding: record.json, as: UTF8.self).hasPrefix(
            "{\"number\":\(record.position.sequence),"))
      }
      let newest = try #require(try outbox.newest())
      #expect(try newest >= #require(confirmed.keys.max()))
      next = Int(newest.sequence) + 1
    }
  }

  @Test("an inbox whose receiver was killed has every confirmed message, once and in order")
  func inbox() throws {
    var random = SeededRandom(seed: 12)
    var next = 1
    for _ in 0..<Self.rounds {
      let lines = try killed("inbox", path, from: next, after: 2 + Int(random.next() % 60))
      let confirmed = lines.compactMap { Int($0) }
      let inbox = try StoredInbox(path: path) { Issue.record("\($0)") }
      let found = try inbox.accepted(after: 0, limit: 100_000)
      let numbers = found.map(\.record.position.sequence)
      let oldest = try #require(numbers.first)
      #expect(Set(confirmed.map(UInt64.init).filter { $0 >= oldest }).isSubset(of: numbers))
      #expect(numbers.count { $0 > UInt64(confirmed.max() ?? 0) } <= 1)
      #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
      #expect(found.map(\.number) == numbers, "numbered in the order of acceptance")
      next = Int(numbers.last ?? 0) + 1
      // What the killed receiver had accepted is known: it may come again.
      let again = InboxEntry(device: "bed \((next - 1) % 5)", record: found[found.count - 1].record)
      try inbox.accept([again])
      #expect(try inbox.accepted(after: found[found.count - 1].number, limit: 1).isEmpty)
    }
  }

  /// A log as the disk held it after each commit: its files, and how long the write-ahead log was.
  private func recorded() throws -> (database: Data, wal: Data, ends: [Int]) {
    let log = try AlarmLog(path: path)
    var random = SeededRandom(seed: 13)
    var ends: [Int] = []
    for number in 1...60 {
      var entry = numbered(number)
      entry.cause = String(repeating: "x", count: Int(random.next() % 3000))
      try log.append([entry])
      ends.append(try Data(contentsOf: URL(filePath: path + "-wal")).count)
    }
    // Closed, it would have no write-ahead log.
    return try withExtendedLifetime(log) {
      let database = try Data(contentsOf: URL(filePath: path))
      return (database, try Data(contentsOf: URL(filePath: path + "-wal")), ends)
    }
  }

  /// The numbers in a log that is put together from these bytes.
  private func recovered(_ database: Data, _ wal: Data) throws -> [Int] {
    let copy = try TemporaryFolder()
    try copy.write("alarms.sqlite", database)
    try copy.write("alarms.sqlite-wal", wal)
    let log = try AlarmLog(path: copy.path + "/alarms.sqlite")
    #expect(log.notice == nil, "a power cut damages nothing")
    return try everything(copy.path + "/alarms.sqlite").compactMap { $0.serial.map(Int.init) }
  }

  @Test("wherever the write-ahead log is cut off, what was committed before is there, all or none")
  func torn() throws {
    let (database, wal, ends) = try recorded()
    #expect(ends.sorted() == ends && Set(ends).count == ends.count, "it grew with every commit")
    var random = SeededRandom(seed: 14)
    // Around the ends of commits, and anywhere.
    let anywhere = (0..<5 * Self.rounds).map { _ in Int(random.next() % UInt64(wal.count)) }
    let some = ends.filter { _ in random.chance(Double(Self.rounds) / 60) }
    let cuts = some.flatMap { [$0 - 1, $0, $0 + 1] } + anywhere
    for cut in cuts where cut <= wal.count {
      let whole = ends.count { $0 <= cut }
      #expect(try recovered(database, wal.prefix(cut)) == Array(Array(1...60).prefix(whole)))
    }
  }

  @Test("what was not synchronised may be any mixture of old and new sectors: a prefix remains")
  func sectors() throws {
    let (database, wal, ends) = try recorded()
    var random = SeededRandom(seed: 15)
    for _ in 0..<5 * Self.rounds {
      // Synchronised up to one commit; of the next three, each sector of 512 bytes is new, or zero, or garbage.
      let synchronised = Int(random.next() % 57)
      let from = synchronised == 0 ? 0 : ends[synchronised - 1]
      var bytes = [UInt8](wal.prefix(ends[synchronised + 2]))
      for sector in stride(from: from, to: bytes.count, by: 512) where random.chance(0.5) {
        let filler = UInt8(truncatingIfNeeded: random.chance(0.5) ? 0 : random.next())
        for index in sector..<min(sector + 512, bytes.count) { bytes[index] = filler }
      }
      let found = try recovered(database, Data(bytes))
      #expect(found == Array(Array(1...60).prefix(found.count)))
      #expect((synchronised...synchronised + 3).contains(found.count))
    }
  }

  @Test("a checkpoint that is cut off anywhere loses nothing")
  func checkpoint() throws {
    let (before, wal, _) = try recorded()
    // What the checkpoint would have written, in a copy.
    let copy = try TemporaryFolder()
    try copy.write("alarms.sqlite", before)
    try copy.write("alarms.sqlite-wal", wal)
    try AlarmLog(path: copy.path + "/alarms.sqlite").database.queue.close()
    let after = try Data(contentsOf: URL(filePath: copy.path + "/alarms.sqlite"))
    #expect(after.count > before.count)
    var random = SeededRandom(seed: 16)
    for _ in 0..<2 * Self.rounds {
      var mixed = [UInt8](before) + [UInt8](repeating: 0, count: after.count - before.count)
      for sector in stride(from: 0, to: after.count, by: 512) where random.chance(0.5) {
        mixed.replaceSubrange(sector..<sector + 512, with: after[sector..<sector + 512])
      }
      #expect(try recovered(Data(mixed), wal) == Array(1...60))
    }
  }
}
