// The display's filters against scipy, and what they do with missing values and silence.

import Foundation
import SignalProcessing
import TestSupport
import Testing

struct FilterCase: Decodable {
  var highPassOrder: Int
  var highPassHz: Double
  var lowPassHz: Double
  var mainsHz: Double?
  var sampleRate: Double
  var input: [Float]
  var step: Int
  var output: [Double]
  var hertz: [Double]
  var gains: [Double]
  var delayMilliseconds: Double

  static func all() throws -> [FilterCase] {
    let path = TestData.repository + "/Tests/SignalProcessingTests/Fixtures/filters.json"
    return try JSONDecoder().decode([FilterCase].self, from: Data(contentsOf: URL(filePath: path)))
  }

  var settings: FilterSettings {
    var settings = FilterSettings.monitoring
    settings.highPassOrder = highPassOrder
    settings.highPassHz = highPassHz
    settings.lowPassHz = lowPassHz
    settings.mains = mainsHz.map { .fixed(hertz: $0) } ?? .off
    return settings
  }

  var name: String { "\(settings.text(mainsHz: mainsHz)) at \(sampleRate) Hz" }
}

/// Both sides compute in double precision. The file rounds its input to 0.0005 microvolts, which no filter here
/// amplifies by more than 1.5; the rest is the rounding of the result to Float at 2 mV.
@Test("every row of a vector gives what scipy gives from the steady state of the first sample")
func filtersEqualScipy() throws {
  let cases = try FilterCase.all()
  #expect(cases.count == 7)
  for test in cases {
    // Six rows: one whole vector and a part of one. The third is what scipy saw, the sixth twice that.
    let filter = RowFilter(settings: test.settings, sampleRate: test.sampleRate, rowCount: 6)
    var worst = 0.0
    var output = [Float](repeating: 0, count: 6)
    for (index, value) in test.input.enumerated() {
      filter.process([0, 1, value, -value, 5, 2 * value], into: &output)
      guard index % test.step == 0 else { continue }
      let expected = test.output[index / test.step]
      worst = max(worst, abs(Double(output[2]) - expected))
      worst = max(worst, abs(Double(output[3]) + expected))
      worst = max(worst, abs(Double(output[5]) / 2 - expected))
    }
    #expect(worst < 0.002, "\(test.name)")
  }
}

@Test("the declared delay is scipy's group delay at 10 Hz")
func declaredDelayEqualsScipy() throws {
  for test in try FilterCase.all() {
    let filter = RowFilter(settings: test.settings, sampleRate: test.sampleRate, rowCount: 1)
    #expect(abs(filter.state.delayMilliseconds - test.delayMilliseconds) < 0.001, "\(test.name)")
  }
}

@Test("extreme values stay bounded and are forgotten")
func extremeValues() {
  var random = SeededRandom(seed: 5)
  for settings in [FilterSettings.monitoring, .st, .diagnostic] {
    let filter = RowFilter(settings: settings, sampleRate: 500, rowCount: 5)
    var output = [Float](repeating: 0, count: 5)
    let values: [Float] = [
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity, -.infinity, .nan, 0,
      .leastNonzeroMagnitude, 300_000,
    ]
    for _ in 0..<20_000 {
      let input = (0..<5).map { _ in values[Int(random.next() % 8)] }
      filter.process(input, into: &output)
      for row in 0..<5 where input[row].isFinite { #expect(abs(output[row]) < 1e8) }
    }
    for _ in 0..<5000 { filter.process([1, 2, 3, 4, 5], into: &output) }
    #expect(output.allSatisfy { abs($0) < 100 })
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

@Test("after minutes of silence the output is zero, not a number too small to be computed fast")
func noDenormals() {
  for settings in [FilterSettings.monitoring, .st, .diagnostic] {
    let filter = RowFilter(settings: settings, sampleRate: 250, rowCount: 1)
    var output: Float = 0
    filter.process([0], into: &output)
    filter.process([1000], into: &output)
    var isEverSubnormal = false
    for _ in 0..<120_000 {
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
      let count = countAllocationsOnceUsed {
        for _ in 0..<1000 { filter.process(from.baseAddress!, into: to.baseAddress!) }
      }
      #expect(count == 0)
    }
  }
}
