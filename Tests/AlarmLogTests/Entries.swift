// Entries for tests: plain ones with a number, and random ones in which every field can have anything.

import Foundation
import TestSupport

@testable import AlarmLog

/// An alarm's start with a number in its message.
func numbered(_ number: Int, session: String = "one", boot: String = "a") -> AlarmLogEntry {
  var entry = AlarmLogEntry(
    kind: .alarm, phase: "start", message: "Entry \(number)",
    time: LogTime(
      monotonicNanoseconds: UInt64(number) * 1_000_000_000,
      wallMilliseconds: 1_800_000_000_000 + Int64(number) * 1000),
    session: session, provenance: "live", boot: boot)
  entry.condition = "asystole"
  entry.priority = "high"
  entry.serial = Int64(number)
  return entry
}

/// An entry of the system.
func systemEntry(
  _ phase: String, _ number: Int, session: String = "one", boot: String = "a"
) -> AlarmLogEntry {
  var entry = numbered(number, session: session, boot: boot).system(phase, phase)
  entry.serial = Int64(number)
  return entry
}

extension SeededRandom {
  mutating func pick<T>(_ values: [T]) -> T { values[Int(next() % UInt64(values.count))] }

  mutating func chance(_ share: Double) -> Bool { abs(value()) < share }

  /// Words that CSV, JSON and SQL must quote.
  mutating func text() -> String {
    pick([
      "Asystole", "a,b", "say \"no\"", "two\nlines", "carriage\r\nreturn", "ünïcödé 心拍", "", " ",
      "'; DROP TABLE entry; --", "\u{1}", "tab\there", "=1+1",
    ])
  }

  mutating func numbers() -> [String: Double] {
    let names = ["heartRateBPM", "quality", "stMicrovolts"]
    return Dictionary(
      uniqueKeysWithValues: names.filter { _ in chance(0.5) }.map {
        ($0, pick([0, -0.5, 31, 1e-9, 1.0 / 3, 123_456.75, -1e15]))
      })
  }

  /// Any entry; times are few, so that several share one.
  mutating func entry(_ number: Int) -> AlarmLogEntry {
    var entry = AlarmLogEntry(
      kind: pick(LogKind.allCases),
      phase: pick(["start", "update", "end", "acknowledged", "latched", "off"]),
      message: text(),
      time: LogTime(
        monotonicNanoseconds: next() >> pick([1, 20, 40]),
        wallMilliseconds: 1_800_000_000_000 + Int64(next() % 40) * 500),
      session: pick(["one", "two", "three"]),
      provenance: pick(["live", "simulated", "replay"]), boot: pick(["a", "b"]))
    // The start of a session may bring an entry about the one before.
    if entry.kind == .system && entry.phase == "start" { entry.phase = "problem" }
    if chance(0.8) { entry.condition = pick(["asystole", "bradycardia", "leadOff"]) }
    if chance(0.8) { entry.priority = pick(["high", "medium", "low"]) }
    entry.isTechnical = chance(0.3)
    if chance(0.7) { entry.isClockSynchronised = chance(0.5) }
    if chance(0.7) { entry.signalSeconds = value() * 1e5 }
    if chance(0.5) {
      entry.onsetMonotonicNanoseconds = Int64(next() >> 20)
      entry.onsetWallMilliseconds = 1_800_000_000_000 + Int64(next() % 100_000)
    }
    if chance(0.4) { entry.cause = text() }
    entry.limits = numbers()
    entry.measured = numbers()
    entry.leads = ["I", "II", "V1"].filter { _ in chance(0.5) }
    if chance(0.3) { entry.actor = pick(["localKey", "remote"]) }
    if chance(0.3) { entry.person = text() }
    if chance(0.3) { entry.record = pick(["record1", "record2"]) }
    entry.isTest = chance(0.1)
    if chance(0.9) { entry.serial = Int64(number) }
    return entry
  }
}

extension AlarmLogEntry {
  /// The same before it had a number.
  var unnumbered: AlarmLogEntry {
    var entry = self
    entry.id = nil
    return entry
  }
}

/// Everything in a log.
func everything(_ path: String) throws -> [AlarmLogEntry] {
  try AlarmLogReader(path: path).entries(AlarmLogFilter())
}
