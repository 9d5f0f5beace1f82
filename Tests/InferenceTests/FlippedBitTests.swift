// A flipped bit anywhere is refused or harmless. The manifest refuses every one; here it is left out, so that
// what reads behind it is tried: damage that no hash would have found, and files that somebody made.

import Foundation
import ModelExercise
import Testing
import TestSupport

@testable import Inference

private let fixtures = TestData.repository + "/Tests/InferenceTests/Fixtures"

private func bytes(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(filePath: path)))
}

/// Flips one bit of each `step`th byte, in turn another one, and counts what becomes of it.
private func flip(
  _ file: [UInt8], step: Int, _ load: ([UInt8]) throws -> Model
) throws -> (refused: Int, accepted: Int) {
  var (refused, accepted) = (0, 0)
  for (turn, index) in stride(from: 0, to: file.count, by: step).enumerated() {
    var damaged = file
    damaged[index] ^= 1 << UInt8(turn % 8)
    do {
      let model = try load(damaged)
      #expect(throws: Never.self, "bit \(turn % 8) of byte \(index)") {
        try ModelExercise(model).run()
      }
      accepted += 1
    } catch let error as ModelError {
      #expect(!error.description.isEmpty)
      refused += 1
    }
  }
  return (refused, accepted)
}

@Test("a flipped bit of the integers, unseen by hash and golden vectors, does no harm")
func flippedIntegers() throws {
  let file = try bytes(fixtures + "/tiny/model.safetensors")
  let count = try flip(file, step: 5) {
    try Model($0, golden: nil, in: "test", arithmetic: .int8)
  }
  #expect(count.refused > 200 && count.accepted > 200, "\(count)")
}

@Test("the golden vectors refuse every flipped bit of a weight that they can see")
func flippedIntegersAgainstGolden() throws {
  let golden = try bytes(fixtures + "/tiny/golden.safetensors")
  let file = try bytes(fixtures + "/tiny/model.safetensors")
  let count = try flip(file, step: 11) {
    try Model($0, golden: golden, in: "test", arithmetic: .int8)
  }
  // What is left are names, thresholds and the like, and the last bits of multipliers.
  #expect(count.refused > 3 * count.accepted, "\(count)")
}

@Test("a flipped bit of the golden vectors is refused, or of an input that rounds alike")
func flippedGolden() throws {
  let file = try bytes(fixtures + "/tiny/model.safetensors")
  let golden = try bytes(fixtures + "/tiny/golden.safetensors")
  let count = try flip(golden, step: 5) {
    try Model(file, golden: $0, in: "test", arithmetic: .int8)
  }
  #expect(count.refused > 5 * count.accepted, "\(count)")
}

@Test(
  "a flipped bit of float weights is refused or does no harm",
  arguments: ["float-valid", "float-padded"])
func flippedFloats(name: String) throws {
  let file = try bytes("\(fixtures)/\(name)/float.safetensors")
  let count = try flip(file, step: 5) {
    try Model($0, golden: nil, in: "test", arithmetic: .float)
  }
  #expect(count.refused > 200 && count.accepted > 200, "\(count)")
}
