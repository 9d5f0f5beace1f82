// Every measurement on a front-end that is in order, which must pass, and on one with the defect that it is there to
// find, which must fail.

import Devices
import ECGSignal
import Foundation
import Testing

@testable import Calibration

/// A kind of measurement, how it is made, and a front-end on which it must fail and where.
private struct Case: CustomStringConvertible, Sendable {
  let description: String
  let measure: @Sendable (Bench) throws -> FieldMeasurement
  let good: @Sendable (inout Truth) -> Void
  let defect: @Sendable (inout Truth) -> Void
  let failing: [String]
}

private let calibrator = VoltageSource(
  microvoltsPeakToValley: 1000, wave: .square, hertz: 10, tolerancePercent: 1)

private let cases: [Case] = [
  Case(
    description: "internal gain, V2 8 % low",
    measure: { try $0.measureGain() }, good: { _ in },
    defect: { $0.gains[3] = 0.92 }, failing: ["V2"]),
  Case(
    description: "internal gain, V1 gets no test signal",
    measure: { try $0.measureGain() }, good: { _ in },
    defect: { $0.hasTestSignal[2] = false }, failing: ["V1"]),
  Case(
    description: "internal gain, a bent characteristic",
    measure: { try $0.measureGain() }, good: { _ in },
    defect: { $0.bend = 2e-5 }, failing: FakeFrontEnd.leads.map(\.name)),
  Case(
    description: "external gain, lead I 8 % high",
    measure: { try $0.measureGain(source: calibrator) }, good: { $0.sourceMicrovolts = 1000 },
    defect: { $0.gains[0] = 1.08 }, failing: ["I"]),
  Case(
    description: "external gain, the source is not connected",
    measure: { try $0.measureGain(source: calibrator) }, good: { $0.sourceMicrovolts = 1000 },
    defect: { $0.sourceMicrovolts = 0 }, failing: FakeFrontEnd.leads.map(\.name)),
  Case(
    description: "offset, V6 20 mV", measure: { try $0.measureOffset() },
    good: { $0.offsets[7] = -300 }, defect: { $0.offsets[7] = 20_000 }, failing: ["V6"]),
  Case(
    description: "offset, V3 saturated", measure: { try $0.measureOffset() }, good: { _ in },
    defect: { $0.saturated = [4] }, failing: ["V3"]),
  Case(
    description: "noise, II 50 uV p-v", measure: { try $0.measureNoise() }, good: { _ in },
    defect: { $0.noise[1] = 9 }, failing: ["II"]),
  Case(
    description: "noise, V4 dead", measure: { try $0.measureNoise() }, good: { _ in },
    defect: { $0.noise[5] = 0 }, failing: ["V4"]),
  Case(
    description: "clock, 2000 ppm fast",
    measure: { try $0.measureClock(seconds: 75, hostPartsPerMillion: 1) },
    good: { $0.partsPerMillion = 40 }, defect: { $0.partsPerMillion = 2000 }, failing: ["clock"]),
  Case(
    description: "mains, off the notch", measure: { try $0.measureMains() },
    good: { $0.mainsMicrovolts[1] = 200 },
    defect: {
      $0.mainsHertz = 49.6
      $0.mainsMicrovolts[1] = 900
    }, failing: ["II"]),
  Case(
    description: "mains, larger than a QRS complex", measure: { try $0.measureMains() },
    good: { _ in }, defect: { $0.mainsMicrovolts[2] = 3000 }, failing: ["V1"]),
  Case(
    description: "leads, RA and LA exchanged", measure: { try $0.measureLeads() },
    good: { _ in }, defect: { $0.wiring = ["RA": "LA", "LA": "RA"] }, failing: ["LA", "RA"]),
  Case(
    description: "leads, V5 does not notice", measure: { try $0.measureLeads() },
    good: { _ in }, defect: { $0.wiring = ["V5": "nothing"] }, failing: ["V5"]),
  Case(
    description: "impedance, RA dry",
    measure: { try $0.measureImpedance() }, good: { _ in },
    defect: {
      $0.kilohms[0] = 150
      $0.kilohms[1] = 160
    }, failing: ["I", "II"]),
  Case(
    description: "rejection, V2 70 dB",
    measure: { try $0.measureCommonModeRejection(peakVolts: 1, hertz: 50) },
    good: { $0.commonVolts = 1 }, defect: { $0.rejectionDecibels[3] = 70 }, failing: ["V2"]),
  Case(
    description: "supply, AVDD 2.5 V", measure: { try $0.measureSupply() },
    good: { _ in }, defect: { $0.analogVolts = 2.5 }, failing: ["AVDD"]),
  Case(
    description: "supply, DVDD 1.2 V", measure: { try $0.measureSupply() },
    good: { _ in }, defect: { $0.digitalVolts = 1.2 }, failing: ["DVDD"]),
  Case(
    description: "temperature, 85 C", measure: { try $0.measureTemperature() },
    good: { _ in }, defect: { $0.celsius = 85 }, failing: ["chip"]),
]

