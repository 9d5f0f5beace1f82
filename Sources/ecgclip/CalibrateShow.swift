// `ecgclip calibrate show`: what is known of a device, and whether its file is as it was sealed.

import ArgumentParser
import Calibration
import Foundation
import Monitor

struct CalibrateShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print what was measured last of each kind, after checking the seal.",
    discussion: "Status 1 where a kind failed when it was last measured.")

  @Option(help: "The device, as the measurements printed it: board and unit.")
  var device: String

  @Option(help: "Folder of calibrations (default: calibration).")
  var folder: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let path = try CalibrationFolder.path(of: device, folder: folder)
    let key = try DeviceKey.load(.usual)
    guard let file = try CalibrationFile.load(path, key: key) else {
      throw CommandFailure(
        "No calibration of '\(device)' at \(path): ecgclip calibrate makes one.")
    }
    let newest = MeasurementKind.allCases.compactMap { file.newest($0) }
    if json {
      try JSONOutput.print(
        CalibrationStateObject(
          device: device, path: path, entries: file.entries.count,
          newest: newest.map(CalibrationStateObject.Kind.init)))
    } else {
      print("\(device): \(file.entries.count) measurements, seal good")
      for entry in newest { print(Self.line(entry)) }
    }
    if newest.contains(where: { !$0.passed }) { throw ExitCode(1) }
  }

  private static func line(_ entry: CalibrationEntry) -> String {
    let days = Int(Date().timeIntervalSince(entry.measuredAt) / 86_400)
    let kind = entry.measurement.kind.rawValue
    let name = kind + String(repeating: " ", count: max(0, 12 - kind.count))
    return "\(entry.passed ? "ok    " : "FAILED") \(name) \(entry.measuredAt.formatted(.iso8601)) "
      + "(\(days) days ago) by \(entry.operatorName), profile \(entry.profile.name)"
  }
}

private struct CalibrationStateObject: Encodable {
  struct Kind: Encodable {
    let kind: String
    let measuredAt: String
    let passed: Bool
    let `operator`: String
    let profileName: String
    let profileSHA256: String

    init(_ entry: CalibrationEntry) {
      kind = entry.measurement.kind.rawValue
      measuredAt = entry.measuredAt.formatted(.iso8601)
      passed = entry.passed
      `operator` = entry.operatorName
      profileName = entry.profile.name
      profileSHA256 = entry.profile.sha256
    }
  }

  let device: String
  let path: String
  let entries: Int
  let newest: [Kind]
}
