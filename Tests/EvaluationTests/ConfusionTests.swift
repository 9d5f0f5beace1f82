// Labels, their counts and the figures computed from them, against EC57's tables worked out by hand.

import Recordings
import Testing

@testable import Evaluation

@Suite struct ConfusionTests {
  @Test("every beat symbol has its label, and nothing else has one")
  func labels() {
    let expected: [BeatLabel: [String]] = [
      .normal: ["N", "L", "R", "B"],
      .supraventricular: ["a", "J", "A", "S", "j", "e", "n"],
      .ventricular: ["V", "r", "E"],
      .fusion: ["F"],
      .unclassifiable: ["Q", "?", "/", "f"],
    ]
    for (label, symbols) in expected {
      for symbol in symbols { #expect(beats([1], symbol).first.map(BeatLabel.init) == label) }
    }
    let all = (1...Annotation.codeMax).map { Annotation(sample: 1, code: $0) }
    #expect(all.count { BeatLabel($0) != nil } == expected.values.joined().count)
  }

  @Test("the figures of a matrix worked out by hand")
  func figures() {
    var matrix = ConfusionMatrix()
    matrix[.normal, .normal] = 900
    matrix[.normal, .ventricular] = 4
    matrix[.normal, .supraventricular] = 6
    matrix[.normal, .none] = 10
    matrix[.supraventricular, .normal] = 8
    matrix[.supraventricular, .supraventricular] = 30
    matrix[.supraventricular, .ventricular] = 2
    matrix[.ventricular, .ventricular] = 45
    matrix[.ventricular, .normal] = 3
    matrix[.ventricular, .supraventricular] = 1
    matrix[.ventricular, .shutdown] = 1
    matrix[.fusion, .ventricular] = 7
    matrix[.fusion, .supraventricular] = 1
    matrix[.unclassifiable, .ventricular] = 5
    matrix[.unclassifiable, .supraventricular] = 9
    matrix[.none, .normal] = 12
    matrix[.none, .ventricular] = 3
    matrix[.shutdown, .normal] = 1
    #expect(matrix.truePositives == 1021)
    #expect(matrix.falseNegatives == 11 && matrix.missedInShutdown == 1)
    #expect(matrix.falsePositives == 16)
    #expect(matrix.qrsSensitivity == 100 * 1021 / 1032.0)
    #expect(matrix.qrsPositivePredictivity == 100 * 1021 / 1037.0)
    #expect(matrix.vebSensitivity == 100 * 45 / 50.0)
    // Fusion and unclassifiable beats that were called ventricular do not count.
    #expect(matrix.vebPositivePredictivity == 100 * 45 / 54.0)
    #expect(matrix.svebSensitivity == 100 * 30 / 40.0)
    #expect(matrix.svebPositivePredictivity == 100 * 30 / 38.0)
    // 900 + 6 + 8 + 30 + 1 + 9 + 12 + 1 that are no ventricular beats and were not called so.
    #expect(matrix.vebFalsePositiveRate == 100 * 9 / (967.0 + 9))
  }

  @Test("of nothing there is no figure")
  func empty() {
    let matrix = ConfusionMatrix()
    #expect(matrix.qrsSensitivity == nil && matrix.qrsPositivePredictivity == nil)
    #expect(matrix.vebSensitivity == nil && matrix.svebPositivePredictivity == nil)
  }

  @Test(
    "gross adds beats, average adds records; neither depends on their order; paced ones are apart")
  func aggregates() {
    func record(_ name: String, _ true_: Int, _ missed: Int, isPaced: Bool = false)
      -> BeatEvaluation.Record
    {
      var matrix = ConfusionMatrix()
      matrix[.normal, .normal] = true_
      matrix[.normal, .none] = missed
      return BeatEvaluation.Record(
        name: name, sampleRate: 360, durationSeconds: 1800, learningSeconds: 300,
        isPaced: isPaced, confusion: matrix, rrErrorMilliseconds: nil, shutdownSeconds: 0,
        missedSeconds: [], inventedSeconds: [])
    }
    let records = [
      record("a", 90, 10), record("b", 300, 0), record("c", 5, 5, isPaced: true), record("d", 0, 0),
    ]
    for order in [records, records.reversed()] {
      let evaluation = BeatEvaluation(records: order)
      #expect(evaluation.gross.qrsSensitivity == 100 * 395 / 410.0)
      // Record d has no beats and so no share in the mean.
      #expect(evaluation.average(\.confusion.qrsSensitivity) == (90 + 100 + 50) / 3.0)
      #expect(evaluation.withoutPaced.gross.qrsSensitivity == 100 * 390 / 400.0)
      #expect(evaluation.withoutPaced.average(\.confusion.qrsSensitivity) == 95)
      #expect(evaluation.average(\.confusion.vebSensitivity) == nil)
    }
  }
}
