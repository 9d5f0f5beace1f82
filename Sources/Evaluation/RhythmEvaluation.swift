// Rhythms of many records scored by EC57: atrial and ventricular fibrillation by episode and by duration, and the
// error of the heart rate.

import Recordings

/// Scores of rhythms.
public struct RhythmEvaluation: Sendable {
  /// One record's scores.
  public struct Record: Sendable {
    /// The record's path below the folder.
    public let name: String
    /// Samples a second, and the length.
    public let sampleRate: Double
    public let durationSeconds: Double
    /// The seconds that were not scored.
    public let learningSeconds: Double
    /// Atrial fibrillation, reference-marked atrial flutter left out; nil where the reference marks changes of rhythm
    /// without saying which.
    public let atrialFibrillation: EpisodeComparison?
    /// Ventricular fibrillation and flutter.
    public let ventricularFibrillation: EpisodeComparison
    /// Heart rates told each second.
    public let heartRate: HeartRateComparison
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

  /// Atrial fibrillation in all records together.
  public var grossAtrialFibrillation: EpisodeComparison {
    records.compactMap(\.atrialFibrillation).reduce(into: EpisodeComparison()) { $0 += $1 }
  }

  /// Ventricular fibrillation in all records together.
  public var grossVentricularFibrillation: EpisodeComparison {
    records.map(\.ventricularFibrillation).reduce(into: EpisodeComparison()) { $0 += $1 }
  }

  /// The mean over the records in which a figure exists (WFDB's sumstats(1)).
  public func average(_ figure: (Record) -> Double?) -> Double? { mean(records.map(figure)) }
}

extension RhythmEvaluation.Record {
  init(_ name: String, _ annotations: Annotations, learning: Double?) {
    let rate = annotations.sampleRate
    let count = annotations.sampleCount
    let duration = Double(count) / rate
    let learningSeconds = LearningPeriod.seconds(durationSeconds: duration, chosen: learning)
    let period = annotations.period(learningSeconds: learningSeconds)
    func episodes(_ text: String, _ marks: [Annotation]) -> EpisodeTrack {
      EpisodeTrack(rhythm: text, in: marks, sampleCount: count)
    }
    func fibrillation(_ marks: [Annotation]) -> EpisodeTrack {
      EpisodeTrack(fibrillationIn: marks, sampleCount: count)
    }
    let (reference, test) = (annotations.reference, annotations.test)
    let changes = reference.filter { $0.symbol == "+" }
    let areNamed = changes.isEmpty || changes.contains { $0.auxiliary.hasPrefix("(") }
    self.init(
      name: name, sampleRate: rate, durationSeconds: duration, learningSeconds: learningSeconds,
      atrialFibrillation: areNamed
        ? EpisodeComparison(
          reference: episodes("(AFIB", reference), test: episodes("(AFIB", test),
          excluded: episodes("(AFL", reference), period: period, sampleRate: rate) : nil,
      ventricularFibrillation: EpisodeComparison(
        reference: fibrillation(reference), test: fibrillation(test), excluded: EpisodeTrack([]),
        period: period, sampleRate: rate),
      heartRate: HeartRateComparison(
        reference: Self.rates(reference, rate, count),
        test: annotations.heartRates ?? Self.rates(test, rate, count), period: period,
        without: fibrillation(reference), sampleRate: rate))
  }

  private static func rates(
    _ annotations: [Annotation], _ sampleRate: Double, _ sampleCount: Int
  ) -> [Float?] {
    HeartRateComparison.rates(
      ofBeatsAt: annotations.filter(\.isBeat).map(\.sample), sampleRate: sampleRate,
      sampleCount: sampleCount)
  }
}