@Suite struct MeasurementTests {
  @Test(
    "a front-end in order passes, and one with a defect fails where the defect is", arguments: cases
  )
  fileprivate func findsDefect(_ test: Case) throws {
    var truth = Truth()
    test.good(&truth)
    let good = try test.measure(bench(FakeFrontEnd(truth)))
    #expect(good.passed, "\(good.values.filter { !$0.passed })")

    test.defect(&truth)
    let bad = try test.measure(bench(FakeFrontEnd(truth)))
    #expect(!bad.passed)
    #expect(Set(bad.values.filter { !$0.passed }.map(\.subject)).sorted() == test.failing.sorted())
  }

  @Test("an electrode swap is called by its name, and a dry electrode is found among its channels")
  func diagnoses() throws {
    var truth = Truth()
    truth.wiring = ["RA": "LA", "LA": "RA"]
    let leads = try bench(FakeFrontEnd(truth)).measureLeads()
    let notes = leads.values.compactMap { $0.passed ? nil : $0.note }
    #expect(notes.count == 2)
    #expect(notes.contains { $0.contains("looks like LA, are the two exchanged?") })

    truth = Truth()
    let path = try bench(FakeFrontEnd(truth)).measureImpedance()
    #expect(path.suspectedElectrodes() == [])
    truth.kilohms[0] = 150
    truth.kilohms[1] = 160
    let dry = try bench(FakeFrontEnd(truth)).measureImpedance()
    #expect(dry.suspectedElectrodes() == ["RA"])
    truth.kilohms[1] = 20
    let left = try bench(FakeFrontEnd(truth)).measureImpedance()
    #expect(left.suspectedElectrodes() == ["LA"])
  }

  @Test("a hum says which mains it is, and no hum says none")
  func mainsFrequency() throws {
    var truth = Truth()
    #expect(try bench(FakeFrontEnd(truth)).measureMains().conditions["mainsHz"] == nil)
    truth.mainsHertz = 60.1
    truth.mainsMicrovolts = [Double](repeating: 80, count: 8)
    let sixty = try bench(FakeFrontEnd(truth)).measureMains()
    #expect(abs((sixty.conditions["mainsHz"] ?? 0) - 60.1) <= 0.01)
  }

  @Test("rejection that noise hides is stated as the least that it can be")
  func hiddenRejection() throws {
    var truth = Truth()
    truth.commonVolts = 1
    truth.rejectionDecibels = [Double](repeating: 160, count: 8)
    let result = try bench(FakeFrontEnd(truth)).measureCommonModeRejection(peakVolts: 1, hertz: 50)
    for value in result.values {
      #expect(value.note?.hasPrefix("at least") == true)
      #expect((value.value ?? .infinity) < 160)
    }
    #expect(result.passed)
  }
}

@Suite struct ElectrodeTests {
  @Test(
    "an input that the board does not watch need not show, and one that is watched nowhere cannot be told"
  )
  func watching() throws {
    // As on TI's board: RA is watched at channel I only.
    func electrodes(watchesRA: Bool) -> [ChannelElectrodes] {
      FakeFrontEnd.format.channels.map { channel in
        let known = ChannelElectrodes(channel)
        return ChannelElectrodes(
          positive: known.positive, negative: known.negative,
          watchesNegative: watchesRA && channel.lead == .I)
      }
    }
    var truth = Truth()
    truth.wiring = ["RA": "LA"]
    let board = try bench(FakeFrontEnd(truth), electrodes: electrodes(watchesRA: true))
    #expect(try board.measureLeads().passed)
    truth.wiring = ["RA": "nothing"]
    let blind = try bench(FakeFrontEnd(truth), electrodes: electrodes(watchesRA: false))
    let failed = try blind.measureLeads().values.filter { !$0.passed }
    #expect(failed.map(\.subject) == ["RA"])
    #expect(failed.first?.note == "no channel watches this electrode")
  }

  @Test("channels against one reference electrode are driven together, others in groups")
  func groups() throws {
    var steps: [GuidedStep] = []
    let referenced = FakeFrontEnd.leads.map {
      ChannelElectrodes(positive: [$0 == .I ? "LA" : $0 == .II ? "LL" : $0.name], negative: ["RA"])
    }
    let board = try bench(
      FakeFrontEnd(Truth()), electrodes: referenced, steps: { steps.append($0) })
    let source = VoltageSource(
      microvoltsPeakToValley: 1000, wave: .square, hertz: 0, tolerancePercent: 1)
    _ = try board.measureGain(source: source, seconds: 4)
    #expect(steps.count == 1)
    #expect(steps[0].instruction.contains("its - to RA and RL"))
  }
}

@Test("a test signal that was seen for too short is told from one that does not arrive")
func testSignalTooShort() {
  func capture(seconds: Int, amplitude: Double) -> Capture {
    let row = (0..<250 * seconds).map { $0 / 125 % 2 == 0 ? amplitude : -amplitude }
    return Capture(sampleRate: 250, names: ["I"], rows: [row])
  }
  func fault(seconds: Int, amplitude: Double) -> String? {
    FieldMeasurement.internalGain(
      test: capture(seconds: seconds, amplitude: amplitude),
      shorted: capture(seconds: seconds, amplitude: 0), testSignalMicrovolts: 1875
    ).values.first?.note
  }
  #expect(fault(seconds: 6, amplitude: 1875) == nil)
  #expect(fault(seconds: 4, amplitude: 1875)?.contains("measure for ten") == true)
  #expect(fault(seconds: 10, amplitude: 0) == "the chip's test signal does not arrive")
}
