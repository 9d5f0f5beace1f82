// The resampler against sines, whose value at any moment is known, between the rates that front-ends have.

import Foundation
import SignalProcessing
import TestSupport
import Testing

private let ratePairs: [(Double, Double)] = [
  (125, 100), (250, 100), (360, 100), (499.87, 100), (500, 100), (1000, 100), (2000, 100),
  (128, 250), (250, 500), (257.31, 360), (500.13, 500), (2000, 500), (125, 500),
]

/// What comes out for rows that are functions of time in seconds, from `settled` seconds on.
private func resample(
  _ rates: (Double, Double), rowCount: Int, seconds: Double, settled: Double,
  _ value: (_ row: Int, _ seconds: Double) -> Double,
  check: (_ row: Int, _ seconds: Double, _ output: Double) -> Void
) -> Int {
  let resampler = Resampler(inputRate: rates.0, outputRate: rates.1, rowCount: rowCount)
  var output = [Float](repeating: 0, count: rowCount)
  var count = 0
  for index in 0..<Int(seconds * rates.0) {
    let time = Double(index) / rates.0
    resampler.push((0..<rowCount).map { Float(value($0, time)) })
    while resampler.pull(&output) {
      let seconds = Double(count) / rates.1
      if seconds >= settled { for row in 0..<rowCount { check(row, seconds, Double(output[row])) } }
      count += 1
    }
  }
  return count
}

/// The output is the input's sine at exactly that moment: amplitude and phase in one. 0.01 % is 80 dB.
@Test("sines up to 80 % of the lower half rate come out to 0.01 %", arguments: ratePairs)
func sinesPass(rates: (Double, Double)) {
  let lower = min(rates.0, rates.1) / 2
  let hertz = [0.02, 0.1, 0.3, 0.5, 0.7, 0.8].map { $0 * lower }
  var worst = 0.0
  let count = resample(rates, rowCount: 6, seconds: 6, settled: 1) { row, seconds in
    1000 * sin(2 * .pi * hertz[row] * seconds)
  } check: { row, seconds, output in
    worst = max(worst, abs(output - 1000 * sin(2 * .pi * hertz[row] * seconds)))
  }
  #expect(worst < 0.1, "\(worst) uV of 1000")
  let delay = Resampler(inputRate: rates.0, outputRate: rates.1, rowCount: 1).delaySeconds
  #expect(abs(Double(count) - (6 - delay) * rates.1) <= 2)
}

@Test(
  "what lies above the new half rate is 80 dB down",
  arguments: ratePairs.filter { $0.0 > 1.1 * $0.1 })
func nothingFoldsBack(rates: (Double, Double)) {
  let hertz = [1.0, 1.05, 1.13, 1.2].map { $0 * rates.1 / 2 }
    .map { min($0, 0.999 * rates.0 / 2) }
  var worst = 0.0
  _ = resample(rates, rowCount: 4, seconds: 4, settled: 1) { row, seconds in
    1000 * cos(2 * .pi * hertz[row] * seconds)
  } check: { _, _, output in
    worst = max(worst, abs(output))
  }
  #expect(worst < 0.1, "\(worst) uV of 1000")
}

@Test("an electrode's offset of 300 mV stays what it is", arguments: ratePairs)
func offsetStays(rates: (Double, Double)) {
  var worst = 0.0
  _ = resample(rates, rowCount: 1, seconds: 2, settled: 0) { _, _ in
    300_000
  } check: { _, _, output in
    worst = max(worst, abs(output - 300_000))
  }
  #expect(worst < 0.25, "\(worst) uV")
}

@Test("a missing value is missing as long as it takes part, in its row alone")
func missingValues() {
  let resampler = Resampler(inputRate: 500, outputRate: 100, rowCount: 5)
  var output = [Float](repeating: 0, count: 5)
  var missing = [Int](repeating: 0, count: 5)
  for index in 0..<2000 {
    resampler.push([1, index == 1000 ? .nan : 2, 3, 4, index == 1200 ? .infinity : 5])
    while resampler.pull(&output) { for row in 0..<5 { missing[row] += output[row].isNaN ? 1 : 0 } }
  }
  #expect(missing[0] == 0 && missing[2] == 0 && missing[3] == 0)
  let reach = Int(2 * resampler.delaySeconds * 100)
  #expect((reach - 1...reach + 1).contains(missing[1]))
  #expect((reach - 1...reach + 1).contains(missing[4]))
}

@Test("a restart forgets the stream")
func resamplerRestarts() {
  let resampler = Resampler(inputRate: 500, outputRate: 250, rowCount: 1)
  var output: Float = 0
  for _ in 0..<777 {
    resampler.push([.nan])
    while resampler.pull(&output) {}
  }
  resampler.restart()
  for _ in 0..<777 {
    resampler.push([7])
    while resampler.pull(&output) { #expect(abs(output - 7) < 0.001) }
  }
}

@Test("resampling allocates nothing", .enabled(if: allocationsAreCountable))
func resamplingAllocatesNothing() {
  let resampler = Resampler(inputRate: 499.87, outputRate: 100, rowCount: 12)
  let input = [Float](repeating: 10, count: 12)
  var output = [Float](repeating: 0, count: 12)
  input.withUnsafeBufferPointer { from in
    output.withUnsafeMutableBufferPointer { to in
      let count = countAllocationsOnceUsed {
        for _ in 0..<1000 {
          resampler.push(from.baseAddress!)
          while resampler.pull(to.baseAddress!) {}
        }
      }
      #expect(count == 0)
    }
  }
}
