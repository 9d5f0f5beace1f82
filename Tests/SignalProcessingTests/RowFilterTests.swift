// The display's filters against scipy, and what they do with missing values and silence.

import Foundation
import SignalProcessing
import TestSupport
import Testing

private struct FilterCase: Decodable {
  var highPassHz: Double
  var lowPassHz: Double
  var mainsHz: Double?
  var sampleRate: Double
  var input: [Float]
  var step: Int
  var output: [Double]
}

private func filterCases() throws -> [FilterCase] {
  let path = TestData.repository + "/Tests/SignalProcessingTests/Fixtures/filters.json"
  return try JSONDecoder().decode([FilterCase].self, from: Data(contentsOf: URL(filePath: path)))
}

private func filter(_ input: [Float], _ settings: FilterSettings, rate: Double) -> [Float] {
  let filter = RowFilter(settings: settings, sampleRate: rate, rowCount: 1)
  return input.map { value in
    var output: Float = 0
    filter.process([value], into: &output)
    return output
  }
}

/// Both sides compute in double precision; 0.002 microvolts is the rounding of the result to Float at 1.5 mV, with
/// room for another order of the sums.
@Test("the filters give what scipy gives from the steady state of the first sample")
func filtersEqualScipy() throws {
  let cases = try filterCases()
  #expect(cases.count == 5)
  for test in cases {
    var settings = FilterSettings.monitoring
    settings.highPassHz = test.highPassHz
    settings.lowPassHz = test.lowPassHz
    settings.mainsHz = test.mainsHz
    let output = filter(test.input, settings, rate: test.sampleRate)
    let worst = test.output.indices.map { abs(Double(output[$0 * test.step]) - test.output[$0]) }
      .max()
    #expect(try #require(worst) < 0.002, "\(settings.text) at \(test.sampleRate) Hz")
  }
}

@Test("a missing value is missing in the output, and the row settles anew on the next one")
func missingValuesRestartTheRow() {
  let filter = RowFilter(settings: .monitoring, sampleRate: 250, rowCount: 2)
  var output: [Float] = [0, 0]
  for _ in 0..<100 { filter.process([100, 100], into: &output) }
  filter.process([.nan, 300], into: &output)
  #expect(output[0].isNaN)
  #expect(output[1].isFinite && output[1] > 1)
  filter.process([9000, 100], into: &output)
  // Settled on 9 mV: a constant passes no high-pass.
  #expect(abs(output[0]) < 1e-6)
}

@Test("a restart settles every row on its next value")
func restartSettles() {
  let filter = RowFilter(settings: .monitoring, sampleRate: 250, rowCount: 1)
  var output: Float = 0
  filter.process([0], into: &output)
  filter.restart()
  filter.process([5000], into: &output)
  #expect(abs(output) < 1e-6)
}

@Test("after hours of silence the output is zero, not a number too small to be computed fast")
func noDenormals() {
  for settings in [FilterSettings.monitoring, .diagnostic] {
    let filter = RowFilter(settings: settings, sampleRate: 250, rowCount: 1)
    var output: Float = 0
    filter.process([0], into: &output)
    filter.process([1000], into: &output)
    var isEverSubnormal = false
    for _ in 0..<2_000_000 {
      filter.process([0], into: &output)
      if output.isSubnormal { isEverSubnormal = true }
    }
    #expect(output == 0)
    #expect(!isEverSubnormal)
  }
}

@Test("filtering allocates nothing", .enabled(if: allocationsAreCountable))
func filteringAllocatesNothing() {
  let filter = RowFilter(settings: .monitoring, sampleRate: 500, rowCount: 16)
  let input = [Float](repeating: 10, count: 16)
  var output = [Float](repeating: 0, count: 16)
  input.withUnsafeBufferPointer { from in
    output.withUnsafeMutableBufferPointer { to in
      filter.process(from.baseAddress!, into: to.baseAddress!)
      let count = countAllocations {
        for _ in 0..<1000 { filter.process(from.baseAddress!, into: to.baseAddress!) }
      }
      #expect(count == 0)
    }
  }
}
