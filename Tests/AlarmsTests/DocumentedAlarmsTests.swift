// The tables of docs/alarms.md against the code: clinicians read the one, patients are watched by the other.

import Alarms
import Foundation
import TestSupport
import Testing

/// The rows of the tables, cell by cell.
private func rows() throws -> [[String]] {
  let text = try String(contentsOfFile: TestData.repository + "/docs/alarms.md", encoding: .utf8)
  return text.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
    line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }
}

/// The words between backticks.
private func names(_ cell: String) -> [String] {
  cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
    .filter { $0.offset % 2 == 1 }.map { String($0.element) }
}

/// What a cell says for each of so many names: one value for all, or as many as there are.
private func values(_ cell: String, count: Int) -> [String] {
  let parts = cell.components(separatedBy: ", ")
  return parts.count == count ? parts : Array(repeating: cell, count: count)
}

private func seconds(_ text: String) -> Double? {
  text == "at once" ? 0 : text.hasSuffix(" s") ? Double(text.dropLast(2)) : nil
}

/// "high after 5 min"; nil where nothing happens.
private func escalation(_ text: String) -> (AlarmPriority, Double)? {
  guard let match = text.firstMatch(of: #/(medium|high) after (\d+) min/#),
    let minutes = Double(match.2)
  else { return nil }
  return (match.1 == "high" ? .high : .medium, minutes * 60)
}

@Test(
  "every alarm stands in the tables once, with its priority, delays and what happens when nobody comes"
)
func documentedAlarms() throws {
  let alarms = Dictionary(
    uniqueKeysWithValues: BuiltInAlarm.allCases.map { ($0.definition.name, $0.definition) })
  var found: [String: Int] = [:]
  for row in try rows() where row.count >= 4 {
    let names = names(row[0]).filter { alarms[$0] != nil }
    for (place, name) in names.enumerated() {
      guard let alarm = alarms[name] else { continue }
      found[name, default: 0] += 1
      #expect(values(row[1], count: names.count)[place] == alarm.priority.name, "\(name)")
      if row.count == 6 {
        let onset = try #require(seconds(values(row[3], count: names.count)[place]))
        let end = try #require(seconds(values(row[4], count: names.count)[place]))
        #expect(onset == alarm.onsetSeconds && end == alarm.endSeconds, "\(name)")
      }
      let last = row[row.count - 1]
      let told = escalation(last)
      #expect(told?.1 == alarm.escalationSeconds, "\(name)")
      #expect(told?.0 ?? alarm.priority == alarm.priorityMax, "\(name)")
    }
  }
  for name in alarms.keys { #expect(found[name] == 1, "\(name)") }
}

@Test("every limit stands in the table with its default and its bounds")
func documentedLimits() throws {
  var found: Set<AlarmLimit> = []
  for row in try rows() where row[0].hasPrefix("`limits.") && row.count == 3 {
    let names = names(row[0]).map { $0.replacing("limits.", with: "").replacing(".", with: "") }
    // What stands behind a colon is the reason.
    let bounds = values(row[2].split(separator: ":").map(String.init)[0], count: names.count)
    for (place, name) in names.enumerated() {
      let limit = try #require(AlarmLimit(rawValue: name))
      found.insert(limit)
      #expect(Double(values(row[1], count: names.count)[place]) == limit.initial, "\(name)")
      let ends = bounds[place].split(separator: "-").compactMap { Double($0) }
      #expect(ends == [limit.bounds.lowerBound, limit.bounds.upperBound], "\(name)")
    }
  }
  #expect(found == Set(AlarmLimit.allCases))
}
