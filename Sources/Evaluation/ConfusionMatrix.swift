// Pairs of labels counted, and the scores that EC57 computes from the counts.

/// How often the test annotator said what where the reference said what. Each figure is in percent, nil where nothing
/// was to be counted.
public struct ConfusionMatrix: Hashable, Sendable {
  private static let size = BeatLabel.allCases.count
  private static let beats: [BeatLabel] = [
    .normal, .supraventricular, .ventricular, .fusion, .unclassifiable,
  ]
  private static let absences: [BeatLabel] = [.none, .shutdown]

  private var counts = [Int](repeating: 0, count: size * size)

  /// Nothing counted.
  public init() {}

  /// Pairs of a reference and a test label.
  public subscript(reference: BeatLabel, test: BeatLabel) -> Int {
    get { counts[reference.rawValue * Self.size + test.rawValue] }
    set { counts[reference.rawValue * Self.size + test.rawValue] = newValue }
  }

  /// Adds another's counts.
  public static func += (sum: inout ConfusionMatrix, other: ConfusionMatrix) {
    for position in sum.counts.indices { sum.counts[position] += other.counts[position] }
  }

  private func sum(_ references: [BeatLabel], _ tests: [BeatLabel]) -> Int {
    references.reduce(0) { sum, reference in
      tests.reduce(sum) { $0 + self[reference, $1] }
    }
  }

  /// Beats of the reference that were found, of whatever label.
  public var truePositives: Int { sum(Self.beats, Self.beats) }
  /// Detections where the reference has no beat.
  public var falsePositives: Int { sum(Self.absences, Self.beats) }
  /// Beats of the reference that were missed, those in shutdown included.
  public var falseNegatives: Int { sum(Self.beats, Self.absences) }
  /// Those of the missed that fell in a shutdown of the test annotator.
  public var missedInShutdown: Int { sum(Self.beats, [.shutdown]) }
  /// Beats of the reference with a label.
  public func referenceCount(_ label: BeatLabel) -> Int { sum([label], BeatLabel.allCases) }

  /// Share of the reference's beats that were found.
  public var qrsSensitivity: Double? { percent(truePositives, truePositives + falseNegatives) }
  /// Share of the detections that are beats.
  public var qrsPositivePredictivity: Double? {
    percent(truePositives, truePositives + falsePositives)
  }

  /// Share of the ventricular ectopic beats that were called so.
  public var vebSensitivity: Double? {
    percent(self[.ventricular, .ventricular], referenceCount(.ventricular))
  }
  /// Share of the detected ventricular beats that are. Fusion and unclassifiable (so also paced) beats that were called
  /// ventricular count neither for nor against (bxb.c, VFP = Nv + Sv + Ov + Xv).
  public var vebPositivePredictivity: Double? {
    percent(self[.ventricular, .ventricular], self[.ventricular, .ventricular] + vebFalsePositives)
  }
  /// Share of all that is no ventricular beat that was called one.
  public var vebFalsePositiveRate: Double? {
    let others: [BeatLabel] = [
      .normal, .supraventricular, .fusion, .unclassifiable, .none, .shutdown,
    ]
    let trueNegatives = sum(others, Self.beats.filter { $0 != .ventricular })
    return percent(vebFalsePositives, trueNegatives + vebFalsePositives)
  }

  /// Share of the supraventricular ectopic beats that were called so.
  public var svebSensitivity: Double? {
    percent(self[.supraventricular, .supraventricular], referenceCount(.supraventricular))
  }
  /// Share of the detected supraventricular beats that are. Unclassifiable beats that were called so do not count
  /// (bxb.c, SFP = Ns + Vs + Fs + Os + Xs).
  public var svebPositivePredictivity: Double? {
    let found = self[.supraventricular, .supraventricular]
    let invented = sum(
      [.normal, .ventricular, .fusion, .none, .shutdown], [.supraventricular])
    return percent(found, found + invented)
  }

  private var vebFalsePositives: Int {
    sum([.normal, .supraventricular, .none, .shutdown], [.ventricular])
  }
}

/// A share in percent, nil of nothing.
func percent(_ part: Int, _ whole: Int) -> Double? {
  whole > 0 ? 100 * Double(part) / Double(whole) : nil
}
