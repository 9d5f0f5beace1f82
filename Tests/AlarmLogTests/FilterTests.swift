// Choosing and exporting, over random logs: against a choice that is written in a few lines of Swift, and against
// Python's readers of CSV and JSON.

import Foundation
import TestSupport
import Testing

@testable import AlarmLog

@Suite struct FilterTests {
  let folder: TemporaryFolder
  let path: String
  let entries: [AlarmLogEntry]

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/alarms.sqlite"
    var random = SeededRandom(seed: 20)
    var made: [AlarmLogEntry] = []
    for number in 0..<250 { made.append(random.entry(number)) }
    try AlarmLog(path: path).append(made)
    entries = try everything(path)
  }

  @Test("a filter chooses what each of its words chooses, in the log's order")
  func filters() throws {
    let reader = try AlarmLogReader(path: path)
    var random = SeededRandom(seed: 21)
    var chosenCount = 0
    for _ in 0..<300 {
      var filter = AlarmLogFilter()
      func time(_ random: inout SeededRandom) -> Date {
        Date(timeIntervalSince1970: 1_800_000_000 + Double(random.next() % 42) * 0.5)
      }
      if random.chance(0.3) { filter.since = time(&random) }
      if random.chance(0.3) { filter.until = time(&random) }
      if random.chance(0.3) { filter.conditions = [random.pick(["asystole", "leadOff", "none"])] }
      if random.chance(0.3) { filter.priorities = ["high", random.pick(["low", "medium"])] }
      if random.chance(0.3) { filter.phases = [random.pick(["start", "acknowledged"])] }
      if random.chance(0.3) { filter.session = random.pick(["one", "record1", "nobody"]) }
      if random.chance(0.3) { filter.startsOnly = true }
      if random.chance(0.3) { filter.last = 1 + Int(random.next() % 20) }
      let found = try reader.entries(filter)
      #expect(found == chosen(by: filter))
      chosenCount += found.count
    }
    #expect(chosenCount > 1000)
  }

  /// The same, said plainly.
  private func chosen(by filter: AlarmLogFilter) -> [AlarmLogEntry] {
    let all = entries.filter { entry in
      let time = Double(entry.wallMilliseconds) / 1000
      if let since = filter.since, time < since.timeIntervalSince1970 { return false }
      if let until = filter.until, time >= until.timeIntervalSince1970 { return false }
      func holds(_ value: String?, _ wanted: Set<String>) -> Bool {
        wanted.isEmpty || value.map { wanted.contains($0) } ?? false
      }
      guard holds(entry.condition, filter.conditions), holds(entry.priority, filter.priorities),
        holds(entry.phase, filter.phases)
      else { return false }
      if let session = filter.session, entry.session != session, entry.record != session {
        return false
      }
      guard filter.startsOnly else { return true }
      return entry.kind == .system
        || !["update", "latched", "end", "acknowledged", "accepted"].contains(entry.phase)
    }
    return filter.last.map { Array(all.suffix($0)) } ?? all
  }

  @Test("Python reads the CSV as it reads the JSON", .enabled(if: Python.readsWFDB))
  func exports() throws {
    try folder.write(
      "alarms.csv", AlarmLogEntry.csvHeader + entries.map(\.csvRecord).joined())
    try folder.write("alarms.jsonl", entries.map { $0.jsonLine + "\n" }.joined())
    let read = try Python.peer("read_exports.py", folder.path)
    #expect(read["header"].list.compactMap(\.text) == AlarmLogEntry.exportedNames)
    #expect(read["differences"].list.isEmpty, "\(read["differences"].list.prefix(3))")
    #expect(read["records"].integer == entries.count && entries.count == 250)
    #expect(read["messages"].list.map(\.text) == entries.map(\.message))
    #expect(read["conditions"].list.map(\.text) == entries.map(\.condition))
    // Python's own reading of the time.
    let milliseconds = read["milliseconds"].list.map { Int64($0.number) }
    #expect(milliseconds == entries.map(\.wallMilliseconds))
  }

  @Test("every field of an entry is exported")
  func complete() {
    #expect(Set(entries[0].exportedFields.keys) == Set(AlarmLogEntry.exportedNames))
    #expect(Set(AlarmLogEntry.exportedNames).count == AlarmLogEntry.exportedNames.count)
    // Wall time and clock quality stand for two fields, `simulated` for none; `serial` is the log's own.
    let stored = Mirror(reflecting: entries[0]).children.count
    #expect(AlarmLogEntry.exportedNames.count == stored + 1 - 1)
  }

  @Test("what became of an alarm: how long it lasted, who saw it, whether its session was cut off")
  func history() throws {
    func event(_ phase: String, at second: Int, session: String = "one") -> AlarmLogEntry {
      var entry = numbered(second, session: session)
      entry.phase = phase
      return entry
    }
    let course = [
      systemEntry("start", 1), event("start", at: 2), event("update", at: 4),
      event("latched", at: 7), event("start", at: 9), event("acknowledged", at: 11),
      event("end", at: 12), event("start", at: 20), event("end", at: 25),
      event("acknowledged", at: 26), event("start", at: 30), systemEntry("stop", 40),
      systemEntry("start", 1, session: "two"), event("start", at: 2, session: "two"),
    ]
    let log = try AlarmLog(path: folder.path + "/course.sqlite")
    try log.append(course)
    let read = try everything(folder.path + "/course.sqlite")
    let history = AlarmHistory(read)
    let outcomes = read.filter { $0.kind == .alarm && $0.phase == "start" }
      .compactMap { history.outcome(of: $0) }
    #expect(outcomes.map(\.seconds) == [5, 3, 5, nil, nil])
    #expect(outcomes.map(\.isCutOff) == [false, false, false, true, false])
    #expect(outcomes.map { $0.acknowledgement?.serial } == [11, 11, 26, nil, nil])
    #expect(history.outcome(of: read[2]) == nil)
  }

  @Test("an alarm that comes back after a restart is seen by whoever sees it then")
  func restart() throws {
    func event(
      _ phase: String, _ condition: String, _ session: String, at second: Int, cause: String?
    )
      -> AlarmLogEntry
    {
      var entry = numbered(second, session: session)
      entry.phase = phase
      entry.condition = condition
      entry.cause = cause
      return entry
    }
    let log = try AlarmLog(path: folder.path + "/restart.sqlite")
    try log.append([
      systemEntry("start", 1, session: "a"), event("start", "asystole", "a", at: 2, cause: nil),
      systemEntry("start", 1, session: "b"), event("start", "asystole", "b", at: 2, cause: nil),
      event("start", "bradycardia", "b", at: 3, cause: nil),
      systemEntry("start", 1, session: "c"),
      event("latched", "asystole", "c", at: 2, cause: "restart"),
      event("acknowledged", "asystole", "c", at: 3, cause: "operator"),
    ])
    let read = try everything(folder.path + "/restart.sqlite")
    let history = AlarmHistory(read)
    let starts = read.filter { $0.kind == .alarm && $0.phase == "start" }
    // What session b began with is not what was shown in c, and nobody saw the bradycardia.
    #expect(
      starts.map { history.outcome(of: $0)?.acknowledgement?.session } == [nil, "c", nil])
  }
}
