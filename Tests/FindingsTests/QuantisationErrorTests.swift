// What the shipped integers lose on real records, by the comparison and by the findings of both networks.

import ECGSignal
import Findings
import Inference
import Testing
import TestSupport

private let shippedFolder = TestData.repository + "/models/ecgclip-r18"
private let floatFolder = TestData.repository + "/Tests/InferenceTests/Fixtures/float-valid"

private func differences(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }

@Test(
  "on real records the shipped integers keep to the card's gate",
  .enabled(if: TestData.isPresent))
func shippedIntegersAgainstFloats() throws {
  let integers = try Model(folder: shippedFolder)
  let floats = try Model(folder: shippedFolder, arithmetic: .float)
  var squares: [Double] = []
  var cosines: [Double] = []
  for number in [1, 2, 3, 5, 7, 11, 12, 14] {
    let record = String(repeating: "0", count: number < 10 ? 4 : 3) + String(number)
    let samples = try Fixtures.ptbxl(record)
    let comparison = try NetworkComparison(
      int8: integers, float: floats, sampleRate: 500, leads: .twelve)
    #expect(comparison.result == nil)
    for sample in samples { comparison.push(sample) }
    let result = try #require(comparison.result)
    #expect(result.windows == 1)
    // Ten seconds are one window: the findings of the two networks must differ by just that.
    let engines = try [integers, floats].map { try FindingsEngine(model: $0, sampleRate: 500) }
    for engine in engines { for sample in samples { _ = engine.push(sample) } }
    let errors = withExtendedLifetime(engines) {
      differences(Array(engines[0].logits), Array(engines[1].logits)).map { $0 * $0 }
    }
    let mean = errors.reduce(0, +) / Double(errors.count)
    #expect(abs(result.logitRootMeanSquareError - mean.squareRoot()) < 1e-12)
    #expect(result.embeddingCosineMinimum == result.embeddingCosineMean)
    squares.append(mean)
    cosines.append(result.embeddingCosineMean)
  }
  let error = (squares.reduce(0, +) / Double(squares.count)).squareRoot()
  #expect(error > 0.01 && error <= 0.1, "the card has 0.078: \(error)")
  #expect(cosines.allSatisfy { $0 > 0.998 && $0 < 1 }, "the card has 0.9995: \(cosines)")
}

@Test(
  "a gap starts the windows again, and a record without a full one has no result",
  .enabled(if: TestData.isPresent))
func gapsInComparison() throws {
  let comparison = try NetworkComparison(
    int8: Model(folder: shippedFolder), float: Model(folder: shippedFolder, arithmetic: .float),
    sampleRate: 500, leads: .limb)
  let samples = try Fixtures.ptbxl("00001")
  // Chest leads are not asked for, so that theirs may be missing.
  for (index, sample) in (samples + samples).enumerated() {
    var row = sample
    row[8] = .nan
    if index == 4000 { row[1] = .nan }
    comparison.push(row)
  }
  #expect(comparison.result?.windows == 1)
}

@Test("networks that are not the same are not compared")
func differentNetworks() throws {
  let error = #expect(throws: ModelError.self) {
    try NetworkComparison(
      int8: Fixtures.tiny.get(), float: Model(folder: floatFolder, arithmetic: nil),
      sampleRate: 500, leads: .twelve)
  }
  #expect(error?.description.contains("not of the same network") == true)
}
