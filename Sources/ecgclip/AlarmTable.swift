// The alarm log as a table for people: when, how urgent, what, how long, and whether anybody saw it.

import AlarmLog
import Foundation

/// Lays out entries. Pure: time zone and present are handed in.
struct AlarmTable {
  private let time: Date.VerbatimFormatStyle
  private let zone: String
  private let now: Date

  init(timeZone: TimeZone, now: Date) {
    time = .verbatim(
      """
      \(year: .defaultDigits)-\(month: .twoDigits)-\(day: .twoDigits) \
      \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits)\
      :\(second: .twoDigits)
      """, timeZone: timeZone, calendar: Calendar(identifier: .gregorian))
    zone = timeZone.identifier
    self.now = now
  }

  /// The table's lines, the heading first; a sentence where there is nothing.
  func lines(_ entries: [AlarmLogEntry], _ history: AlarmHistory) -> [String] {
    guard !entries.isEmpty else { return ["The log holds nothing of this choice."] }
    let heading = ["Time in \(zone)", "Priority", "What", "Lasted", "Seen by a person", "Values"]
    let rows = [heading] + entries.map { row($0, history.outcome(of: $0)) }
    let widths = heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let isUnsure = entries.contains { $0.isClockSynchronised != true }
    let note = isUnsure ? ["? the clock was not known to be right then"] : []
    return note
      + rows.map { row in
        let cells = zip(row, widths).map { cell, width in
          cell + String(repeating: " ", count: width - cell.count)
        }
        return cells.joined(separator: "  ").trimmingSuffix(while: { $0 == " " })
      }
  }

  private func row(_ entry: AlarmLogEntry, _ outcome: AlarmHistory.Outcome?) -> [String] {
    [
      text(entry.wallMilliseconds) + (entry.isClockSynchronised == true ? "" : "?"),
      Self.priority(entry.priority),
      Self.mark(entry) + Self.title(entry),
      outcome.map { duration($0, entry) } ?? "",
      outcome.map(seen) ?? "",
      entry.kind == .alarm ? Self.values(entry) : "",
    ]
  }

  private func text(_ milliseconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(time)
  }

  private static func priority(_ name: String?) -> String {
    switch name {
    case "high": "!!! high"
    case "medium": "!! medium"
    case "low": "! low"
    default: ""
    }
  }

  /// Nobody may take a test or a simulation for an alarm of a patient.
  private static func mark(_ entry: AlarmLogEntry) -> String {
    if entry.isTest { return "TEST " }
    return entry.isSimulated && entry.kind != .system ? entry.provenance.uppercased() + " " : ""
  }

  private static func title(_ entry: AlarmLogEntry) -> String {
    if entry.kind == .system || entry.phase == "start" { return entry.message }
    let person = entry.person.map { " by \($0)" } ?? ""
    // What concerns no single alarm says all in its message.
    return entry.condition == nil
      ? entry.message + person : "\(entry.message): \(entry.phase)\(person)"
  }

  private func duration(_ outcome: AlarmHistory.Outcome, _ entry: AlarmLogEntry) -> String {
    if let seconds = outcome.seconds { return Self.clock(seconds) }
    return outcome.isCutOff ? "until the monitor ended" : "holds"
  }

  /// 0:00:12; hours are not cut into days.
  static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(whole / 3600):\(twoDigits(whole / 60 % 60)):\(twoDigits(whole % 60))"
  }

  private func seen(_ outcome: AlarmHistory.Outcome) -> String {
    guard let entry = outcome.acknowledgement else { return "NOT SEEN" }
    let place = entry.phase == "accepted" ? "central station" : "device"
    return "\(text(entry.wallMilliseconds)) \(entry.person ?? place)"
  }

  /// What was measured, and behind it the limits that it went by.
  private static func values(_ entry: AlarmLogEntry) -> String {
    let measured = list(entry.measured)
    return entry.limits.isEmpty ? measured : "\(measured); limit \(list(entry.limits))"
  }

  private static func list(_ numbers: [String: Double]) -> String {
    numbers.sorted { $0.key < $1.key }.map { name, value in
      name == "heartRateBPM" ? "\(Int(value.rounded())) bpm" : "\(name) \(number(value))"
    }
    .joined(separator: ", ")
  }

  private static func number(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\((value * 1000).rounded() / 1000)"
  }
}

extension String {
  fileprivate func trimmingSuffix(while isBlank: (Character) -> Bool) -> String {
    var text = self[...]
    while let end = text.last, isBlank(end) { text.removeLast() }
    return String(text)
  }
}
