// `ecgclip evaluate delineation`: onsets and offsets of the waves against readers' marks.

import ArgumentParser
import Evaluation

extension LeadRule: ExpressibleByArgument {}

struct EvaluateDelineationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delineation",
    abstract: "Score onsets and offsets of P, QRS and T against readers' marks.",
    discussion: """
      FOLDER holds WFDB records with an annotation file for each lead, as LUDB has them: 1.hea, 1.i to \
      1.v6. The beat detector and the delineator run over every record. Example:

        ecgclip evaluate delineation ludb --json

      Differences are ours minus theirs. "beats" is over all beats; "records" compares the intervals that \
      a report prints with the median of the readers' marks in the record, as the CSE working party did. \
      Waves are the same when their peaks lie within 150 ms. Waves before the first and after the last \
      mark of a record do not count: readers left the edges out.
      """)

  @Argument(help: "Folder of records.")
  var folder: String

  @Option(
    help: """
      How the leads' marks become one: third (a third of the leads have begun, all but a third have \
      ended), median, or extreme (the earliest onset and the latest offset).
      """)
  var reference = LeadRule.third

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let evaluation = try DelineationEvaluation(folder: folder, rule: reference)
    if json {
      try JSONOutput.print(DelineationObject(evaluation))
    } else {
      DelineationText.print(evaluation)
    }
  }
}

private struct DelineationObject: Encodable {
  struct Scores: Encodable {
    let beats: DifferenceScore
    let records: DifferenceScore
  }

  struct Gross: Encodable {
    let records: Int
    let beats: Int
    let reference: String
    let pSensitivity: Double?
    let pPositivePredictivity: Double?
    let qrsSensitivity: Double?
    let qrsPositivePredictivity: Double?
    let tSensitivity: Double?
    let tPositivePredictivity: Double?
    let boundaries: [String: Scores]
    let intervals: [String: Scores]
  }

  struct Record: Encodable {
    let record: String
    let beats: Int
    let pDurationDifferenceMilliseconds: Double?
    let pqDifferenceMilliseconds: Double?
    let qrsDurationDifferenceMilliseconds: Double?
    let qtDifferenceMilliseconds: Double?
  }

  let gross: Gross
  let records: [Record]

  init(_ evaluation: DelineationEvaluation) {
    func scores<Key>(
      _ keys: [Key], _ name: (Key) -> String, _ scores: (Key) -> Scores
    ) -> [String: Scores] {
      Dictionary(uniqueKeysWithValues: keys.map { (name($0), scores($0)) })
    }
    gross = Gross(
      records: evaluation.records.count, beats: evaluation.beats,
      reference: evaluation.rule.rawValue,
      pSensitivity: evaluation.sensitivity(.p),
      pPositivePredictivity: evaluation.positivePredictivity(.p),
      qrsSensitivity: evaluation.sensitivity(.qrs),
      qrsPositivePredictivity: evaluation.positivePredictivity(.qrs),
      tSensitivity: evaluation.sensitivity(.t),
      tPositivePredictivity: evaluation.positivePredictivity(.t),
      boundaries: scores(Boundary.all, \.name) {
        Scores(beats: evaluation.beatScore($0), records: evaluation.recordScore($0))
      },
      intervals: scores(Interval.allCases, \.rawValue) {
        Scores(beats: evaluation.beatScore($0), records: evaluation.recordScore($0))
      })
    records = evaluation.records.map {
      Record(
        record: $0.name, beats: $0.beats,
        pDurationDifferenceMilliseconds: $0.difference(.pDuration),
        pqDifferenceMilliseconds: $0.difference(.pq),
        qrsDurationDifferenceMilliseconds: $0.difference(.qrsDuration),
        qtDifferenceMilliseconds: $0.difference(.qt))
    }
  }
}

private enum DelineationText {
  static func print(_ evaluation: DelineationEvaluation) {
    Swift.print(
      "\(evaluation.records.count) records, \(evaluation.beats) beats, reference: "
        + "\(evaluation.rule.rawValue) of the leads; ours minus theirs in milliseconds")
    Swift.print("wave   sensitivity %  positive predictivity %")
    for kind in WaveKind.allCases {
      Swift.print(
        pad(kind.rawValue.uppercased(), 5)
          + number(evaluation.sensitivity(kind).map { $0 * 100 }, 15)
          + number(evaluation.positivePredictivity(kind).map { $0 * 100 }, 25))
    }
    Swift.print("             beats   mean     SD   records   mean     SD")
    for boundary in Boundary.all {
      line(boundary.name, evaluation.beatScore(boundary), evaluation.recordScore(boundary))
    }
    for interval in Interval.allCases {
      line(interval.rawValue, evaluation.beatScore(interval), evaluation.recordScore(interval))
    }
  }

  private static func line(_ name: String, _ beats: DifferenceScore, _ records: DifferenceScore) {
    Swift.print(
      pad(name, 12) + count(beats, 6) + number(beats.meanMilliseconds, 7)
        + number(beats.sdMilliseconds, 7) + count(records, 10)
        + number(records.meanMilliseconds, 7) + number(records.sdMilliseconds, 7))
  }

  private static func count(_ score: DifferenceScore, _ width: Int) -> String {
    let text = String(score.count)
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func number(_ value: Double?, _ width: Int) -> String {
    guard let value else { return String(repeating: " ", count: width - 1) + "-" }
    let tenths = Int((abs(value) * 10).rounded())
    let text = (value < 0 && tenths > 0 ? "-" : "") + "\(tenths / 10).\(tenths % 10)"
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
