// The beat scorer against another's: python-wfdb's compare_annotations on the same annotation files.

import Recordings
import TestSupport
import Testing

@testable import Evaluation

private let records = [
  101, 102, 104, 106, 108, 109, 112, 114, 115, 116, 118, 119, 122, 124, 201, 203, 205, 207, 208,
  209, 215, 220, 223, 230,
].map(String.init)

/// A detector with faults of every kind: beats that it misses, invents, tells early or late.
private func faulty(_ reference: [Annotation], _ random: inout SeededRandom) -> [Annotation] {
  var samples: Set<Int> = []
  for annotation in reference where annotation.isBeat {
    let chance = Int.random(in: 0..<100, using: &random)
    let late = Int.random(in: -70...70, using: &random)
    if chance >= 4 { samples.insert(max(1, annotation.sample + (chance < 20 ? late : late / 8))) }
    if chance >= 96 {
      samples.insert(annotation.sample + Int.random(in: 90...130, using: &random))
    }
  }
  return beats(samples.sorted())
}

@Test(
  "true, false and missed beats are those that python-wfdb counts, on all 24 records of MIT-BIH",
  .enabled(if: TestData.isPresent && Python.readsWFDB))
func comparesAsWFDBDoes() throws {
  let folder = try TemporaryFolder()
  var random = SeededRandom(seed: 360)
  var expected: [String: [Int]] = [:]
  for record in records {
    let reference = try AnnotationFile.read(TestData.path("mitdb/\(record).atr"))
    let test = faulty(reference, &random)
    try AnnotationFile.write(test, to: "\(folder.path)/\(record).atr")
    let confusion = BeatComparison(
      reference: BeatTrack(reference, sampleCount: 650_000, window: 54),
      test: BeatTrack(test, sampleCount: 650_000, window: 54), start: 0, end: 650_000, window: 54
    ).confusion
    expected[record] = [
      confusion.truePositives, confusion.falsePositives, confusion.falseNegatives,
    ]
  }
  let counts = try Python.peer(
    "compare_annotations.py", [TestData.path("mitdb"), folder.path, "55"] + records)
  for record in records {
    let theirs = ["tp", "fp", "fn"].map { counts[record][$0].integer }
    #expect(expected[record] == theirs, "\(record)")
  }
  #expect(expected.count == 24)
}
