// The score of delineation: by hand where it is small, and what the delineator reaches on LUDB.

import Evaluation
import Recordings
import TestSupport
import Testing

@Suite struct DelineationTests {
  /// "(", the peak's symbol, ")" for each wave.
  private func lead(_ waves: [(String, Int, Int, Int)]) throws -> [Annotation] {
    try waves.flatMap { symbol, onset, peak, offset in
      try [("(", onset), (symbol, peak), (")", offset)].map { symbol, sample in
        try #require(Annotation(sample: sample, symbol: symbol))
      }
    }
  }

  /// Four leads, whose QRS begin at 100, 103, 106, 112 and end at 150, 160, 163, 170.
  private func leads() throws -> [[Annotation]] {
    try [(100, 170), (103, 163), (106, 160), (112, 150)].enumerated().map { index, ends in
      var waves = [("N", ends.0, 130 + index, ends.1), ("t", 250, 300, 350)]
      if index < 2 { waves.insert(("p", 40, 50, 60), at: 0) }
      return try lead(waves)
    }
  }

  @Test(
    "the leads' marks become one",
    arguments: [
      (LeadRule.third, 103.0, 163.0), (.median, 104.5, 161.5), (.extreme, 100, 170),
    ])
  func rule(rule: LeadRule, onset: Double, offset: Double) throws {
    let reference = try #require(
      DelineationReference(leads: leads(), sampleRate: 500, rule: rule))
    let beat = try #require(reference.beats.first)
    #expect(reference.beats.count == 1)
    #expect(beat.qrs.onset == onset && beat.qrs.offset == offset && beat.qrs.peak == 131.5)
    #expect(beat.tWave?.offset == 350)
    // Half of the leads have a P wave: enough.
    #expect(beat.pWave?.onset == 40)
    #expect(reference.annotated == 40...350)
  }

  @Test("a wave that few leads have is none, and a complex that few mark is doubtful")
  func few() throws {
    var leads = try leads()
    leads[0] += try lead([("N", 1000, 1010, 1020)])
    leads[1] = try lead([("N", 103, 131, 163), ("t", 250, 300, 350)])
    let reference = try #require(
      DelineationReference(leads: leads, sampleRate: 500, rule: .third))
    #expect(reference.beats.count == 1 && reference.beats[0].pWave == nil)
    #expect(reference.doubtful == [1010])
    #expect(DelineationReference(leads: [[], []], sampleRate: 500, rule: .third) == nil)
  }

  /// IEC 60601-2-25's limits of the intervals are about these; the numbers are what was reached, rounded.
  @Test("LUDB", .enabled(if: TestData.isPresent))
  func ludb() throws {
    let evaluation = try DelineationEvaluation(folder: TestData.path("ludb"))
    #expect(evaluation.records.count == 120 && evaluation.beats == 1112)
    func holds(_ score: DifferenceScore, _ mean: Double, _ deviation: Double) throws -> Bool {
      let reached = (
        mean: try #require(score.meanMilliseconds), deviation: try #require(score.sdMilliseconds)
      )
      return abs(reached.mean) <= mean && reached.deviation <= deviation
    }
    #expect(try holds(evaluation.recordScore(Interval.pDuration), 1, 9.7))
    #expect(try holds(evaluation.recordScore(Interval.pq), 1, 8.3))
    #expect(try holds(evaluation.recordScore(Interval.qrsDuration), 2, 9.9))
    #expect(try holds(evaluation.recordScore(Interval.qt), 1, 20.6))
    #expect(try holds(evaluation.beatScore(Interval.pDuration), 1, 10.7))
    #expect(try holds(evaluation.beatScore(Interval.pq), 1, 9.4))
    #expect(try holds(evaluation.beatScore(Interval.qrsDuration), 2, 10.8))
    #expect(try holds(evaluation.beatScore(Interval.qt), 2, 26.3))
    #expect(try #require(evaluation.sensitivity(.p)) >= 0.96)
    #expect(try #require(evaluation.positivePredictivity(.p)) >= 0.96)
    #expect(evaluation.sensitivity(.qrs) == 1)
    #expect(try #require(evaluation.positivePredictivity(.qrs)) >= 0.999)
    #expect(try #require(evaluation.sensitivity(.t)) >= 0.98)
    #expect(try #require(evaluation.positivePredictivity(.t)) >= 0.98)
  }

  @Test("a folder without marks is refused")
  func refused() throws {
    #expect(throws: RecordingError.self) {
      try DelineationEvaluation(folder: TestData.repository + "/docs")
    }
  }
}
