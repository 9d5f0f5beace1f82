// A calibration that a monitor cannot rely on any more, through the commands: the monitor says so and alarms, and the
// doctor does not call it well.

import Calibration
import ECGSignal
import Foundation
import TestSupport
import Testing

/// A home of the product whose simulated patient has a calibration file.
private struct CalibratedHome {
  /// What is wrong with it.
  enum Fault: CaseIterable, Sendable { case none, expired, foreignProfile, failed, neverMeasured }

  let folder: TemporaryFolder
  let environment: [String: String]
  var file: String { folder.path + "/calibration/simulated.json" }

  init(_ fault: Fault) throws {
    folder = try TemporaryFolder()
    environment = [
      "ECGCLIP_HOME": folder.path, "ECGCLIP_DEVICE_KEY": folder.path + "/device.key",
    ]
    for part in ["models", "firmware-config"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/" + part, withDestinationPath: TestData.repository + "/" + part)
    }
    try FileManager.default.createDirectory(
      atPath: folder.path + "/calibration", withIntermediateDirectories: true)
    let days = fault == .expired ? 400.0 : 30
    let profile = ProfileIdentity(
      name: "built-in", text: fault == .foreignProfile ? "gain: 12" : "")
    let measurements = [
      Self.measurement(.gain, .gainCorrection, 1, "II", source: 1000),
      Self.measurement(
        .offset, .offsetMicrovolts, 0, "II", fault: fault == .failed ? "a heart is on it" : nil),
      Self.measurement(.clock, .clockPartsPerMillion, 1, "clock"),
    ]
    let entries = measurements.prefix(fault == .neverMeasured ? 2 : 3).map {
      CalibrationEntry(
        $0, measuredAt: Date(timeIntervalSinceNow: -days * 86_400), operatorName: "m.rossi",
        softwareVersion: "1", profile: profile)
    }
    let place = DeviceKey.Place(path: folder.path + "/device.key")
    try CalibrationFile(device: "simulated", entries: entries)
      .write(to: file, key: DeviceKey.loadOrMake(place))
  }

  private static func measurement(
    _ kind: MeasurementKind, _ quantity: Quantity, _ value: Double, _ subject: String,
    source: Double? = nil, fault: String? = nil
  ) -> FieldMeasurement {
    let leads = ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"]
    return FieldMeasurement(
      kind, method: "test",
      conditions: source.map { ["sourceMicrovoltsPeakToValley": $0] } ?? [:],
      values: (subject == "clock" ? [subject] : leads).map {
        MeasuredValue(
          $0, quantity, value, uncertainty: 0.01, limits: .none,
          fault: $0 == subject ? fault : nil)
      })
  }
}

@Suite struct ExpiredCalibrationTests {
  @Test("a calibration of 400 days ago is used, told by the monitor, and alarms")
  func expired() throws {
    let home = try CalibratedHome(.expired)
    func monitor(_ options: String...) throws -> Run {
      try Run(
        arguments: [
          "monitor", "--source", "sim:nsr", "--speed", "max", "--seconds", "2", "--json",
          "--calibration", home.file,
        ] + options, environment: home.environment)
    }
    let run = try monitor()
    #expect(run.status == 0, "\(run.complaint)")
    let warnings = try #require(run.lines.last?["warnings"] as? [String])
    #expect(warnings.count == 1)
    #expect(warnings.first?.contains("was measured 400 days ago, more than 365") == true)
    #expect(
      run.lines.contains {
        $0["type"] as? String == "problem" && $0["message"] as? String == warnings.first
      })
    #expect(run.lines.contains { $0["condition"] as? String == "calibrationExpired" })
    // It is still the best that is known: 1 ppm is applied.
    let rate = try #require(run.lines.first?["measuredSampleRate"] as? Double)
    #expect(abs(rate - 500.0005) < 1e-9)
    // A site that allows more hears nothing.
    let patient = try monitor("--calibration-days", "500")
    #expect((patient.lines.last?["warnings"] as? [String])?.isEmpty == true)
    #expect(!patient.lines.contains { $0["condition"] as? String == "calibrationExpired" })
  }

  @Test(
    "the doctor calls only a calibration well that a monitor relies on",
    arguments: CalibratedHome.Fault.allCases)
  fileprivate func doctor(fault: CalibratedHome.Fault) throws {
    let home = try CalibratedHome(fault)
    let root = try TemporaryFolder()
    let run = try Run(
      arguments: ["doctor", "--root", root.path, "--source", "sim:nsr", "--json"],
      environment: home.environment)
    let checks = try #require(try run.object()["checks"] as? [[String: Any]])
    let check = try #require(checks.first { $0["id"] as? String == "files.calibration" })
    let text = try #require(check["text"] as? String)
    #expect(check["state"] as? String == (fault == .none ? "ok" : "warning"), "\(text)")
    #expect((check["fix"] is String) == (fault != .none))
    let words: [CalibratedHome.Fault: String] = [
      .none: "clock, gain, offset", .expired: "400 days ago", .foreignProfile: "another profile",
      .failed: "offset of simulated failed",
      .neverMeasured: "Clock of simulated was never measured",
    ]
    #expect(try text.contains(#require(words[fault])), "\(text)")
  }
}
