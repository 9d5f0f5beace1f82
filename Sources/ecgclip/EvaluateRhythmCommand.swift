// `ecgclip evaluate rhythm`: fibrillation by episode and by duration and the heart rate against annotated records.

import ArgumentParser
import Evaluation
import Monitor

struct EvaluateRhythmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rhythm",
    abstract: "Score atrial and ventricular fibrillation and the heart rate on annotated records.",
    discussion: """
      FOLDER holds WFDB records with annotation files that mark rhythms: (AFIB and whatever follows \
      it, [ and ] around ventricular fibrillation. The rules are those of ANSI/AAMI EC57 as WFDB's \
      epicmp carries them out. A record whose changes of rhythm are not named is not scored for \
      atrial fibrillation. Examples:

        ecgclip evaluate rhythm cpsc2021
        ecgclip evaluate rhythm mitdb --json

      docs/evaluation.md says what each figure means.
      """)

  @OptionGroup var options: ScoringOptions

  func run() throws {
    let evaluation = try RhythmEvaluation(
      records: options.records(), test: options.test, learningSeconds: options.learningSeconds)
    if evaluation.records.isEmpty, let failure = evaluation.failures.first {
      throw CommandFailure(failure.reason)
    }
    if options.json {
      try JSONOutput.print(RhythmEvaluationObject(options, evaluation))
    } else {
      RhythmEvaluationText.print(options, evaluation)
    }
    if !evaluation.failures.isEmpty { throw ExitCode(1) }
  }
}

/// Figures of both fibrillations, from one record or summed.
private struct RhythmScores: Encodable {
  let afEpisodeSensitivity: Nullable<Double>
  let afEpisodePositivePredictivity: Nullable<Double>
  let afDurationSensitivity: Nullable<Double>
  let afDurationPositivePredictivity: Nullable<Double>
  let vfEpisodeSensitivity: Nullable<Double>
  let vfEpisodePositivePredictivity: Nullable<Double>
  let vfDurationSensitivity: Nullable<Double>
  let vfDurationPositivePredictivity: Nullable<Double>

  typealias Figure = KeyPath<EpisodeComparison, Double?>

  init(_ af: (Figure) -> Double?, _ vf: (Figure) -> Double?) {
    afEpisodeSensitivity = Nullable(af(\.episodeSensitivity))
    afEpisodePositivePredictivity = Nullable(af(\.episodePositivePredictivity))
    afDurationSensitivity = Nullable(af(\.durationSensitivity))
    afDurationPositivePredictivity = Nullable(af(\.durationPositivePredictivity))
    vfEpisodeSensitivity = Nullable(vf(\.episodeSensitivity))
    vfEpisodePositivePredictivity = Nullable(vf(\.episodePositivePredictivity))
    vfDurationSensitivity = Nullable(vf(\.durationSensitivity))
    vfDurationPositivePredictivity = Nullable(vf(\.durationPositivePredictivity))
  }
}

/// Counts and durations of one fibrillation.
private struct EpisodeCounts: Encodable {
  let referenceEpisodes: Int
  let foundEpisodes: Int
  let testEpisodes: Int
  let trueEpisodes: Int
  let referenceSeconds: Double
  let testSeconds: Double
  let commonSeconds: Double

  init(_ comparison: EpisodeComparison) {
    referenceEpisodes = comparison.referenceEpisodes
    foundEpisodes = comparison.foundEpisodes
    testEpisodes = comparison.testEpisodes
    trueEpisodes = comparison.trueEpisodes
    referenceSeconds = comparison.referenceSeconds
    testSeconds = comparison.testSeconds
    commonSeconds = comparison.commonSeconds
  }
}

private struct RhythmEvaluationObject: Encodable {
  /// The figures, and behind them the counts by rhythm.
  struct Gross: Encodable {
    let af: EpisodeComparison?
    let vf: EpisodeComparison
    private struct Counts: Encodable {
      let atrialFibrillation: Nullable<EpisodeCounts>
      let ventricularFibrillation: EpisodeCounts
    }
    func encode(to encoder: any Encoder) throws {
      try RhythmScores({ af?[keyPath: $0] }, { vf[keyPath: $0] }).encode(to: encoder)
      try Counts(
        atrialFibrillation: Nullable(af.map(EpisodeCounts.init)),
        ventricularFibrillation: EpisodeCounts(vf)
      ).encode(to: encoder)
    }
  }

