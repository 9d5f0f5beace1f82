// What the tests of `ecgclip calibrate` have in common: a technician's folder and key, and emulated front-ends.

import Foundation
import TestSupport
import Testing

/// Runs the program with a key and a folder of calibrations of its own.
struct CalibrationBench {
  let folder: TemporaryFolder
  let environment: [String: String]

  init() throws {
    folder = try TemporaryFolder()
    environment = ["ECGCLIP_DEVICE_KEY": folder.path + "/device.key"]
  }

  func run(_ arguments: String...) throws -> Run {
    try Run(arguments: arguments, environment: environment)
  }

  /// Arguments of a calibration whose result lies in the folder, made by somebody.
  func calibration(_ kind: String, _ arguments: [String]) -> [String] {
    ["calibrate", kind, "--folder", folder.path, "--operator", "m.rossi"] + arguments
  }

  func mains(_ script: String) throws -> Run {
    try Run(
      arguments: calibration(
        "mains", ["--source", "sim:\(script)", "--speed", "max", "--assume-ready", "--json"]),
      environment: environment)
  }

  /// The calibration of the simulated patient.
  var file: String { folder.path + "/simulated.json" }

  /// What was measured last stands in the device's file: what the values are of that failed, and whether the whole did.
  func newest() throws -> (kind: String?, passed: Bool?, failed: [String]) {
    let data = try Data(contentsOf: URL(filePath: file))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let entry = try #require((object["entries"] as? [[String: Any]])?.last)
    let values = try #require(entry["values"] as? [[String: Any]])
    let failed = values.filter { $0["passed"] as? Bool == false }.compactMap { $0["of"] as? String }
    return (entry["kind"] as? String, entry["passed"] as? Bool, Array(Set(failed)).sorted())
  }
}

/// `ecgclip emulate` on a pseudo-terminal, with a bridge where no other format is named, while it is needed.
final class Emulator {
  let port: String
  /// Its first sentence, which says that the port is there.
  let announcement: String
  private let folder: TemporaryFolder
  private let process: Process

  convenience init(_ options: String...) throws { try self.init(options: options) }

  init(options: [String]) throws {
    folder = try TemporaryFolder()
    port = folder.path + "/ecg"
    process = Run.process(["emulate", "--format", "bridge", "--pty", port] + options)
    let complaint = Pipe()
    process.standardError = complaint
    process.standardOutput = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    announcement = String(
      decoding: complaint.fileHandleForReading.availableData, as: UTF8.self)
    #expect(!announcement.isEmpty)
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }
}
