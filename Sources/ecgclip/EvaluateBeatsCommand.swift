// `ecgclip evaluate beats`: QRS detection and beat classes against annotated records, by EC57's rules.

import ArgumentParser
import Evaluation
import Monitor

struct EvaluateBeatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "beats",
    abstract: "Score beats and their classes on annotated records.",
    discussion: """
      FOLDER holds WFDB records with annotation files, as MIT-BIH's 100.hea, 100.dat and 100.atr. \
      The rules are those of ANSI/AAMI EC57 as WFDB's bxb carries them out: 150 ms window, five \
      minutes to learn, nothing counted during ventricular fibrillation. Examples:

        ecgclip evaluate beats mitdb
        ecgclip evaluate beats mitdb --test-annotator xqrs --test-folder xqrs --json

      docs/evaluation.md says what each figure means.
      """)

  @OptionGroup var options: ScoringOptions

  func run() throws {
    let evaluation = try BeatEvaluation(
      records: options.records(), test: options.test, learningSeconds: options.learningSeconds)
    if evaluation.records.isEmpty, let failure = evaluation.failures.first {
      throw CommandFailure(failure.reason)
    }
    if options.json {
      try JSONOutput.print(BeatEvaluationObject(options, evaluation))
    } else {
      BeatEvaluationText.print(options, evaluation)
    }
    if !evaluation.failures.isEmpty { throw ExitCode(1) }
  }
}

/// The figures of one record or of their sum.
private struct BeatScores: Encodable {
  let qrsSensitivity: Nullable<Double>
  let qrsPositivePredictivity: Nullable<Double>
  let vebSensitivity: Nullable<Double>
  let vebPositivePredictivity: Nullable<Double>
  let vebFalsePositiveRate: Nullable<Double>
  let svebSensitivity: Nullable<Double>
  let svebPositivePredictivity: Nullable<Double>

  /// Each figure by a rule that picks it from a matrix.
  init(_ value: (KeyPath<ConfusionMatrix, Double?>) -> Double?) {
    qrsSensitivity = Nullable(value(\.qrsSensitivity))
    qrsPositivePredictivity = Nullable(value(\.qrsPositivePredictivity))
    vebSensitivity = Nullable(value(\.vebSensitivity))
    vebPositivePredictivity = Nullable(value(\.vebPositivePredictivity))
    vebFalsePositiveRate = Nullable(value(\.vebFalsePositiveRate))
    svebSensitivity = Nullable(value(\.svebSensitivity))
    svebPositivePredictivity = Nullable(value(\.svebPositivePredictivity))
  }

  init(_ confusion: ConfusionMatrix) { self.init { confusion[keyPath: $0] } }
  init(averageOf evaluation: BeatEvaluation) {
    self.init { figure in evaluation.average { $0.confusion[keyPath: figure] } }
  }
}

/// How often what was called what.
private struct BeatCounts: Encodable {
  let truePositives: Int
  let falsePositives: Int
  let falseNegatives: Int
  let missedInShutdown: Int
  let confusion: [String: [String: Int]]

  init(_ matrix: ConfusionMatrix) {
    truePositives = matrix.truePositives
    falsePositives = matrix.falsePositives
    falseNegatives = matrix.falseNegatives
    missedInShutdown = matrix.missedInShutdown
    confusion = Dictionary(
      uniqueKeysWithValues: BeatLabel.allCases.map { reference in
        let row = BeatLabel.allCases.map { ($0.letter, matrix[reference, $0]) }
        return (reference.letter, Dictionary(uniqueKeysWithValues: row))
      })
  }
}

private struct BeatEvaluationObject: Encodable {
  /// Scores and counts side by side in one object.
  struct Gross: Encodable {
    let matrix: ConfusionMatrix
    func encode(to encoder: any Encoder) throws {
      try BeatScores(matrix).encode(to: encoder)
      try BeatCounts(matrix).encode(to: encoder)
    }
  }

  struct Average: Encodable {
    let evaluation: BeatEvaluation
    private enum Key: CodingKey { case rrErrorMilliseconds }
    func encode(to encoder: any Encoder) throws {
      try BeatScores(averageOf: evaluation).encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(
        Nullable(evaluation.average(\.rrErrorMilliseconds)), forKey: .rrErrorMilliseconds)
    }
  }

