// Beats of many records scored by EC57: record by record, gross (all beats alike) and average (all records alike).

import Recordings

/// Scores of beats.
public struct BeatEvaluation: Sendable {
  /// One record's scores.
  public struct Record: Sendable {
    /// The record's path below the folder.
    public let name: String
    /// Samples a second, and the length.
    public let sampleRate: Double
    public let durationSeconds: Double
    /// The seconds that were not scored.
    public let learningSeconds: Double
    /// Whether the reference has paced beats: EC57's tables leave such records out.
    public let isPaced: Bool
    /// Pairs of labels.
    public let confusion: ConfusionMatrix
    /// Root mean square error of the RR intervals, nil where there was none to compare.
    public let rrErrorMilliseconds: Double?
    /// Seconds in which the test annotator did not analyse, in the whole record.
    public let shutdownSeconds: Double
    /// Seconds of beats that were missed, and of detections that are none, from the record's start.
    public let missedSeconds: [Double]
    public let inventedSeconds: [Double]
  }

  /// Records that were scored, in the order of their paths.
  public private(set) var records: [Record] = []
  /// Records that could not be, with the reason.
  public private(set) var failures: [(name: String, reason: String)] = []

  /// Scores records; what cannot be read is a failure among them. `learningSeconds` overrides `LearningPeriod`.
  public init(records: [AnnotatedRecord], test: TestAnnotator, learningSeconds: Double? = nil) {
    (self.records, failures) = AnnotatedRecord.score(records, test) {
      Record($0.name, $1, learning: learningSeconds)
    }
  }

  /// Puts records together, for tests.
  init(records: [Record]) { self.records = records }

  /// The records without paced beats.
  public var withoutPaced: BeatEvaluation {
    BeatEvaluation(records: records.filter { !$0.isPaced })
  }

  /// The sum of all records' pairs.
  public var gross: ConfusionMatrix {
    records.reduce(into: ConfusionMatrix()) { $0 += $1.confusion }
  }

  /// The mean over the records in which a figure exists (WFDB's sumstats(1)).
  public func average(_ figure: (Record) -> Double?) -> Double? { mean(records.map(figure)) }
}

extension BeatEvaluation.Record {
  init(_ name: String, _ annotations: Annotations, learning: Double?) {
    let rate = annotations.sampleRate
    let count = annotations.sampleCount
    let window = BeatComparison.window(sampleRate: rate)
    let duration = Double(count) / rate
    let learningSeconds = LearningPeriod.seconds(durationSeconds: duration, chosen: learning)
    let reference = BeatTrack(annotations.reference, sampleCount: count, window: window)
    let test = BeatTrack(annotations.test, sampleCount: count, window: window)
    let comparison = BeatComparison(
      reference: reference, test: test,
      start: annotations.period(learningSeconds: learningSeconds).lowerBound, end: count,
      window: window)
    self.init(
      name: name, sampleRate: rate, durationSeconds: duration, learningSeconds: learningSeconds,
      isPaced: reference.hasPacedBeats, confusion: comparison.confusion,
      rrErrorMilliseconds: comparison.intervalErrorMilliseconds(sampleRate: rate),
      shutdownSeconds: test.shutdowns.reduce(0) {
        $0 + Double($1.upperBound - $1.lowerBound) / rate
      },
      missedSeconds: comparison.missed.map { Double($0) / rate },
      inventedSeconds: comparison.invented.map { Double($0) / rate })
  }
}

/// The mean of what exists, nil where nothing does.
func mean(_ values: [Double?]) -> Double? {
  let known = values.compactMap(\.self)
  return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
}
