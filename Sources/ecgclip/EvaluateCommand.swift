// `ecgclip evaluate`: what the product says against what annotated records say.

import ArgumentParser
import Findings
import Inference
import Monitor

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Score the product against annotated records.",
    subcommands: [
      EvaluateBeatsCommand.self, EvaluateRhythmCommand.self, EvaluateDelineationCommand.self,
      EvaluateAlarmsCommand.self, EvaluateFindingsCommand.self,
    ])
}

struct EvaluateFindingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "findings",
    abstract: "Score the model's findings on labelled 12-lead records.",
    discussion: """
      FOLDER holds the records, --labels a CSV file with the header record,patient,codes: the record's \
      path below the folder without .hea, the patient, and SCP-ECG codes separated by semicolons. Of \
      every record the first window (9.87 s) is read. Example:

        ecgclip evaluate findings recordings --labels recordings/labels.csv --json

      The scores are those of the model's metrics.json, by the same definitions.
      """)

  @Argument(help: "Folder of records.")
  var folder: String

  @Option(help: "CSV file of labels.")
  var labels: String

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(help: "Model: a name in models or a path.")
  var model: String?

  func run() throws {
    let loaded = try Model(folder: Installation.modelFolder(model), arithmetic: nil)
    let evaluation = try FindingEvaluation(
      model: loaded, folder: folder, labels: LabelledRecord.read(path: labels))
    if json {
      try JSONOutput.print(EvaluationObject(model: loaded, evaluation: evaluation))
    } else {
      EvaluationText.print(model: loaded, evaluation: evaluation)
    }
  }
}

private struct EvaluationObject: Encodable {
  struct SuperClasses: Encodable {
    let auc: Double?
    let averagePrecision: Double?
    let statements: Int
    let classes: [String: StatementScores]
  }

  let model: String
  let sha256: String
  let records: Int
  /// The scores, under the name of the arithmetic that gave them.
  let int8: FindingEvaluation.Macro?
  let float: FindingEvaluation.Macro?
  let statements: [String: StatementScores]
  let superClasses: SuperClasses?
  let notScored: [String: Int]

  init(model: Model, evaluation: FindingEvaluation) {
    self.model = model.name
    sha256 = model.sha256
    records = evaluation.records
    int8 = model.arithmetic == .int8 ? evaluation.macro : nil
    float = model.arithmetic == .float ? evaluation.macro : nil
    statements = evaluation.statements
    superClasses = evaluation.superClasses.map { classes in
      SuperClasses(
        auc: evaluation.superClassMacro?.auc,
        averagePrecision: evaluation.superClassMacro?.averagePrecision, statements: classes.count,
        classes: classes)
    }
    notScored = evaluation.notScored
  }
}

private enum EvaluationText {
  static func print(model: Model, evaluation: FindingEvaluation) {
    Swift.print("\(evaluation.records) records, model \(model.name) \(model.sha256.prefix(12))")
    Swift.print(
      "macro over \(evaluation.macro.statements) statements with at least "
        + "\(FindingEvaluation.positivesMin) positives: AUC \(number(evaluation.macro.auc)), "
        + "average precision \(number(evaluation.macro.averagePrecision))")
    if let macro = evaluation.superClassMacro {
      Swift.print(
        "super-classes: AUC \(number(macro.auc)), "
          + "average precision \(number(macro.averagePrecision))")
    }
    Swift.print("code      positives  AUC    average precision  Brier  calibration error")
    for statement in model.statements {
      guard let scores = evaluation.statements[statement.code] else { continue }
      let columns = [
        pad(statement.code, 8), pad(String(scores.positives), 9), number(scores.auc),
        pad(number(scores.averagePrecision), 17), number(scores.brier),
        number(scores.calibrationError),
      ]
      Swift.print(columns.joined(separator: "  "))
    }
    for (code, count) in evaluation.notScored.sorted(by: { $0.key < $1.key }) {
      Swift.print("not scored: \(code), \(count) label(s): the model has no such statement")
    }
  }

  private static func number(_ value: Double?) -> String {
    guard let value else { return "-    " }
    let thousandths = Int((value * 1000).rounded())
    let digits = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
