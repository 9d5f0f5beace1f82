// What a monitor makes of a calibration.

import ECGSignal
import Foundation
import Testing

@testable import Calibration

private let nominal = FakeFrontEnd.format

private func gain(_ corrections: [Double], fault: String? = nil) -> FieldMeasurement {
  FieldMeasurement(
    .gain, method: "external", conditions: ["sourceMicrovoltsPeakToValley": 1000],
    values: zip(FakeFrontEnd.leads, corrections).map {
      MeasuredValue(
        $0.name, .gainCorrection, $1, uncertainty: 0.01, limits: .gainCorrection, fault: fault)
    })
}

private func offset(_ microvolts: Double) -> FieldMeasurement {
  FieldMeasurement(
    .offset, method: "shorted", conditions: [:],
    values: FakeFrontEnd.leads.map {
      MeasuredValue(
        $0.name, .offsetMicrovolts, microvolts, uncertainty: 0.1, limits: .offsetMicrovolts)
    })
}

private func clock(_ partsPerMillion: Double) -> FieldMeasurement {
  FieldMeasurement(
    .clock, method: "arrival", conditions: [:],
    values: [
      MeasuredValue(
        "clock", .clockPartsPerMillion, partsPerMillion, uncertainty: 1,
        limits: .clockPartsPerMillion(.crystal))
    ])
}

private func corrected(
  _ entries: [CalibrationEntry], at now: String = "2026-12-01T00:00:00Z",
  device: String = "bench-7",
  identity: DeviceIdentity = DeviceIdentity(board: "bench", unit: "7"),
  format: SignalFormat = nominal
) throws -> CorrectedFormat {
  try CalibrationFile(device: device, entries: entries).corrected(
    format, of: identity, profile: profile, now: Date(now, strategy: .iso8601), daysMax: 365)
}

@Suite struct CorrectionTests {
  private let ones = [Double](repeating: 1, count: 8)

  @Test(
    "gain and offset correct a channel's microvolts, and a whole calibration has nothing to say")
  func corrects() throws {
    var gains = ones
    gains[1] = 1.02
    let result = try corrected([entry(gain(gains)), entry(offset(-300)), entry(clock(40))])
    #expect(result.warnings == [])
    // Shorted inputs that show -300 nominal microvolts are 0; 1000 nominal ones above that are 1020.
    let channel = result.format.channels[1]
    let scale = channel.microvoltsPerCode / nominal.channels[1].microvoltsPerCode
    #expect(abs(-300 * scale + channel.offsetMicrovolts) < 1e-9)
    #expect(abs(700 * scale + channel.offsetMicrovolts - 1020) < 1e-9)
    #expect(result.format.channels[0].microvoltsPerCode == nominal.channels[0].microvoltsPerCode)
  }

  @Test(
    "the newest entry counts; a later check with the test signal does not replace a calibration")
  func newest() throws {
    let old = gain([Double](repeating: 0.97, count: 8))
    let new = gain([Double](repeating: 1.03, count: 8))
    let check = try bench(FakeFrontEnd(Truth())).measureGain(seconds: 8)
    let result = try corrected([
      entry(old), entry(new), entry(check), entry(offset(0)), entry(clock(0)),
    ])
    #expect(result.warnings == [])
    let scale = result.format.channels[0].microvoltsPerCode / nominal.channels[0].microvoltsPerCode
    #expect(abs(scale - 1.03) < 1e-12)
  }

  @Test(
    "what failed, is too old, of another profile or missing is told, and only an old one is used")
  func warnings() throws {
    let whole = [try entry(offset(100)), try entry(clock(0))]
    let failed = try corrected(whole + [entry(gain(ones, fault: "input saturated"))])
    #expect(failed.warnings.count == 1 && failed.warnings[0].contains("gain of bench-7 failed"))

    let old = try corrected(
      [entry(gain(ones.map { $0 * 1.04 }))] + whole, at: "2028-01-01T00:00:00Z")
    #expect(old.warnings.count == 1 && old.warnings[0].contains("398 days ago"))
    #expect(
      abs(old.format.channels[0].microvoltsPerCode / nominal.channels[0].microvoltsPerCode - 1.04)
        < 1e-12)

    let other = ProfileIdentity(name: "ads1298-pi", text: "board: ads1298-pi\ngain: 12\n")
    let foreign = try corrected([entry(gain(ones.map { $0 * 1.04 }), profile: other)] + whole)
    #expect(foreign.warnings.count == 1 && foreign.warnings[0].contains("another profile"))
    #expect(
      foreign.format.channels[0].microvoltsPerCode == nominal.channels[0].microvoltsPerCode)

    let partial = try corrected([entry(offset(0))])
    #expect(partial.warnings.count == 1 && partial.warnings[0].contains("Gain, clock of bench-7"))
  }

  @Test(
    "a device is its board and which of its kind; one without a calibration is told, and whose are there"
  )
  func identities() throws {
    let known = DeviceIdentity(board: "cyton", unit: "DM01N7AE")
    #expect(known.name == "cyton-DM01N7AE")
    #expect(DeviceIdentity(board: "cyton", unit: nil).name == "cyton")
    #expect(DeviceIdentity(board: "pico-1a2b", unit: "pico-1a2b").name == "pico-1a2b")
    func sentence(_ identity: DeviceIdentity, _ others: [String]) -> String {
      CalibrationFile.missing(nominal, of: identity, others: others).warnings.joined()
    }
    #expect(sentence(known, []).hasPrefix("cyton-DM01N7AE has no calibration"))
    #expect(!sentence(known, []).contains("Those of"))
    #expect(sentence(known, ["cyton", "cyton-A2"]).contains("Those of cyton, cyton-A2 are other"))
    let unknown = sentence(DeviceIdentity(board: "cyton", unit: nil), ["cyton"])
    #expect(unknown.contains("Nothing tells which cyton") && unknown.contains("--unit"))
  }

  @Test("another device is refused, and a channel that was not there is told")
  func refuses() throws {
    #expect(throws: CalibrationError.self) { try corrected([], device: "bench-8") }
    // A file of before a unit was named is of no device.
    #expect(throws: CalibrationError.self) { try corrected([], device: "bench") }
    #expect(throws: CalibrationError.self) {
      try corrected([], identity: DeviceIdentity(board: "bench", unit: "8"))
    }
    var longer = nominal
    longer.channels.append(Channel(name: "X", lead: nil, microvoltsPerCode: 1))
    let result = try corrected(
      [entry(gain(ones)), entry(offset(0)), entry(clock(0))], format: longer)
    #expect(result.warnings.count == 1 && result.warnings[0].contains("lacks channels X"))
  }
}
