// `ecgclip evaluate alarms`: false alarms an hour, sensitivity and time to alarm on long annotated records.

import Alarms
import ArgumentParser
import Evaluation
import Inference
import Pipeline

struct EvaluateAlarmsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alarms",
    abstract: "Count false and missed alarms on annotated records, and how soon alarms come.",
    discussion: """
      FOLDER holds WFDB records with annotation files of beats, and of rhythms where they are marked. \
      Every record goes through the whole monitor, model and alarm system included, from its first \
      sample on. Examples:

        ecgclip evaluate alarms mitdb
        ecgclip evaluate alarms mitdb --without-findings --json

      docs/evaluation.md says what makes an alarm true, false or due.
      """)

  @Argument(help: "Folder of annotated WFDB records, or one record.")
  var folder: String

  @Option(help: "Reference annotator: the extension of its files.")
  var annotator = "atr"

  @Option(help: "Model: a name in models or a path.")
  var model: String?

  @Flag(help: "Leave the model's findings out, which is many times faster.")
  var withoutFindings = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let loaded = try Model(folder: Installation.modelFolder(model), arithmetic: nil)
    // A window an hour is none in the records that there are.
    let configuration = PipelineConfiguration(windowStepSeconds: withoutFindings ? 3600 : 1)
    let evaluation = AlarmEvaluation(
      records: try AnnotatedRecord.list(folder, annotator: annotator), model: loaded,
      configuration: configuration)
    if evaluation.records.isEmpty, let failure = evaluation.failures.first {
      throw CommandFailure(failure.reason)
    }
    if json {
      try JSONOutput.print(
        AlarmEvaluationObject(
          annotator, model: loaded.name, sha256: loaded.sha256, evaluation))
    } else {
      AlarmEvaluationText.print(annotator, evaluation, hasFindings: !withoutFindings)
    }
    if !evaluation.failures.isEmpty { throw ExitCode(1) }
  }
}

private enum AlarmEvaluationText {
  static func print(_ annotator: String, _ evaluation: AlarmEvaluation, hasFindings: Bool) {
    let hours = evaluation.hours
    Swift.print("alarms against \(annotator), \(ScoreTable.number(hours)) h")
    var rows = [
      [
        "alarm", "priority", "true", "false", "unjudged", "false/h", "due", "found", "Se %",
        "p50 s", "p99 s",
      ]
    ]
    let gross = evaluation.gross
    for definition in evaluation.definitions {
      guard let alarm = gross[definition.name] else { continue }
      rows.append([
        definition.name, definition.priority.name, String(alarm.trueAlarms),
        String(alarm.falseAlarms), String(alarm.unjudgedAlarms),
        ScoreTable.number(Double(alarm.falseAlarms) / hours), String(alarm.episodes),
        String(alarm.foundEpisodes), ScoreTable.number(alarm.sensitivity),
        ScoreTable.number(alarm.delay(quantile: 0.5)),
        ScoreTable.number(alarm.delay(quantile: 0.99)),
      ])
    }
    ScoreTable.print(rows)
    for priority in AlarmPriority.allCases.reversed() {
      let count = evaluation.falseAlarms(priority)
      Swift.print(
        "false alarms of \(priority.name) priority: \(count), "
          + "\(ScoreTable.number(24 * Double(count) / hours)) in 24 h")
    }
    if hasFindings {
      Swift.print(
        "raised by findings of the model: \(evaluation.findings(.justified)) true, "
          + "\(evaluation.findings(.unjustified)) false, \(evaluation.findings(.unjudged)) unjudged"
      )
    }
    for record in evaluation.records {
      for (alarm, verdict) in record.told where alarm.priority == .high && verdict == .unjustified {
        Swift.print("false: \(record.name) \(alarm.name) at \(Int(alarm.startSeconds)) s")
      }
    }
    for failure in evaluation.failures { JSONOutput.complain(failure.reason) }
  }
}
