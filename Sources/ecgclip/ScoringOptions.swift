// What `ecgclip evaluate beats` and `evaluate rhythm` share: whose annotations are scored against whose, and tables.

import ArgumentParser
import Evaluation
import Foundation

struct ScoringOptions: ParsableArguments {
  @Argument(help: "Folder of annotated WFDB records, or one record.")
  var folder: String

  @Option(help: "Reference annotator: the extension of its files.")
  var annotator = "atr"

  @Option(
    help: """
      Score the annotation files with this extension, another detector's or one's own, instead of \
      running the signal chain.
      """)
  var testAnnotator: String?

  @Option(help: "Folder of the files to score, laid out as FOLDER; default: beside the records.")
  var testFolder: String?

  @Option(
    help: """
      Seconds at the start that are not scored; default: EC57's 300, and 0 for records of less \
      than ten minutes.
      """)
  var learningSeconds: Double?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if testFolder != nil && testAnnotator == nil {
      throw ValidationError("--test-folder needs --test-annotator.")
    }
    if let learningSeconds, !(0...1e6).contains(learningSeconds) {
      throw ValidationError("--learning-seconds must be 0 to 1000000.")
    }
  }

  var test: TestAnnotator {
    testAnnotator.map { .files(extension: $0, folder: testFolder) } ?? .signalChain
  }

  /// The records to score; a folder without any is the end.
  func records() throws -> [AnnotatedRecord] {
    try AnnotatedRecord.list(folder, annotator: annotator)
  }

  /// The name under which the test annotator is printed.
  var testName: String { testAnnotator ?? "ecgclip" }
}

/// A record that could not be scored: nothing but its name and the reason.
struct ScoringFailure: Encodable {
  let record: String
  let error: String
}

/// Numbers in columns.
enum ScoreTable {
  /// A figure with two digits, "-" where it does not exist.
  static func number(_ value: Double?) -> String {
    value.map { String(format: "%.2f", $0) } ?? "-"
  }

  /// Rows of equally many cells: the first column to the left, the others to the right.
  static func print(_ rows: [[String]]) {
    let widths = (0..<(rows.first?.count ?? 0)).map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    for row in rows {
      let cells = row.enumerated().map { column, text in
        let padding = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + padding : padding + text
      }
      Swift.print(cells.joined(separator: "  "))
    }
  }
}
