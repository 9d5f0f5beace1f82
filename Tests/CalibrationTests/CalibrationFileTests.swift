// The file: what is written is read again, what was changed is refused, and other people's readers agree.

import Devices
import ECGSignal
import Foundation
import StrictJSON
import TestSupport
import Testing

@testable import Calibration

let exampleKey = DeviceKey(bytes: Array(0..<32))
let profile = ProfileIdentity(name: "ads1298-pi", text: "board: ads1298-pi\n")

func entry(
  _ measurement: FieldMeasurement, _ time: String = "2026-11-28T14:30:00Z",
  profile used: ProfileIdentity = profile
) throws -> CalibrationEntry {
  CalibrationEntry(
    measurement, measuredAt: try Date(time, strategy: .iso8601), operatorName: "m.rossi",
    softwareVersion: "0.1.0", profile: used)
}

/// One entry of each kind that can be measured here.
private let everything = Result { try measureEverything() }

private func measureEverything() throws -> CalibrationFile {
  var truth = Truth()
  truth.gains[3] = 0.9
  let source = FakeFrontEnd(truth)
  let bench = try bench(source)
  var file = CalibrationFile(device: "bench-7")
  for measurement in [
    try bench.measureGain(seconds: 8), try bench.measureOffset(seconds: 2),
    try bench.measureNoise(), try bench.measureClock(seconds: 75, hostPartsPerMillion: 1),
    try bench.measureMains(), try bench.measureLeads(seconds: 1),
    try bench.measureImpedance(seconds: 4), try bench.measureSupply(),
    try bench.measureTemperature(),
  ] { file.append(try entry(measurement)) }
  source.truth.commonVolts = 1
  file.append(try entry(try bench.measureCommonModeRejection(peakVolts: 1, hertz: 50)))
  source.truth.commonVolts = 0
  source.truth.sourceMicrovolts = 1000
  let calibrator = VoltageSource(
    microvoltsPeakToValley: 1000, wave: .square, hertz: 0, tolerancePercent: 1)
  file.append(try entry(try bench.measureGain(source: calibrator, seconds: 4)))
  return file
}

private func refusal(_ text: String, key: DeviceKey? = exampleKey) -> String {
  do {
    _ = try CalibrationFile.parse(Array(text.utf8), name: "bench-7.json", key: key)
    return ""
  } catch {
    return "\(error)"
  }
}

/// The text with a change, sealed again: what a stricter reader than the seal must find.
private func resealed(_ text: String, _ old: String, _ new: String) throws -> String {
  let changed = text.replacing(old, with: new, maxReplacements: 1)
  try #require(changed != text)
  guard case .object(var members) = try JSONValue(parsing: Array(changed.utf8)) else { return "" }
  members["seal"] = nil
  let seal = exampleKey.seal(JSONValue.object(members).canonicalText)
  members["seal"] = .object([
    "algorithm": .string("HMAC-SHA256"), "keyID": .string(exampleKey.id), "value": .string(seal),
  ])
  return JSONValue.object(members).prettyText
}

@Suite struct CalibrationFileTests {
  @Test("every kind of measurement is read as it was written")
  func roundTrip() throws {
    let file = try everything.get()
    let read = try CalibrationFile.parse(
      Array(file.text(key: exampleKey).utf8), name: "x", key: exampleKey)
    #expect(read == file)
    #expect(read.entries.contains { !$0.passed } && read.entries.contains { $0.passed })
  }

