// A calibration that is killed with SIGKILL, at any access of the chip: whoever monitors next sees the patient, with
// every register read back, or nothing. Real processes on a pseudo-terminal.

import ECGSignal
import Foundation
import Recordings
import TestSupport
import Testing

/// `ecgclip emulate` with a bridge on a pseudo-terminal.
private final class EmulatedPatient {
  let folder: TemporaryFolder
  let port: String
  private let process: Process

  init() throws {
    folder = try TemporaryFolder()
    port = folder.path + "/ecg"
    process = Run.process(["emulate", "--simulation", "nsr", "--format", "bridge", "--pty", port])
    let complaint = Pipe()
    process.standardError = complaint
    process.standardOutput = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Its first sentence says that the port is there.
    #expect(!complaint.fileHandleForReading.availableData.isEmpty)
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }

  /// Restores and selects on the port, and is killed after so many accesses. Nil when it was; else their count.
  func calibrate(_ selection: String, accesses: Int) throws -> Int? {
    let process = Run.process(
      [port, TestData.repository + "/firmware-config/pico-ads1298.yaml", selection, "\(accesses)"],
      program: "BridgeExercise")
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let said = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL {
      return nil
    }
    #expect(process.terminationStatus == 0, "\(said)")
    return Int(said.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// Two seconds of monitoring; the record of it, `[channel][sample]` in microvolts.
  func monitor() throws -> (run: Run, rows: [[Double]]) {
    let sessions = folder.path + "/sessions-\(UUID().uuidString)"
    let run = try Run(
      "monitor", "--source", "serial:\(port)", "--profile", "pico-ads1298", "--seconds", "2",
      "--record", sessions, "--json")
    let reader = try Recordings.open(try #require(try Recordings.list(sessions).first))
    let channels = reader.format.channels
    let codes = UnsafeMutablePointer<Int32>.allocate(capacity: channels.count * 64)
    defer { codes.deallocate() }
    var rows: [[Double]] = channels.map { _ in [] }
    while case let count = try reader.read(into: codes, stride: 64, count: 64), count > 0 {
      for (index, channel) in channels.enumerated() {
        rows[index] += (0..<count).map {
          Double(codes[index * 64 + $0] - channel.baseline) * channel.microvoltsPerCode
        }
      }
    }
    return (run, rows)
  }
}

/// Whether a record may be of a patient: in none of its samples do all channels show the same, as they do when they are
/// shorted (0 +-10 uV) or on the test signal (+-1000 +-10 uV).
private func isPatient(_ rows: [[Double]]) -> Bool {
  guard let first = rows.first, first.count > 900 else { return false }
  let alike = first.indices.filter { sample in
    rows.allSatisfy { abs(abs($0[sample]) - 1000) < 10 }
  }
  let flat = rows.allSatisfy { row in row.allSatisfy { abs($0) < 10 } }
  return alike.isEmpty && !flat
}

@Suite(.serialized) struct KilledCalibrationTests {
  /// Every access with ECGCLIP_EVERY_STEP=1; else the first ones, some of the restoring, and those of the selection.
  static let accesses: [Int] =
    ProcessInfo.processInfo.environment["ECGCLIP_EVERY_STEP"] != nil
    ? Array(0..<60) : [3, 32, 35, 43]

  @Test("a monitor after a calibration that was killed shows the patient, and no test signal")
  func killed() throws {
    let patient = try EmulatedPatient()
    let whole = try #require(try patient.calibrate("testSignal", accesses: 1000))
    #expect(whole > Self.accesses[3])
    for accesses in Self.accesses where accesses < whole {
      for selection in accesses % 2 == 0 ? ["testSignal", "shorted"] : ["testSignal"] {
        guard try patient.calibrate(selection, accesses: accesses) == nil else { continue }
        let (run, rows) = try patient.monitor()
        #expect(run.status == 0, "\(accesses): \(run.complaint)")
        #expect(isPatient(rows), "\(selection) killed after \(accesses) of \(whole) accesses")
        #expect(run.lines.last?["samplesReceived"] as? Int == 1000)
        #expect(run.lines.last?["samplesLost"] as? Int == 0)
      }
    }
  }

  @Test("without the board's profile a bridge on its test signal is refused")
  func refused() throws {
    let patient = try EmulatedPatient()
    #expect(try patient.calibrate("testSignal", accesses: 1000) != nil)
    #expect(
      try Run(
        "monitor", "--source", "serial:\(patient.port)?format=bridge", "--seconds", "1", "--json"
      )
      .refused("test signal", "--profile"))
    let (run, rows) = try patient.monitor()
    #expect(run.status == 0 && isPatient(rows))
    // Now it is a patient to anybody.
    #expect(
      try Run(
        "monitor", "--source", "serial:\(patient.port)?format=bridge", "--seconds", "1", "--json"
      )
      .status == 0)
  }
}
