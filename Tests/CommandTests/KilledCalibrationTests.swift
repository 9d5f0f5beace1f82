// A calibration that is killed with SIGKILL, at any access of the chip: whoever monitors next sees the patient, with
// every register read back, or nothing. The real command on a pseudo-terminal, killed by the bridge that it commands.

import Devices
import ECGSignal
import Foundation
import LinuxDevices
import Recordings
import SimulatedDevices
import TestSupport
import Testing

@Suite(.serialized) struct KilledCalibrationTests {
  /// Calibrations that run at a time: most of each is waiting.
  private static let width = 16

  @Test("killed at any access, whoever opens the bridge next has the patient and every register")
  func anyAccess() async throws {
    // What the registers hold after an opening, and how many accesses a whole calibration is.
    let untouched = try MortalBridge(SteadyPatient())
    #expect(try SteadyPatient.isSeen(through: untouched))
    let wanted = untouched.registersAtTheEnd()
    let whole = try MortalBridge(SteadyPatient())
    #expect(try !whole.calibrate())
    let accesses = whole.inputs.count
    #expect(Set(whole.inputs) == [0, 1, 5] && accesses > 100)

    let failures = await concurrently(1...accesses, width: Self.width) { access -> String? in
      let bridge = try MortalBridge(SteadyPatient())
      guard try bridge.calibrate(killedAt: access) else { return "was not killed" }
      guard try SteadyPatient.isSeen(through: bridge) else { return "shows something else" }
      return bridge.registersAtTheEnd() == wanted ? nil : "not every register was restored"
    }
    #expect(failures.isEmpty, "of \(accesses)")
  }

  @Test("the monitor after a calibration that was killed records the patient, whole")
  func monitored() throws {
    let whole = try MortalBridge(SteadyPatient())
    _ = try whole.calibrate()
    // The first and the last access with shorted inputs, and with the test signal on them.
    for input: UInt8 in [1, 5] {
      let first = try #require(whole.inputs.firstIndex(of: input))
      let last = try #require(whole.inputs.lastIndex(of: input))
      for access in [first + 1, last + 1] {
        let bridge = try MortalBridge(SimulatedPatient(rhythm: "nsr"))
        #expect(try bridge.calibrate(killedAt: access))
        let (run, rows) = try monitor(bridge)
        #expect(run.status == 0, "\(access): \(run.complaint)")
        #expect(isPatient(rows), "killed at access \(access) of \(whole.inputs.count)")
        #expect(run.lines.last?["samplesReceived"] as? Int == 1000)
        #expect(run.lines.last?["samplesLost"] as? Int == 0)
      }
    }
  }

  @Test("without the board's profile a bridge on its test signal is refused")
  func refused() throws {
    let whole = try MortalBridge(SteadyPatient())
    _ = try whole.calibrate()
    let last = try #require(whole.inputs.lastIndex(of: 5))
    let bridge = try MortalBridge(SimulatedPatient(rhythm: "nsr"))
    #expect(try bridge.calibrate(killedAt: last + 1))
    let anybody = [
      "monitor", "--source", "serial:\(bridge.port)?format=bridge", "--seconds", "1", "--json",
    ]
    #expect(try Run(arguments: anybody).refused("test signal", "--profile"))
    let (run, rows) = try monitor(bridge)
    #expect(run.status == 0 && isPatient(rows))
    // Now it is a patient to anybody.
    #expect(try Run(arguments: anybody).status == 0)
  }

  /// Two seconds of monitoring; the record of it, `[channel][sample]` in microvolts.
  private func monitor(_ bridge: MortalBridge) throws -> (run: Run, rows: [[Double]]) {
    let sessions = try TemporaryFolder()
    let run = try Run(
      "monitor", "--source", "serial:\(bridge.port)", "--profile", "pico-ads1298", "--seconds",
      "2", "--record", sessions.path, "--json")
    let reader = try Recordings.open(try #require(try Recordings.list(sessions.path).first))
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

  /// Whether a record may be of a patient: in none of its samples do all channels show the same, as they do when they
  /// are shorted (0 +-10 uV) or on the test signal (+-1000 +-10 uV).
  private func isPatient(_ rows: [[Double]]) -> Bool {
    guard let first = rows.first, first.count > 900 else { return false }
    let alike = first.indices.filter { sample in
      rows.allSatisfy { abs(abs($0[sample]) - 1000) < 10 }
    }
    let flat = rows.allSatisfy { row in row.allSatisfy { abs($0) < 10 } }
    return alike.isEmpty && !flat
  }
}

/// The measurements but gain that change a register, beside each other: what takes their time is waiting.
@Suite struct KilledMeasurementTests {
  /// With the inputs that each connects besides the electrodes.
  private static let kinds: [(kind: String, inputs: Set<UInt8>)] = [
    ("offset", [1]), ("noise", [1]), ("supply", [3]), ("temperature", [4]), ("impedance", []),
  ]

  @Test(
    "killed in the middle of a measurement, whoever opens the bridge next has the patient",
    arguments: kinds)
  func inTheMiddle(kind: String, inputs: Set<UInt8>) async throws {
    let wanted = try await onThread {
      let untouched = try MortalBridge(SteadyPatient())
      #expect(try SteadyPatient.isSeen(through: untouched))
      return untouched.registersAtTheEnd()
    }
    let settings = try await onThread {
      let whole = try MortalBridge(SteadyPatient())
      #expect(try !whole.calibrate(kind))
      return whole.settings
    }
    #expect(Set(settings.map(\.input)) == inputs.union([0]))
    let patient = try #require(settings.first)
    // Impedance changes the lead-off current alone.
    let changed = settings.indices.filter { settings[$0] != patient }
    let (first, last) = try (#require(changed.first), #require(changed.last))
    // With the first change made, in the middle of them, with the last one, and while everything is put back.
    let accesses = Set([
      first + 1, (first + last) / 2 + 1, last + 1, (last + settings.count) / 2 + 1,
    ]).sorted()
    #expect(accesses.count > 2)
    let failures = await concurrently(1...accesses.count, width: 4) { number -> String? in
      let bridge = try MortalBridge(SteadyPatient())
      guard try bridge.calibrate(kind, killedAt: accesses[number - 1]) else {
        return "was not killed"
      }
      guard try SteadyPatient.isSeen(through: bridge) else { return "shows something else" }
      return bridge.registersAtTheEnd() == wanted ? nil : "not every register was restored"
    }
    #expect(failures.isEmpty, "of accesses \(accesses) of \(settings.count)")
  }
}

/// Does something that waits on a thread of its own.
private func onThread<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { ended in
    Thread.detachNewThread { ended.resume(with: Result(catching: body)) }
  }
}

/// Does something for many numbers, several at a time, on threads of their own: they wait for processes. Gives what
/// went wrong, by number.
private func concurrently(
  _ numbers: ClosedRange<Int>, width: Int, _ body: @escaping @Sendable (Int) throws -> String?
) async -> [String] {
  await withTaskGroup(of: [String].self) { group in
    for lane in 0..<width {
      group.addTask {
        await withCheckedContinuation { ended in
          Thread.detachNewThread {
            var failures: [String] = []
            for number in numbers where number % width == lane {
              do {
                if let failure = try body(number) { failures.append("\(number): \(failure)") }
              } catch { failures.append("\(number): \(error)") }
            }
            ended.resume(returning: failures)
          }
        }
      }
    }
    return await group.reduce(into: []) { $0 += $1 }
  }
}
