// The model's findings against labelled records: what metrics.json says of the held-out fold, computed
// again by the device's own arithmetic.

import ECGSignal
import Findings
import Inference
import Recordings

/// A table or a record that cannot be scored: names it, the reason and the remedy.
public struct EvaluationError: Error, CustomStringConvertible {
  /// The sentence.
  public let description: String
}

/// Scores of a model over labelled records, each by the first window of its recording.
public struct FindingEvaluation: Sendable {
  /// Means over statements.
  public struct Macro: Encodable, Sendable {
    /// Mean AUC and average precision, nil where no statement has enough positives.
    public let auc: Double?
    public let averagePrecision: Double?
    /// Statements that they are over.
    public let statements: Int
  }

  /// Positives from which a statement counts in the macro scores.
  public static let positivesMin = 10

  /// Records scored.
  public let records: Int
  /// Over statements with at least ten positives.
  public let macro: Macro
  /// By code.
  public let statements: [String: StatementScores]
  /// By super-class, and their means; nil for a model that names none.
  public let superClasses: [String: StatementScores]?
  public let superClassMacro: Macro?
  /// Labels of valid statements that the model does not make, by code.
  public let notScored: [String: Int]

  /// Reads every record of the table below `folder` and scores the model.
  public init(model: Model, folder: String, labels: [LabelledRecord]) throws {
    let probabilities = try labels.map { record in
      try FirstWindow(model: model, path: "\(folder)/\(record.name)", name: record.name)
        .probabilities
    }
    self.init(model: model, labels: labels, probabilities: probabilities)
  }

  /// Scores probabilities `[record][statement]`.
  init(model: Model, labels: [LabelledRecord], probabilities: [[Double]]) {
    records = labels.count
    let codes = model.statements.map(\.code)
    var table: [String: StatementScores] = [:]
    for (index, code) in codes.enumerated() {
      table[code] = StatementScores(
        labels: labels.map { $0.codes.contains(code) },
        probabilities: probabilities.map { $0[index] })
    }
    statements = table
    macro = Self.macro(Array(table.values), positivesMin: Self.positivesMin)
    notScored = labels.flatMap(\.codes).filter { table[$0] == nil }
      .reduce(into: [:]) { $0[$1, default: 0] += 1 }
    let classes = Self.superClasses(model.statements, labels, probabilities)
    superClasses = classes
    superClassMacro = classes.map { Self.macro(Array($0.values), positivesMin: 1) }
  }

  private static func macro(_ scores: [StatementScores], positivesMin: Int) -> Macro {
    let chosen = scores.filter { $0.positives >= positivesMin && $0.auc != nil }
    guard !chosen.isEmpty else { return Macro(auc: nil, averagePrecision: nil, statements: 0) }
    func mean(_ value: (StatementScores) -> Double?) -> Double {
      chosen.reduce(0) { $0 + (value($1) ?? 0) } / Double(chosen.count)
    }
    return Macro(
      auc: mean(\.auc), averagePrecision: mean(\.averagePrecision), statements: chosen.count)
  }

  /// A class is there when one of its statements is; its score is 1 - product of (1 - p) over them.
  private static func superClasses(
    _ statements: [Statement], _ labels: [LabelledRecord], _ probabilities: [[Double]]
  ) -> [String: StatementScores]? {
    let members = Dictionary(
      grouping: statements.indices.filter { statements[$0].superClass != nil },
      by: { statements[$0].superClass ?? "" })
    guard !members.isEmpty else { return nil }
    return members.mapValues { indices in
      StatementScores(
        labels: labels.map { record in
          indices.contains { record.codes.contains(statements[$0].code) }
        },
        probabilities: probabilities.map { row in
          1 - indices.reduce(1) { $0 * (1 - row[$1]) }
        })
    }
  }
}

/// The model's reading of a recording's first window.
private struct FirstWindow {
  let probabilities: [Double]

  init(model: Model, path: String, name: String) throws {
    let reader: LeadReader
    let engine: FindingsEngine
    do {
      reader = try LeadReader(path: path)
      engine = try FindingsEngine(model: model, sampleRate: reader.sampleRate)
    } catch {
      throw EvaluationError(description: "record \(name): \(error)")
    }
    if let missing = reader.leads.missing.names.first {
      throw EvaluationError(
        description: "record \(name): lead \(missing) is missing: twelve leads are needed")
    }
    var row = [Float](repeating: 0, count: 12)
    var leads = [[Float]](repeating: [], count: 12)
    while engine.windowsEvaluated == 0 {
      guard try reader.next(into: &row) else {
        let hundredths = model.graph.windowSamples * 100 / model.preprocessing.sampleRateHz + 10
        throw EvaluationError(
          description: "record \(name): shorter than a window or with gaps: give at least "
            + "\(Double(hundredths) / 100) s without a missing sample")
      }
      for lead in leads.indices { leads[lead].append(row[lead]) }
      _ = engine.push(row)
    }
    probabilities = withExtendedLifetime(engine) {
      engine.logits.map { StatementHead.probability($0) }
    }
    for (lead, samples) in zip(Lead.allCases, leads) {
      if let fault = LeadFault(samples.filter(\.isFinite), sampleRate: reader.sampleRate) {
        throw EvaluationError(
          description: "record \(name): lead \(lead.name) is \(fault.rawValue): leave it out")
      }
    }
  }
}