  struct Average: Encodable {
    let evaluation: RhythmEvaluation
    private enum Key: CodingKey { case heartRateErrorPercent }
    func encode(to encoder: any Encoder) throws {
      try RhythmScores(
        { figure in evaluation.average { $0.atrialFibrillation?[keyPath: figure] } },
        { figure in evaluation.average { $0.ventricularFibrillation[keyPath: figure] } }
      ).encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(
        Nullable(evaluation.average(\.heartRate.errorPercent)), forKey: .heartRateErrorPercent)
    }
  }

  struct Record: Encodable {
    let record: RhythmEvaluation.Record
    private struct Facts: Encodable {
      let record: String
      let sampleRate: Double
      let durationSeconds: Double
      let learningSeconds: Double
      let heartRateErrorPercent: Nullable<Double>
      let heartRateMeanBPM: Nullable<Double>
      let heartRateUnknownSeconds: Int
    }
    func encode(to encoder: any Encoder) throws {
      try Facts(
        record: record.name, sampleRate: record.sampleRate,
        durationSeconds: record.durationSeconds, learningSeconds: record.learningSeconds,
        heartRateErrorPercent: Nullable(record.heartRate.errorPercent),
        heartRateMeanBPM: Nullable(record.heartRate.referenceMean),
        heartRateUnknownSeconds: record.heartRate.unknownSeconds
      ).encode(to: encoder)
      try Gross(af: record.atrialFibrillation, vf: record.ventricularFibrillation)
        .encode(to: encoder)
    }
  }

  let annotator: String
  let testAnnotator: String
  let unit = "percent"
  let gross: Gross
  let average: Average
  let records: [Record]
  let failures: [ScoringFailure]

  init(_ options: ScoringOptions, _ evaluation: RhythmEvaluation) {
    annotator = options.annotator
    testAnnotator = options.testName
    gross = Gross(
      af: evaluation.grossAtrialFibrillation, vf: evaluation.grossVentricularFibrillation)
    average = Average(evaluation: evaluation)
    records = evaluation.records.map(Record.init)
    failures = evaluation.failures.map { ScoringFailure(record: $0.name, error: $0.reason) }
  }
}

private enum RhythmEvaluationText {
  static func print(_ options: ScoringOptions, _ evaluation: RhythmEvaluation) {
    Swift.print(
      "\(options.testName) against \(options.annotator), percent, by (e)pisode and (d)uration")
    var rows = [
      [
        "record", "AF s", "AF eSe", "AF e+P", "AF dSe", "AF d+P", "VF s", "VF eSe", "VF e+P",
        "VF dSe", "VF d+P", "rate error %",
      ]
    ]
    for record in evaluation.records {
      rows.append(
        [record.name] + cells(record.atrialFibrillation) + cells(record.ventricularFibrillation)
          + [ScoreTable.number(record.heartRate.errorPercent)])
    }
    rows.append(
      ["gross"] + cells(evaluation.grossAtrialFibrillation)
        + cells(evaluation.grossVentricularFibrillation) + [""])
    let af = figures.map { figure in
      ScoreTable.number(evaluation.average { $0.atrialFibrillation?[keyPath: figure] })
    }
    let vf = figures.map { figure in
      ScoreTable.number(evaluation.average { $0.ventricularFibrillation[keyPath: figure] })
    }
    let error = ScoreTable.number(evaluation.average(\.heartRate.errorPercent))
    rows.append(["average", ""] + af + [""] + vf + [error])
    ScoreTable.print(rows)
    for failure in evaluation.failures { JSONOutput.complain(failure.reason) }
  }

  private static func cells(_ comparison: EpisodeComparison?) -> [String] {
    [ScoreTable.number(comparison?.referenceSeconds)]
      + figures.map { ScoreTable.number(comparison?[keyPath: $0]) }
  }

  private static var figures: [KeyPath<EpisodeComparison, Double?>] {
    [
      \.episodeSensitivity, \.episodePositivePredictivity, \.durationSensitivity,
      \.durationPositivePredictivity,
    ]
  }
}
