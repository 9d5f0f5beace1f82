// What `ecgclip evaluate alarms --json` prints: docs/json.md describes it.

import Alarms
import Evaluation
import Monitor

struct AlarmScores: Encodable {
  let trueAlarms: Int
  let falseAlarms: Int
  let unjudgedAlarms: Int
  let falsePerHour: Double
  let episodes: Int
  let foundEpisodes: Int
  let runningEpisodes: Int
  let sensitivity: Nullable<Double>
  let delayP50Seconds: Nullable<Double>
  let delayP99Seconds: Nullable<Double>

  init(_ alarm: AlarmComparison, hours: Double) {
    trueAlarms = alarm.trueAlarms
    falseAlarms = alarm.falseAlarms
    unjudgedAlarms = alarm.unjudgedAlarms
    falsePerHour = Double(alarm.falseAlarms) / hours
    episodes = alarm.episodes
    foundEpisodes = alarm.foundEpisodes
    runningEpisodes = alarm.runningEpisodes
    sensitivity = Nullable(alarm.sensitivity)
    delayP50Seconds = Nullable(alarm.delay(quantile: 0.5))
    delayP99Seconds = Nullable(alarm.delay(quantile: 0.99))
  }
}

struct AlarmEvaluationObject: Encodable {
  /// The counts of one record or of all.
  struct Counts: Encodable {
    let hours: Double
    let falseAlarms: [String: Int]
    let falsePerDay: [String: Double]
    let findings: Findings
    let alarms: [String: AlarmScores]

    /// What the model's findings raised, of whatever priority.
    struct Findings: Encodable {
      let trueAlarms: Int
      let falseAlarms: Int
      let unjudgedAlarms: Int
    }

    init(
      hours: Double, falseAlarms count: (AlarmPriority) -> Int,
      findings: (AlarmVerdict) -> Int, alarms: [String: AlarmComparison]
    ) {
      self.hours = hours
      falseAlarms = Dictionary(
        uniqueKeysWithValues: AlarmPriority.allCases.map { ($0.name, count($0)) })
      falsePerDay = falseAlarms.mapValues { 24 * Double($0) / hours }
      self.findings = Findings(
        trueAlarms: findings(.justified), falseAlarms: findings(.unjustified),
        unjudgedAlarms: findings(.unjudged))
      self.alarms = alarms.mapValues { AlarmScores($0, hours: hours) }
    }
  }

  struct Told: Encodable {
    let alarm: String
    let priority: String
    let startSeconds: Double
    let endSeconds: Double
    let verdict: String
  }

  struct Record: Encodable {
    let record: AlarmEvaluation.Record
    private struct Facts: Encodable {
      let record: String
      let told: [Told]
    }
    func encode(to encoder: any Encoder) throws {
      try Facts(
        record: record.name,
        told: record.told.map { alarm, verdict in
          Told(
            alarm: alarm.name, priority: alarm.priority.name, startSeconds: alarm.startSeconds,
            endSeconds: alarm.endSeconds, verdict: verdict.rawValue)
        }
      ).encode(to: encoder)
      try Counts(
        hours: record.hours, falseAlarms: record.falseAlarms, findings: record.findings,
        alarms: record.alarms
      ).encode(to: encoder)
    }
  }

  let annotator: String
  let model: String
  let sha256: String
  let gross: Counts
  let records: [Record]
  let failures: [ScoringFailure]

  init(
    _ annotator: String, model: String, sha256: String, _ evaluation: AlarmEvaluation
  ) {
    self.annotator = annotator
    self.model = model
    self.sha256 = sha256
    gross = Counts(
      hours: evaluation.hours, falseAlarms: evaluation.falseAlarms, findings: evaluation.findings,
      alarms: evaluation.gross)
    records = evaluation.records.map(Record.init)
    failures = evaluation.failures.map { ScoringFailure(record: $0.name, error: $0.reason) }
  }
}
