// The log as others see it: Python's own SQLite is the reader that shares no code with the writer.

import Foundation
import GRDB
import TestSupport
import Testing

@testable import AlarmLog

@Suite struct AlarmLogTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/alarms.sqlite"
  }

  @Test("any entry comes back as it was written")
  func roundTrip() throws {
    var random = SeededRandom(seed: 1)
    let entries = (0..<300).map { random.entry($0) }
    let log = try AlarmLog(path: path)
    for start in stride(from: 0, to: 300, by: 7) {
      try log.append(Array(entries[start..<min(start + 7, 300)]))
    }
    let read = try everything(path)
    #expect(read.map(\.unnumbered) == entries)
    #expect(read.map(\.id) == (1...300).map { Int64($0) })
  }

  @Test("Python's sqlite3 reads what was written", .enabled(if: Python.readsWFDB))
  func python() throws {
    var random = SeededRandom(seed: 2)
    let entries = (0..<100).map { random.entry($0) }
    let log = try AlarmLog(path: path)
    try log.append(entries)
    // While the writer has it open.
    let read = try Python.peer("read_sqlite.py", path, "entry")
    #expect(read["integrity"].text == "ok" && read["journal"].text == "wal")
    #expect(read["rows"].list.count == 100)
    for (row, entry) in zip(read["rows"].list, entries) {
      #expect(row["kind"].text == entry.kind.rawValue && row["phase"].text == entry.phase)
      #expect(row["message"].text == entry.message && row["cause"].text == entry.cause)
      #expect(row["priority"].text == entry.priority && row["condition"].text == entry.condition)
      #expect(row["person"].text == entry.person && row["session"].text == entry.session)
      #expect(row["wallMilliseconds"].integer == Int(entry.wallMilliseconds))
      #expect(row["signalSeconds"].isNull == (entry.signalSeconds == nil))
      let leads = try Json.data(Data((row["leads"].text ?? "").utf8))
      #expect(leads.list.map(\.text) == entry.leads)
      let measured = try Json.data(Data((row["measured"].text ?? "").utf8))
      #expect(measured.keys == entry.measured.keys.sorted())
      for (key, value) in entry.measured { #expect(measured[key].number == value) }
    }
  }

  @Test("every commit is brought to the disk, and the files are their owner's alone")
  func durability() throws {
    let log = try AlarmLog(path: path)
    try log.append([numbered(1)])
    let settings = try log.database.read { database in
      (
        try Int.fetchOne(database, sql: "PRAGMA synchronous"),
        try String.fetchOne(database, sql: "PRAGMA journal_mode")
      )
    }
    #expect(settings.0 == 2 && settings.1 == "wal")
    for name in ["", "-wal", "-shm"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: path + name)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
    }
  }

  @Test("an entry that comes again after an error is written once")
  func again() throws {
    let log = try AlarmLog(path: path)
    try log.append([numbered(1), numbered(2)])
    try log.append([numbered(1), numbered(2), numbered(3)])
    try log.append([numbered(1, session: "two")])
    #expect(try everything(path).map(\.serial) == [1, 2, 3, 1])
  }

  @Test("ten thousand entries stay, then the oldest go, and the log says so")
  func pruning() throws {
    let log = try AlarmLog(path: path)
    #expect(AlarmLog.entriesKeptDefault == 10_000)
    for start in stride(from: 1, through: 10_500, by: 500) {
      try log.append((start..<start + 500).map { numbered($0) })
    }
    #expect(try everything(path).count == 10_500)
    try log.append([numbered(10_501)])
    let left = try everything(path)
    let note = try #require(left.last)
    #expect(left.count == 10_000 && note.phase == "pruned")
    // All that are left follow one another up to the newest, and the note stands behind.
    #expect(left.dropLast().map(\.serial) == (503...10_501).map { Int64($0) })
    #expect(note.message.hasPrefix("502 oldest entries, 2027-01-15T08:00:01.000Z to "))
  }

  @Test("a session without an end is told at the next start: killed, or cut off with the power")
  func cutOff() throws {
    let log = try AlarmLog(path: path)
    try log.append([systemEntry("start", 1), numbered(2), systemEntry("stop", 3)])
    try log.append([systemEntry("start", 1, session: "two"), numbered(2, session: "two")])
    try log.append([systemEntry("start", 1, session: "three")])
    try log.append([systemEntry("start", 1, session: "four", boot: "b")])
    let system = try everything(path).filter { $0.kind == .system }
    #expect(
      system.map { "\($0.phase) \($0.session)" } == [
        "start one", "stop one", "start two", "killed two", "start three", "powerCut three",
        "start four",
      ])
    #expect(system[3].cause == "last entry 2027-01-15T08:00:02.000Z")
  }

  @Test("limits that are others than in the session before are told at the start")
  func limits() throws {
    let log = try AlarmLog(path: path)
    for (number, limits) in [
      ["tachycardiaBPM": 120.0, "pauseSeconds": 2], ["tachycardiaBPM": 120, "pauseSeconds": 2],
      ["tachycardiaBPM": 130.5], ["tachycardiaBPM": 130.5],
    ].enumerated() {
      var start = systemEntry("start", 1, session: "\(number)")
      start.limits = limits
      try log.append([start, systemEntry("stop", 2, session: "\(number)")])
    }
    let changes = try everything(path).filter { $0.phase == "limitsChanged" }
    #expect(changes.map(\.session) == ["2"] && changes[0].limits == ["tachycardiaBPM": 130.5])
    #expect(changes[0].cause == "pauseSeconds 2.0 -> none, tachycardiaBPM 120.0 -> 130.5")
  }

  @Test("a log of a newer version is refused and left as it is")
  func newer() throws {
    try AlarmLog(path: path).append([numbered(1)])
    let queue = try DatabaseQueue(path: path)
    try queue.write {
      try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('of the year 2040')")
    }
    try queue.close()
    let before = try Data(contentsOf: URL(filePath: path))
    #expect(throws: AlarmLogError.self) { try AlarmLog(path: path) }
    #expect(throws: AlarmLogError.self) { try AlarmLogReader(path: path) }
    do { _ = try AlarmLog(path: path) } catch {
      #expect(error.reason == .newerVersion && error.description.contains("newer version"))
    }
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
  }

  @Test("what is no database, or a damaged one, is set aside with all its bytes, and a log begun")
  func damaged() throws {
    var random = SeededRandom(seed: 3)
    var asideCount = 0
    for round in 0..<12 {
      for name in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + name) }
      try AlarmLog(path: path).append((0..<200).map { random.entry($0) })
      var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
      if round == 0 {
        bytes = Array("no database at all, but a text of some length".utf8)
      } else {
        for _ in 0..<400 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(round) }
      }
      try folder.write("alarms.sqlite", bytes)
      let log = try AlarmLog(path: path)
      try log.append([numbered(1)])
      guard let notice = log.notice else {
        // The damage hit nothing that SQLite checks: then everything can be read.
        #expect(try everything(path).last?.unnumbered == numbered(1))
        continue
      }
      asideCount += 1
      let aside = path + ".damaged-\(asideCount)"
      #expect(notice.contains(aside))
      #expect([UInt8](try Data(contentsOf: URL(filePath: aside))) == bytes)
      #expect(try everything(path).map(\.phase) == ["setAside", "start"])
    }
    #expect(asideCount >= 6, "most damage is found")
  }

  @Test("where there is no log, that is told; an empty file is a new log")
  func missing() throws {
    do {
      _ = try AlarmLogReader(path: path)
      Issue.record("a reader of nothing")
    } catch { #expect(error.reason == .missing) }
    try folder.write("alarms.sqlite", "")
    try AlarmLog(path: path).append([numbered(1)])
    #expect(try everything(path).count == 1)
    do {
      _ = try AlarmLog(path: folder.path + "/none/alarms.sqlite")
      Issue.record("a log in no folder")
    } catch { #expect(error.reason == .notAllowed) }
  }
}
