// The table of labels that an evaluation reads: record,patient,codes.

import Findings
import Foundation

/// One line of the table.
public struct LabelledRecord: Hashable, Sendable {
  /// The record's path below the folder, without ".hea".
  public let name: String
  /// Whose record it is.
  public let patient: String
  /// SCP-ECG codes that are present.
  public let codes: Set<String>

  static let header = "record,patient,codes"

  /// Reads a table: CSV with the header `record,patient,codes`, codes separated by semicolons. Refuses
  /// unknown codes, records listed twice and an empty table.
  public static func read(path: String) throws -> [LabelledRecord] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw EvaluationError(
        description: "\(path): cannot be read: give a CSV file that starts with \(header)")
    }
    return try parse(text, path: path)
  }

  static func parse(_ text: String, path: String) throws -> [LabelledRecord] {
    var lines = text.split(whereSeparator: \.isNewline).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    lines.removeAll(where: \.isEmpty)
    guard lines.first == header else {
      throw EvaluationError(description: "\(path): the first line must be \(header)")
    }
    guard lines.count > 1 else {
      throw EvaluationError(description: "\(path): no record is listed: add a line for each")
    }
    let known = Set(StatementCodes.all)
    var names: Set<String> = []
    return try lines.dropFirst().map { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 3, !fields[0].isEmpty else {
        throw EvaluationError(
          description: "\(path): \"\(line)\" has \(fields.count) fields: write \(header)")
      }
      let codes = fields[2].split(separator: ";").map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      if let strange = codes.first(where: { !known.contains($0) }) {
        throw EvaluationError(
          description: "record \(fields[0]): unknown code \(strange): use an SCP-ECG code of PTB-XL"
        )
      }
      guard names.insert(fields[0]).inserted else {
        throw EvaluationError(
          description: "record \(fields[0]) is listed twice in \(path): remove one line")
      }
      return LabelledRecord(name: fields[0], patient: fields[1], codes: Set(codes))
    }
  }
}
