// The model's preprocessing against scipy: the same formulas over whole arrays, by a committed script.

import ECGSignal
import Foundation
import Testing
import TestSupport

@testable import Inference

private struct Reference: Decodable, Sendable {
  struct Case: Decodable, Sendable {
    let sampleRate: Double
    let sampleCount: Int
    let millivolts: [[Double]]
  }

  let leads: [Int]
  let cases: [Case]

  static func load() throws -> Reference {
    let path = TestData.repository + "/Tests/InferenceTests/Fixtures/preprocessing.json"
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: URL(filePath: path)))
  }
}

@Test("the preprocessing agrees with scipy at every kind of rate")
func agreesWithScipy() throws {
  let reference = try Reference.load()
  let preprocessing = try Model(folder: ModelFixture.tinyFolder).preprocessing
  #expect(reference.cases.count == 10)
  for item in reference.cases {
    let preprocessor = try Preprocessor(preprocessing, sampleRate: item.sampleRate)
    preprocessor.restart(leads: .twelve)
    var count = 0
    var worst = 0.0
    for k in 0..<item.sampleCount {
      let microvolts = (0..<12).map { lead -> Float in
        let wave: Int = (k * k * (lead + 3) + 17 * k * (lead + 1)) % 2001
        return Float(wave - 1000 + 2 * k)
      }
      guard preprocessor.push(microvolts) > 0 else { continue }
      for (row, lead) in reference.leads.enumerated() where count < item.millivolts[row].count {
        let difference = abs(preprocessor.output(0)[lead] - item.millivolts[row][count])
        worst = max(worst, difference)
      }
      count += 1
    }
    #expect(count == item.millivolts[0].count, "\(item.sampleRate) Hz")
    // Microvolts are whole numbers here, so both sides start from the same doubles; the file has 12
    // decimals. 1e-7 mV is a three-hundred-thousandth of an input code.
    #expect(worst < 1e-10, "\(item.sampleRate) Hz")
  }
}
