// Scores against scikit-learn 1.9 (roc_auc_score, average_precision_score) and the training package's
// calibration error, which computed the numbers below.

import Findings
import Testing

private func close(_ one: Double?, _ other: Double) -> Bool {
  one.map { abs($0 - other) < 1e-12 } ?? false
}

@Test("ties, and bins of unequal size, are scored as scikit-learn scores them")
func tiedScores() {
  let labels = "00011001100100000001010".map { $0 == "1" }
  let probabilities = [
    0.0, 0.4, 0.5, 0.4, 0.8, 0.5, 0.0, 0.7, 0.3, 0.3, 0.3, 0.4, 0.2, 0.5, 0.2, 0.1, 0.4, 0.3, 0.5,
    0.4, 0.2, 0.7, 0.3,
  ]
  let scores = StatementScores(labels: labels, probabilities: probabilities)
  #expect(scores.positives == 7)
  #expect(close(scores.prevalence, 0.30434782608695654))
  #expect(close(scores.auc, 0.7946428571428572))
  #expect(close(scores.averagePrecision, 0.7016806722689075))
  #expect(close(scores.brier, 0.15652173913043477))
  #expect(close(scores.calibrationError, 0.15652173913043477))
}

@Test("a ranking worse than chance is below a half")
func poorRanking() {
  let labels = "0110101010".map { $0 == "1" }
  let probabilities = [0.556, 0.24, 0.741, 0.674, 0.684, 0.464, 0.222, 0.641, 0.107, 0.692]
  let scores = StatementScores(labels: labels, probabilities: probabilities)
  #expect(close(scores.auc, 0.36))
  #expect(close(scores.averagePrecision, 0.5972222222222221))
  #expect(close(scores.brier, 0.40157229999999994))
  #expect(close(scores.calibrationError, 0.6033000000000002))
}

@Test("without positives or without negatives nothing ranks", arguments: [false, true])
func oneKind(label: Bool) {
  let scores = StatementScores(labels: [label, label], probabilities: [0.25, 0.75])
  #expect(scores.auc == nil && scores.averagePrecision == nil)
  #expect(close(scores.brier, (0.25 * 0.25 + 0.75 * 0.75) / 2))
}

@Test("there are 71 codes, each once")
func codes() {
  #expect(StatementCodes.all.count == 71 && Set(StatementCodes.all).count == 71)
  #expect(StatementCodes.all.contains("LAO/LAE") && StatementCodes.all.first == "NDT")
}
