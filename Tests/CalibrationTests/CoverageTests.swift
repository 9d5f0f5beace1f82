// The uncertainty that a measurement states must hold what it says: over many seeds, at least 95 of 100 intervals
// contain the truth. 8 channels are 8 independent trials a seed.

import ECGSignal
import Foundation
import Testing

@testable import Calibration

/// Seeds a test; ECGCLIP_COVERAGE_SEEDS asks for more.
private let seeds =
  ProcessInfo.processInfo.environment["ECGCLIP_COVERAGE_SEEDS"].flatMap { UInt64($0) } ?? 4

/// Counts intervals and those that hold the truth. With n trials of 95 % the count that holds is binomial: a test
/// fails where a rate of 95 % would give so few in less than 1 of 1000 cases.
private struct Coverage {
  var trials = 0
  var held = 0

  mutating func take(_ value: MeasuredValue?, truth: Double) {
    trials += 1
    guard let value, let number = value.value, let sure = value.uncertainty else { return }
    if abs(number - truth) <= sure { held += 1 }
  }

  var isHonest: Bool {
    let expected = 0.95 * Double(trials)
    return Double(held) >= expected - 3.1 * (0.95 * 0.05 * Double(trials)).squareRoot()
  }
}

@Suite struct CoverageTests {
  /// A front-end like those in the field, different with every seed.
  private func truth(_ seed: UInt64) -> Truth {
    var random = NormalRandom(seed: seed)
    var truth = Truth()
    for channel in 0..<8 {
      truth.gains[channel] = 1 + 0.03 * random.value()
      truth.offsets[channel] = 2000 * random.value()
      truth.noise[channel] = 1.5 + random.value()
      truth.mainsMicrovolts[channel] = 20 * abs(random.value())
      truth.kilohms[channel] = 30 + 25 * random.value()
      truth.rejectionDecibels[channel] = 92 + 8 * random.value()
    }
    truth.partsPerMillion = 400 * random.value()
    truth.mainsHertz = 50 + 0.2 * random.value()
    return truth
  }

  private func run(
    _ quantity: Quantity, vary: (inout Truth) -> Void = { _ in },
    measure: (Bench) throws -> FieldMeasurement, expect: (Truth, Int) -> Double
  ) throws -> Coverage {
    var coverage = Coverage()
    for seed in 1...seeds {
      var truth = truth(seed)
      vary(&truth)
      let measurement = try measure(bench(FakeFrontEnd(truth, seed: seed &* 7919)))
      let values = measurement.values(of: quantity)
      for (channel, lead) in FakeFrontEnd.leads.enumerated() {
        coverage.take(values[lead.name], truth: expect(truth, channel))
      }
    }
    return coverage
  }

  @Test("offset")
  func offset() throws {
    let coverage = try run(.offsetMicrovolts, measure: { try $0.measureOffset() }) {
      $0.offsets[$1]
    }
    #expect(coverage.isHonest, "\(coverage)")
  }

  @Test("external gain with a square wave, the source's tolerance aside")
  func squareGain() throws {
    let exact = VoltageSource(
      microvoltsPeakToValley: 1000, wave: .square, hertz: 0, tolerancePercent: 0)
    let coverage = try run(
      .gainCorrection,
      vary: {
        $0.sourceMicrovolts = 1000; $0.mainsMicrovolts = Array(repeating: 0, count: 8)
      },
      measure: { try $0.measureGain(source: exact) }
    ) { 1 / $0.gains[$1] }
    #expect(coverage.isHonest, "\(coverage)")
  }

  @Test("external gain with a sine")
  func sineGain() throws {
    let exact = VoltageSource(
      microvoltsPeakToValley: 1000, wave: .sine, hertz: 10, tolerancePercent: 0)
    let coverage = try run(
      .gainCorrection,
      vary: {
        $0.sourceMicrovolts = 1000
        $0.sourceIsSquare = false
      }, measure: { try $0.measureGain(source: exact) }
    ) { 1 / $0.gains[$1] }
    #expect(coverage.isHonest, "\(coverage)")
  }

  @Test("noise: RMS")
  func noise() throws {
    // White noise through the diagnostic band: what the filter leaves of its power is measured on a long stretch.
    let long = [(0..<60_000).map { _ in Double.zero }]
    var random = NormalRandom(seed: 5)
    let white = long.map { $0.map { _ in random.normal() } }
    let left = FieldMeasurement.filtered(white, sampleRate: 500, mains: .off)[0].dropFirst(2500)
    let share = (left.reduce(0) { $0 + $1 * $1 } / Double(left.count)).squareRoot()
    let coverage = try run(.noiseMicrovoltsRMS, measure: { try $0.measureNoise() }) {
      $0.noise[$1] * share
    }
    #expect(coverage.isHonest, "\(coverage), share \(share)")
  }

  @Test("mains")
  func mains() throws {
    let coverage = try run(.mainsMicrovolts, measure: { try $0.measureMains() }) {
      $0.mainsMicrovolts[$1] * $0.gains[$1]
    }
    #expect(coverage.isHonest, "\(coverage)")
  }

  @Test("impedance, the current's tolerance aside")
  func impedance() throws {
    let coverage = try run(
      .impedanceKilohms, vary: { $0.gains = Array(repeating: 1, count: 8) },
      measure: { try $0.measureImpedance(tolerancePercent: 0) }
    ) { truth, channel in
      truth.kilohms[channel]
    }
    #expect(coverage.isHonest, "\(coverage)")
  }

  @Test("common-mode rejection")
  func rejection() throws {
    let coverage = try run(
      .rejectionDecibels,
      vary: {
        $0.commonVolts = 1
        $0.gains = Array(repeating: 1, count: 8)
        $0.mainsMicrovolts = Array(repeating: 0, count: 8)
      }, measure: { try $0.measureCommonModeRejection(peakVolts: 1, hertz: 50) }
    ) {
      $0.rejectionDecibels[$1]
    }
    #expect(coverage.isHonest, "\(coverage)")
  }

  @Test("clock, with jitter of the link")
  func clock() throws {
    var coverage = Coverage()
    for seed in 1...4 * seeds {
      var truth = truth(seed)
      truth.jitterSeconds = 0.004
      let source = FakeFrontEnd(truth, seed: seed &* 104_729)
      source.givesSamples = false
      let result = try bench(source).measureClock(seconds: 120, hostPartsPerMillion: 0)
      coverage.take(result.values.first, truth: truth.partsPerMillion)
    }
    #expect(coverage.isHonest, "\(coverage)")
  }

  @Test("an uncertainty that is half of what it should be is found")
  func hasTeeth() throws {
    var coverage = Coverage()
    for seed in 1...max(4, seeds) {
      let truth = truth(seed)
      let result = try bench(FakeFrontEnd(truth, seed: seed &* 7919)).measureOffset()
      for (channel, value) in result.values.enumerated() {
        coverage.take(
          MeasuredValue(
            value.subject, value.quantity, value.value ?? .nan,
            uncertainty: (value.uncertainty ?? .nan) / 3, limits: .none),
          truth: truth.offsets[channel])
      }
    }
    #expect(!coverage.isHonest, "\(coverage)")
  }
}