  struct Record: Encodable {
    let record: BeatEvaluation.Record
    private struct Facts: Encodable {
      let record: String
      let sampleRate: Double
      let durationSeconds: Double
      let learningSeconds: Double
      let paced: Bool
      let rrErrorMilliseconds: Nullable<Double>
      let shutdownSeconds: Double
      let missedSeconds: [Double]
      let inventedSeconds: [Double]
    }
    func encode(to encoder: any Encoder) throws {
      try Facts(
        record: record.name, sampleRate: record.sampleRate,
        durationSeconds: record.durationSeconds, learningSeconds: record.learningSeconds,
        paced: record.isPaced, rrErrorMilliseconds: Nullable(record.rrErrorMilliseconds),
        shutdownSeconds: record.shutdownSeconds, missedSeconds: record.missedSeconds,
        inventedSeconds: record.inventedSeconds
      ).encode(to: encoder)
      try Gross(matrix: record.confusion).encode(to: encoder)
    }
  }

  let annotator: String
  let testAnnotator: String
  let unit = "percent"
  let matchWindowMilliseconds = BeatComparison.windowSeconds * 1000
  let gross: Gross
  let average: Average
  let grossWithoutPaced: Gross
  let averageWithoutPaced: Average
  let records: [Record]
  let failures: [ScoringFailure]

  init(_ options: ScoringOptions, _ evaluation: BeatEvaluation) {
    annotator = options.annotator
    testAnnotator = options.testName
    gross = Gross(matrix: evaluation.gross)
    average = Average(evaluation: evaluation)
    grossWithoutPaced = Gross(matrix: evaluation.withoutPaced.gross)
    averageWithoutPaced = Average(evaluation: evaluation.withoutPaced)
    records = evaluation.records.map(Record.init)
    failures = evaluation.failures.map { ScoringFailure(record: $0.name, error: $0.reason) }
  }
}

private enum BeatEvaluationText {
  static func print(_ options: ScoringOptions, _ evaluation: BeatEvaluation) {
    Swift.print(
      "\(options.testName) against \(options.annotator), percent; * paced: not in EC57's tables")
    var rows = [
      [
        "record", "beats", "missed", "false", "QRS Se", "QRS +P", "VEB Se", "VEB +P", "SVEB Se",
        "SVEB +P", "RR error ms", "shutdown s",
      ]
    ]
    for record in evaluation.records {
      rows.append(
        row(record.name + (record.isPaced ? "*" : ""), record.confusion) + [
          ScoreTable.number(record.rrErrorMilliseconds), ScoreTable.number(record.shutdownSeconds),
        ])
    }
    rows += summary("", evaluation)
    if evaluation.records.contains(where: \.isPaced) {
      rows += summary(" without *", evaluation.withoutPaced)
    }
    ScoreTable.print(rows)
    for failure in evaluation.failures { JSONOutput.complain(failure.reason) }
  }

  private static func summary(_ suffix: String, _ evaluation: BeatEvaluation) -> [[String]] {
    let averages = figures.map { figure in
      ScoreTable.number(evaluation.average { $0.confusion[keyPath: figure] })
    }
    let error = ScoreTable.number(evaluation.average(\.rrErrorMilliseconds))
    return [
      row("gross" + suffix, evaluation.gross) + ["", ""],
      ["average" + suffix, "", "", ""] + averages + [error, ""],
    ]
  }

  private static func row(_ name: String, _ confusion: ConfusionMatrix) -> [String] {
    [
      name, String(confusion.truePositives + confusion.falseNegatives),
      String(confusion.falseNegatives), String(confusion.falsePositives),
    ] + figures.map { ScoreTable.number(confusion[keyPath: $0]) }
  }

  private static var figures: [KeyPath<ConfusionMatrix, Double?>] {
    [
      \.qrsSensitivity, \.qrsPositivePredictivity, \.vebSensitivity, \.vebPositivePredictivity,
      \.svebSensitivity, \.svebPositivePredictivity,
    ]
  }
}
