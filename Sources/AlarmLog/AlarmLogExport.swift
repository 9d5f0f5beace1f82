// Entries for other programs: the same fields, in the same words, as JSON lines and as CSV.

import StrictJSON

extension AlarmLogEntry {
  /// The names of `exportedFields`, in the order of the CSV's columns.
  public static let exportedNames = [
    "id", "wallTime", "clockQuality", "kind", "phase", "condition", "message", "priority",
    "technical", "cause", "values", "limits", "leads", "actor", "person", "time",
    "monotonicSeconds", "onsetWallTime", "onsetMonotonicSeconds", "session", "record",
    "provenance", "simulated", "test", "boot",
  ]

  /// The entry's fields by name. What is not known is null.
  public var exportedFields: [String: JSONValue] {
    [
      "id": .optional(id.map(Double.init)),
      "wallTime": .string(wallText),
      "clockQuality": .string(clockQuality),
      "kind": .string(kind.rawValue),
      "phase": .string(phase),
      "condition": .optional(condition),
      "message": .string(message),
      "priority": .optional(priority),
      "technical": .bool(isTechnical),
      "cause": .optional(cause),
      "values": .object(measured.mapValues { .number($0) }),
      "limits": .object(limits.mapValues { .number($0) }),
      "leads": .array(leads.map { .string($0) }),
      "actor": .optional(actor),
      "person": .optional(person),
      "time": .optional(signalSeconds),
      "monotonicSeconds": .number(Double(monotonicNanoseconds) / 1e9),
      "onsetWallTime": .optional(onsetWallMilliseconds.map(Self.text)),
      "onsetMonotonicSeconds": .optional(onsetMonotonicNanoseconds.map { Double($0) / 1e9 }),
      "session": .string(session),
      "record": .optional(record),
      "provenance": .string(provenance),
      "simulated": .bool(isSimulated),
      "test": .bool(isTest),
      "boot": .string(boot),
    ]
  }

  /// How far the wall clock could be trusted, in the words of the alert link.
  public var clockQuality: String {
    isClockSynchronised.map { $0 ? "synchronised" : "unsynchronised" } ?? "unknown"
  }

  /// One line of JSON, without its end.
  public var jsonLine: String { JSONValue.object(exportedFields).canonicalText }

  /// One record of CSV, with its end.
  public var csvRecord: String {
    let fields = exportedFields
    return CSV.record(Self.exportedNames.map { CSV.text(fields[$0] ?? .null) })
  }

  /// The first record of a CSV file: the names of the columns.
  public static var csvHeader: String { CSV.record(exportedNames) }
}

extension JSONValue {
  fileprivate static func optional(_ text: String?) -> JSONValue {
    text.map { .string($0) } ?? .null
  }
  fileprivate static func optional(_ flag: Bool?) -> JSONValue { flag.map { .bool($0) } ?? .null }
  fileprivate static func optional(_ number: Double?) -> JSONValue {
    number.map { .number($0) } ?? .null
  }
}

/// Comma-separated values after RFC 4180.
enum CSV {
  /// A value as a field's text: nothing for null, what a list or an object holds by spaces (`heartRateBPM=31`).
  static func text(_ value: JSONValue) -> String {
    switch value {
    case .null: ""
    case .string(let text): text
    case .array(let items): items.map(text).joined(separator: " ")
    case .object(let members):
      members.sorted { $0.key < $1.key }.map { "\($0.key)=\(text($0.value))" }
        .joined(separator: " ")
    case .bool, .number: value.canonicalText
    }
  }

  /// Fields as a record with its end of line. A field with a comma, a quote or an end of line in it stands in quotes.
  static func record(_ fields: [String]) -> String {
    fields.map { field in
      let isPlain = field.utf8.allSatisfy { !Set(",\"\r\n".utf8).contains($0) }
      return isPlain ? field : "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
    .joined(separator: ",") + "\r\n"
  }
}
