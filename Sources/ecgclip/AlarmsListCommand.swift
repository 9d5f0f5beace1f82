// `ecgclip alarms list`: the alarm log for people and for programs.

import AlarmLog
import Alarms
import ArgumentParser
import Foundation
import Glibc

struct AlarmsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List or export the alarm log.",
    discussion: """
      Without options: every alarm and what became of it, oldest first, in local time. With --json \
      or --csv: every entry of the log, for other programs (docs/alarm-log.md). A monitor may go on \
      writing meanwhile. Examples:

        ecgclip alarms --since 12h
        ecgclip alarms --since 2026-11-23 --priority high --priority medium
        ecgclip alarms --condition asystole --json
        ecgclip alarms --csv > alarms.csv

      Times are 2026-11-23, '2026-11-23 14:30' (local), 2026-11-23T13:30:00Z, or 30m, 12h, 7d ago.
      """)

  @Option(help: StateFolder.help)
  var state: String?

  @Option(help: "Not before this time.", transform: LogTimeArgument.date)
  var since: Date?

  @Option(help: "Before this time.", transform: LogTimeArgument.date)
  var until: Date?

  @Option(help: "Only this condition, as asystole. Repeatable.")
  var condition: [String] = []

  @Option(help: "Only this priority: high, medium or low. Repeatable.")
  var priority: [AlarmPriority] = []

  @Option(
    help: """
      Only entries of this kind, as start, end, acknowledged; stop, powerCut, pruned. Repeatable.
      """)
  var phase: [String] = []

  @Option(help: "Only this session, by its name or by that of its recording.")
  var session: String?

  @Option(help: "Only the newest so many.")
  var last: Int?

  @Flag(help: "Print every entry as JSON, one object a line.")
  var json = false

  @Flag(help: "Print every entry as CSV (RFC 4180).")
  var csv = false

  func validate() throws {
    if json && csv { throw ValidationError("--json and --csv: one of them.") }
    if let last, last < 1 { throw ValidationError("--last must be at least 1.") }
    if let since, let until, since >= until {
      throw ValidationError("--since must lie before --until: nothing else is chosen by both.")
    }
  }

  func run() throws {
    let folder = try StateFolder.existing(named: state)
    let reader = try AlarmLogReader(path: folder.alarmLog)
    // Somebody who reads the first lines, as `head`, ends the listing in order.
    signal(SIGPIPE, SIG_DFL)
    if json || csv {
      let entries = try reader.entries(filter(alarmsOnly: false))
      if csv { put(AlarmLogEntry.csvHeader) }
      for entry in entries { put(csv ? entry.csvRecord : entry.jsonLine + "\n") }
      return
    }
    let rows = try reader.entries(filter(alarmsOnly: phase.isEmpty))
    let history = AlarmHistory(try rows.first?.id.map { try reader.entries(from: $0) } ?? [])
    let table = AlarmTable(timeZone: .current, now: Date())
    for line in table.lines(rows, history) { put(line + "\n") }
  }

  /// - Parameter alarmsOnly: what begins or is no alarm's; what became of alarms stands beside their beginning.
  private func filter(alarmsOnly: Bool) -> AlarmLogFilter {
    var filter = AlarmLogFilter()
    filter.since = since
    filter.until = until
    filter.conditions = Set(condition)
    filter.priorities = Set(priority.map(\.name))
    filter.phases = Set(phase)
    filter.session = session
    filter.last = last
    filter.startsOnly = alarmsOnly
    return filter
  }

  private func put(_ text: String) { print(text, terminator: "") }
}

/// A time as people write it.
enum LogTimeArgument {
  static func date(_ text: String) throws -> Date {
    guard let date = date(text, now: Date(), timeZone: .current) else {
      throw ValidationError(
        "'\(text)' is no time: write 2026-11-23, '2026-11-23 14:30', 2026-11-23T13:30:00Z, or 12h.")
    }
    return date
  }

  /// Nil for what is no time.
  static func date(_ text: String, now: Date, timeZone: TimeZone) -> Date? {
    let units = ["s": 1.0, "m": 60, "h": 3600, "d": 86_400]
    if let unit = units[String(text.suffix(1))], let count = Double(text.dropLast()),
      count.isFinite, count >= 0
    {
      return now.addingTimeInterval(-count * unit)
    }
    let instants = [
      Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true),
    ]
    if let instant = instants.lazy.compactMap({ try? Date(text, strategy: $0) }).first {
      return instant
    }
    // Local time, with a blank or a T; seconds and time may be left out.
    let parts = text.split(omittingEmptySubsequences: false) { " T-:".contains($0) }
    let numbers = parts.compactMap { $0.allSatisfy(\.isASCII) ? Int($0) : nil }
    guard numbers.count == parts.count, [3, 5, 6].contains(numbers.count) else { return nil }
    let values = numbers + Array(repeating: 0, count: 6 - numbers.count)
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    let components = DateComponents(
      calendar: calendar, timeZone: timeZone, year: values[0], month: values[1], day: values[2],
      hour: values[3], minute: values[4], second: values[5])
    // The calendar would turn a 31st of November into a 1st of December.
    return components.isValidDate ? calendar.date(from: components) : nil
  }
}
