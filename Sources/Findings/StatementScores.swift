// How well probabilities rank and mean what they say: the scores of metrics.json, by the definitions of
// scikit-learn (roc_auc_score, average_precision_score), so that either side can check the other.

/// Scores of one statement over records.
public struct StatementScores: Hashable, Sendable, Encodable {
  /// Records that have the statement.
  public let positives: Int
  /// Their share.
  public let prevalence: Double
  /// Area under the receiver operating curve, ties counted half; nil without positives or negatives.
  public let auc: Double?
  /// Step-wise area under precision and recall, tied scores one threshold; nil like `auc`.
  public let averagePrecision: Double?
  /// Mean squared error.
  public let brier: Double
  /// Expected calibration error over ten bins of equal mass, in a stable order of the probabilities.
  public let calibrationError: Double

  /// Scores `probabilities` against `labels`; both as many as there are records, at least one.
  public init(labels: [Bool], probabilities: [Double]) {
    precondition(labels.count == probabilities.count && !labels.isEmpty, "a score needs records")
    let count = Double(labels.count)
    positives = labels.count { $0 }
    prevalence = Double(positives) / count
    let order = labels.indices.sorted {
      (probabilities[$0], $0) < (probabilities[$1], $1)
    }
    let hasBoth = positives > 0 && positives < labels.count
    auc = hasBoth ? Self.auc(order, labels, probabilities) : nil
    averagePrecision = hasBoth ? Self.averagePrecision(order, labels, probabilities) : nil
    brier =
      zip(labels, probabilities).reduce(0) { sum, entry in
        let error = entry.1 - (entry.0 ? 1 : 0)
        return sum + error * error
      } / count
    calibrationError = Self.calibrationError(order, labels, probabilities)
  }

  private enum CodingKeys: CodingKey {
    case positives, prevalence, auc, averagePrecision, brier, calibrationError
  }

  /// Writes null, not nothing, where a score does not exist.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(positives, forKey: .positives)
    try container.encode(prevalence, forKey: .prevalence)
    try container.encode(auc, forKey: .auc)
    try container.encode(averagePrecision, forKey: .averagePrecision)
    try container.encode(brier, forKey: .brier)
    try container.encode(calibrationError, forKey: .calibrationError)
  }

  /// Records of equal score, from the lowest: how many have the statement and how many not.
  private static func groups(
    _ order: [Int], _ labels: [Bool], _ scores: [Double]
  ) -> [(positives: Double, negatives: Double)] {
    var groups: [(positives: Double, negatives: Double)] = []
    var last: Double?
    for index in order {
      if scores[index] != last { groups.append((0, 0)) }
      last = scores[index]
      if labels[index] {
        groups[groups.count - 1].positives += 1
      } else {
        groups[groups.count - 1].negatives += 1
      }
    }
    return groups
  }

  private static func auc(_ order: [Int], _ labels: [Bool], _ scores: [Double]) -> Double {
    var below = 0.0
    var area = 0.0
    var positives = 0.0
    for group in groups(order, labels, scores) {
      area += group.positives * (below + group.negatives / 2)
      below += group.negatives
      positives += group.positives
    }
    return area / (positives * below)
  }

  private static func averagePrecision(
    _ order: [Int], _ labels: [Bool], _ scores: [Double]
  ) -> Double {
    var hits = 0.0
    var said = 0.0
    var sum = 0.0
    for group in groups(order, labels, scores).reversed() {
      hits += group.positives
      said += group.positives + group.negatives
      sum += group.positives * hits / said
    }
    return sum / hits
  }

  private static func calibrationError(
    _ order: [Int], _ labels: [Bool], _ probabilities: [Double]
  ) -> Double {
    let bins = 10
    let (size, rest) = order.count.quotientAndRemainder(dividingBy: bins)
    var sum = 0.0
    var start = 0
    for bin in 0..<bins {
      let part = order[start..<start + size + (bin < rest ? 1 : 0)]
      start = part.endIndex
      let found = Double(part.count { labels[$0] })
      sum += abs(found - part.reduce(0) { $0 + probabilities[$1] })
    }
    return sum / Double(order.count)
  }
}