  @Test("history stays, newest last, whole on the disk")
  func history() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/" + CalibrationFile.name(of: "bench 7/a")
    #expect(path.hasSuffix("/bench-7-a.json"))
    let temperature = try bench(FakeFrontEnd(Truth())).measureTemperature()
    for day in 1...3 {
      var file =
        try CalibrationFile.load(path, key: exampleKey) ?? CalibrationFile(device: "bench 7/a")
      file.append(try entry(temperature, "2026-11-0\(day)T00:00:00Z"))
      try file.write(to: path, key: exampleKey)
    }
    let file = try #require(try CalibrationFile.load(path, key: exampleKey))
    #expect(file.entries.count == 3)
    #expect(
      file.newest(.temperature)?.measuredAt
        == (try Date("2026-11-03T00:00:00Z", strategy: .iso8601)))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
  }

  @Test("any changed byte of a sealed file is refused")
  func seal() throws {
    var file = CalibrationFile(device: "bench-7")
    file.append(try entry(try bench(FakeFrontEnd(Truth())).measureTemperature()))
    let bytes = Array(file.text(key: exampleKey).utf8)
    let original = try JSONValue(parsing: bytes)
    var random = SeededRandom(seed: 3)
    for position in bytes.indices {
      var changed = bytes
      changed[position] ^= 1 << UInt8(random.next() % 7)
      // White space between the values is no part of what is sealed.
      guard (try? JSONValue(parsing: changed)) != original else { continue }
      #expect(refusal(String(decoding: changed, as: UTF8.self)) != "", "byte \(position)")
    }
  }

  @Test("a broken seal says what to do")
  func sealRemedy() throws {
    var file = CalibrationFile(device: "bench-7")
    file.append(try entry(try bench(FakeFrontEnd(Truth())).measureTemperature()))
    let text = file.text(key: exampleKey)
    #expect(
      refusal(text.replacing("m.rossi", with: "n.rossi")).contains("changed after it was sealed"))
    #expect(refusal(text, key: nil).contains("this device has none"))
    let other = refusal(text, key: DeviceKey(bytes: Array(1...32)))
    #expect(other.contains(exampleKey.id) && other.contains("ECGCLIP_DEVICE_KEY"))
  }

  @Test(
    "a sealed file that contradicts the schema is refused, and an unknown key gets a suggestion")
  func strict() throws {
    var file = CalibrationFile(device: "bench-7")
    file.append(try entry(try bench(FakeFrontEnd(Truth())).measureTemperature()))
    let text = file.text(key: exampleKey)
    let cases: [(String, String, String)] = [
      ("\"operator\"", "\"operater\"", "did you mean 'operator'?"),
      ("\"temperatureCelsius\"", "\"temperatureCelcius\"", "did you mean 'temperatureCelsius'?"),
      ("\"uncertaintyCelsius\"", "\"uncertaintyKelvin\"", "did you mean 'uncertaintyCelsius'?"),
      ("\"kind\": \"temperature\"", "\"kind\": \"humidity\"", "'humidity' is unknown"),
      ("\"schemaVersion\": 2", "\"schemaVersion\": 1", "calibrate the device again"),
      ("2026-11-28T14:30:00Z", "yesterday", "no ISO 8601 time"),
      ("\"passed\": true", "\"passed\": false", "contradicts"),
      ("\"atMostCelsius\": 60", "\"atMostCelsius\": 20", "contradict each other"),
    ]
    for (old, new, reason) in cases {
      #expect(refusal(try resealed(text, old, new)).contains(reason), "\(new)")
    }
    #expect(refusal("[]").contains("must be an object"))
    #expect(refusal("{").contains("no JSON"))
  }

  @Test(
    "the published schema and Python's HMAC agree with what is written, and the schema finds mistakes",
    .enabled(if: Python.readsJSONSchema))
  func schema() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/bench-7.json"
    try everything.get().write(to: path, key: exampleKey)
    let key = (0..<32).map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }
    let schema = TestData.repository + "/calibration/schema.json"
    let verdict = try Python.peer("check_calibration.py", schema, path, key.joined())
    #expect(verdict["valid"].text == "yes", "\(verdict)")
    #expect(verdict["seal"].text == "good")
    #expect(verdict["mutationsAccepted"].list.isEmpty, "\(verdict["mutationsAccepted"])")
    #expect(verdict["mutations"].number > 50)
  }

  @Test("the example that is shipped is good")
  func example() throws {
    let folder = TestData.repository + "/calibration/examples"
    let text = try String(contentsOfFile: folder + "/README.md", encoding: .utf8)
    #expect(text.contains(exampleKey.id))
    let file = try #require(
      try CalibrationFile.load(folder + "/bench-7.json", key: exampleKey))
    #expect(file.device == "bench-7" && !file.entries.isEmpty)
  }

  @Test("calibration/limits.md says the limits that the program has")
  func limits() throws {
    let text = try String(
      contentsOfFile: TestData.repository + "/calibration/limits.md", encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
      .map {
        $0.split(separator: "|", omittingEmptySubsequences: false).map {
          $0.trimmingCharacters(in: .whitespaces)
        }
      }
    func expect(_ name: String, _ limits: Limits) {
      let row = rows.first { $0[1] == name } ?? []
      #expect(row.count > 4, "\(name)")
      guard row.count > 4 else { return }
      #expect(Double(row[2]) == limits.atLeast && Double(row[3]) == limits.atMost, "\(name)")
    }
    expect("`gainCorrection`", .gainCorrection)
    expect("`nonlinearityPercent`", .nonlinearityPercent)
    expect("`offsetMicrovolts`", .offsetMicrovolts)
    expect("`noiseMicrovoltsRMS`", .none)
    expect("`noiseMicrovoltsPeakToValley`", .noiseMicrovoltsPeakToValley)
    expect("`clockPartsPerMillion`, `clock: crystal`", .clockPartsPerMillion(.crystal))
    expect("`clockPartsPerMillion`, `clock: internal`", .clockPartsPerMillion(.internal))
    expect("`mainsMicrovolts`", .mainsMicrovolts)
    expect("`mainsResidualMicrovolts`", .mainsResidualMicrovolts)
    expect("`wrongChannels`", .wrongChannels)
    expect("`impedanceKilohms`", .impedanceKilohms)
    expect("`rejectionDecibels`", .rejectionDecibels)
    expect("`supplyVolts` AVDD", .analogSupplyVolts)
    expect("`supplyVolts` DVDD", .digitalSupplyVolts)
    expect("`temperatureCelsius`", .temperatureCelsius)
    expect("`latencyMilliseconds` 99 of 100", .latencyMilliseconds)
    expect("`latencyMilliseconds` longest", .latencyLongestMilliseconds)
    expect("`toneHertz`", .toneHertz)
    #expect(rows.count == 18)
  }
}
