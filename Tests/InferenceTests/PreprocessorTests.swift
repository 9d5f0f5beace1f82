// The model's preprocessing branch: what the specification says about outputs, starts and ends, and
// how well it keeps time. Parity with the training side is in `PreprocessingParityTests`.

import Glibc
import Testing
import TestSupport

@testable import Inference
import ECGSignal

private let tiny = Result { try Model(folder: ModelFixture.tinyFolder) }

/// Runs a lead-by-lead signal (microvolts by lead and sample) and returns the outputs `[sample][12]`.
private func run(
  _ preprocessor: Preprocessor, leads: LeadSet = .twelve, sampleCount: Int,
  _ signal: (_ lead: Int, _ sample: Int) -> Float
) -> [[Double]] {
  preprocessor.restart(leads: leads)
  var outputs: [[Double]] = []
  for sample in 0..<sampleCount {
    let microvolts = (0..<12).map { signal($0, sample) }
    for index in 0..<preprocessor.push(microvolts) {
      outputs.append(Array(UnsafeBufferPointer(start: preprocessor.output(index), count: 12)))
    }
  }
  return outputs
}

@Test(
  "outputs become ready exactly when their window has arrived",
  arguments: [
    (500.0, 992), (1000, 992), (250, 992), (360, 992), (125, 992), (100, 992), (257.3, 992),
  ])
func outputCounts(rate: Double, expected: Int) throws {
  let preprocessor = try Preprocessor(tiny.get().preprocessing, sampleRate: rate)
  preprocessor.restart(leads: .twelve)
  let zeros = [Float](repeating: 0, count: 12)
  var count = 0
  for sample in 0..<Int(rate * 10) {
    count += preprocessor.push(zeros)
    // Output n exists once sample floor((n/100 + 0.08) fs) has: in thousandths, (10 n + 80) fs / 1000.
    let millihertz = Int((rate * 1000).rounded())
    var ready = 0
    while (10 * ready + 80) * millihertz / 1_000_000 <= sample { ready += 1 }
    #expect(count == ready)
  }
  #expect(count == expected)
}

@Test("a constant input gives zero from the first output on")
func constantInput() throws {
  let preprocessor = try Preprocessor(tiny.get().preprocessing, sampleRate: 360)
  let outputs = run(preprocessor, sampleCount: 3600) { lead, _ in Float(lead) * 1500 }
  // 16.5 mV through double arithmetic and coefficients that cancel to about 1e-16
  #expect(outputs.joined().allSatisfy { abs($0) < 1e-9 })
}

@Test(
  "a sine of 10 Hz comes out with the high-pass's gain and its own phase",
  arguments: [100.0, 125, 200, 250, 257.3, 333.333, 360, 500, 1000])
func sine(rate: Double) throws {
  let preprocessor = try Preprocessor(tiny.get().preprocessing, sampleRate: rate)
  let frequency = 10.0
  let outputs = run(preprocessor, sampleCount: Int(rate * 20)) { _, sample in
    Float(1000 * sin(2 * .pi * frequency * Double(sample) / rate))
  }
  // Least squares over whole periods of the last ten seconds.
  var inPhase = 0.0
  var quadrature = 0.0
  for index in 900..<1900 {
    let angle = 2 * Double.pi * frequency * Double(index) / 100
    inPhase += outputs[index][3] * sin(angle) / 500
    quadrature += outputs[index][3] * cos(angle) / 500
  }
  let amplitude = (inPhase * inPhase + quadrature * quadrature).squareRoot()
  // Butterworth at 20 times its corner: gain 0.999997; the sinc's ripple below 20 Hz is under 1 %.
  #expect(abs(amplitude - 1) < 0.01, "amplitude \(amplitude)")
  // Its phase there: atan(sqrt(2) * 0.05 / (1 - 0.05^2)) = 0.0708 rad, warped by the sampling to about
  // the same; the resampler has none.
  #expect(abs(atan2(quadrature, inPhase) - 0.0708) < 0.005)
}

@Test("a quarter of an hour at a rate with a hundred thousand phases keeps its place")
func longStream() throws {
  // 257.321 Hz: the phases do not fit the table and are computed as they come.
  let rate = 257.321
  let preprocessor = try Preprocessor(tiny.get().preprocessing, sampleRate: rate)
  let sampleCount = 231_589
  preprocessor.restart(leads: .limbPair)
  var microvolts = [Float](repeating: 0, count: 12)
  var count = 0
  var last = 0.0
  for sample in 0..<sampleCount {
    microvolts[0] = Float(500 * sin(2 * .pi * 5 * (Double(sample) / rate)))
    guard preprocessor.push(microvolts) > 0 else { continue }
    let output = preprocessor.output(0)[0]
    // Output n is the sine at n/100 s, led by the filter's 0.142 rad at 5 Hz.
    if count > 2000, count % 997 == 0 {
      let expected = 0.5 * sin(2 * .pi * 5 * Double(count) / 100 + 0.1421)
      #expect(abs(output - expected) < 0.005, "output \(count)")
    }
    last = output
    count += 1
  }
  // 900.0004 s, less the 0.08 s after the last output
  #expect(count == 89_993)
  #expect(last.isFinite)
}

@Test("a missing lead is exactly zero, whatever stands in its place")
func missingLeads() throws {
  let preprocessor = try Preprocessor(tiny.get().preprocessing, sampleRate: 500)
  let outputs = run(preprocessor, leads: LeadSet(.II), sampleCount: 2000) { lead, sample in
    lead == 1 ? Float(sample % 400) : .nan
  }
  for output in outputs {
    for lead in 0..<12 where lead != 1 { #expect(output[lead] == 0) }
    #expect(output[1].isFinite)
  }
  #expect(outputs.contains { $0[1] != 0 })
}

@Test("after a restart the stream is as new")
func restart() throws {
  let preprocessor = try Preprocessor(tiny.get().preprocessing, sampleRate: 360)
  func signal(_ lead: Int, _ sample: Int) -> Float { Float((sample * 37 + lead * 11) % 501) }
  let first = run(preprocessor, sampleCount: 1000, signal)
  _ = run(preprocessor, sampleCount: 777) { lead, sample in 9000 - Float(sample) }
  let again = run(preprocessor, sampleCount: 1000, signal)
  #expect(first == again)
}

@Test(
  "rates below 100 Hz and impossible ones are refused", arguments: [99.999, 0, -500, 10_001, .nan])
func refusedRates(rate: Double) throws {
  let preprocessing = try tiny.get().preprocessing
  #expect(throws: ModelError.self) { try Preprocessor(preprocessing, sampleRate: rate) }
}

@Test("pushing allocates nothing, with and without a table", .enabled(if: allocationsAreCountable))
func pushingAllocatesNothing() throws {
  for rate in [500.0, 257.321] {
    let preprocessor = try Preprocessor(tiny.get().preprocessing, sampleRate: rate)
    let zeros = [Float](repeating: 0, count: 12)
    let count = countAllocationsOnceUsed {
      for _ in 0..<200 { _ = preprocessor.push(zeros) }
    }
    #expect(count == 0)
  }
}
