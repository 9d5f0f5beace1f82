// The whole branch with the shipped net on real records. These were in its training set: the test says
// that the chain from microvolts to statements is the one it was trained with, not how good it is
// (that is in the model's card).

import Findings
import Foundation
import Inference
import Testing
import TestSupport

private let shippedFolder = TestData.repository + "/models/ecgclip-r18"
private let isShipped = FileManager.default.fileExists(atPath: shippedFolder + "/SHA256SUMS")

@Test(
  "the shipped model calls normal records normal and raises no alarm",
  .enabled(if: isShipped && TestData.isPresent))
func normalRecords() throws {
  let model = try Model(folder: shippedFolder)
  let engine = try FindingsEngine(model: model, sampleRate: 500)
  for record in ["00003", "00005", "00011", "00014"] {
    engine.restart(leads: .twelve)
    var windows = 0
    for sample in try Fixtures.ptbxl(record) where engine.push(sample) { windows += 1 }
    #expect(windows == 1, "ten seconds are one window")
    #expect(engine.framesUsed == 49)
    let made = zip(model.statements, engine.probabilities).filter { $1 >= $0.threshold }
    let codes = made.map(\.0.code)
    #expect(codes.contains("NORM") && codes.contains("SR"), "\(record): \(codes)")
    #expect(codes.allSatisfy { StatementCatalogue.urgency(code: $0) == .none }, "\(record)")
  }
}

@Test(
  "the same record at 500 and at 100 Hz gives nearly the same probabilities, at half its rate not",
  .enabled(if: isShipped && TestData.isPresent))
func sampleRatesAgree() throws {
  let model = try Model(folder: shippedFolder)
  func probabilities(_ samples: [[Float]], rate: Double) throws -> [Float] {
    let engine = try FindingsEngine(model: model, sampleRate: rate)
    for sample in samples { _ = engine.push(sample) }
    #expect(engine.windowsEvaluated >= 1)
    return Array(engine.probabilities)
  }
  func difference(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map { abs($0 - $1) }.max() ?? 1 }
  for record in ["00001", "00007", "00012"] {
    let fine = try Fixtures.ptbxl(record)
    let coarse = try Fixtures.ptbxl(record, suffix: "lr")
    let reference = try probabilities(fine, rate: 500)
    // PTB-XL's own resampling to 100 Hz differs from ours above 40 Hz: at most 0.034 here with the first
    // net shipped. A rate taken for half of what it is must be seen. (Half the gain is not: the net was
    // trained to bear it.)
    #expect(try difference(reference, probabilities(coarse, rate: 100)) < 0.1)
    #expect(try difference(reference, probabilities(fine, rate: 250)) > 0.1)
  }
}
