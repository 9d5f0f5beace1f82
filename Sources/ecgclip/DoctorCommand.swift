// `ecgclip doctor`: what is wrong with this device, one line a check, and under each trouble the line that mends it.

import ArgumentParser
import CLinux
import Devices
import Doctor
import ECGSignal
import Foundation
import LinuxDevices
import Monitor

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check this device from the outside in, with the line that puts each trouble right.",
    discussion: """
      Changes nothing of this machine. With --source, or the --profile of a board on
      the SPI bus, it opens the front-end as the monitor does: not beside a monitor.
      docs/doctor.md explains every check.

        ecgclip doctor                         the machine
        ecgclip doctor --profile ads1298-pi    and two seconds of its front-end
        ecgclip doctor --source 'serial:/dev/ttyACM0?format=bridge'
        ecgclip doctor | grep -A1 FAIL         what does not work, with its fix

      Status: 0 nothing fails (warnings may be there), 1 something fails, 2 could
      not run.
      """)

  @Option(help: SourceSpecification.help)
  var source: SourceSpecification?

  @Option(help: "Board profile: a name in firmware-config or a path.")
  var profile: String?

  @Option(help: UnitOption.help)
  var unit: String?

  @Option(help: "Model: a name in models or a path.")
  var model: String?

  @Option(help: "The folder into which sessions will be recorded.")
  var record: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  /// A tree of files to look at instead of this machine: for tests.
  @Option(help: .hidden)
  var root = ""

  func run() throws {
    let installation = InstallationChecks(model: model)
    let board = try profile.map { try BoardProfile.load(named: $0) }
    var results = Doctor.examine(
      Machine(root: root, facts: .live(root: root), needs: needs(board)))
    results += installation.results()
    // Another machine's bus is not here.
    let bus = root.isEmpty ? board.flatMap { SourceSpecification.bus(of: $0) } : nil
    if let frontEnd = source ?? bus {
      results += FrontEndCheck(source: frontEnd, profile: profile, unit: unit).results()
    }
    let failures = results.filter { $0.state == .failure }.count
    let warnings = results.filter { $0.state == .warning }.count
    if json {
      try JSONOutput.print(DoctorObject(results, failures: failures, warnings: warnings))
    } else {
      for result in results { print(Self.lines(result)) }
      print("\n\(results.count) checks: \(failures) fail, \(warnings) warn.")
    }
    if failures > 0 { throw ExitCode(1) }
  }

  private func needs(_ board: BoardProfile?) -> Needs {
    var needs = Needs()
    if case .serial(let device, _)? = source { needs.serialPort = device }
    if case .spi? = source { needs.spi = true }
    if board?.spi != nil { needs.spi = true }
    needs.recordFolder = record ?? "/"
    return needs
  }

  /// "FAIL      spi.device      SPI is off" and below it, indented, the line that puts it right.
  private static func lines(_ result: CheckResult) -> String {
    let word =
      switch result.state {
      case .ok: "ok"
      case .warning: "warn"
      case .failure: "FAIL"
      case .absent: "not here"
      }
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    let line = padded(word, 10) + padded(result.id, 23) + result.text
    return result.fix.map { line + "\n          " + $0 } ?? line
  }
}

/// Opens the front-end, takes two seconds, and looks for its calibration.
private struct FrontEndCheck {
  let source: SourceSpecification
  let profile: String?
  let unit: String?

  func results() -> [CheckResult] {
    let device: any SampleSource
    let format: SignalFormat
    do {
      device = try SourceFactory(speed: .real, profile: profile).make(source)
      format = try device.open()
    } catch {
      return [
        .failure(
          "signal.open", "\(error)", fix: "# do what the sentence says, then run this again")
      ]
    }
    defer { device.close() }
    var check = SignalCheck(format: format)
    let storage = SampleBlockStorage(channelCount: format.channels.count)
    let end = clinux_monotonic_nanoseconds() &+ 6_000_000_000
    reading: while check.seconds < 2, clinux_monotonic_nanoseconds() < end {
      storage.block.header.pointee = SampleBlock.Header()
      switch device.read(into: storage.block) {
      case .samples: check.take(storage.block)
      case .idle: continue
      case .ended, .disconnected: break reading
      }
    }
    let name = "\(format.sourceName), \(format.channels.count) channels"
    return [.ok("signal.open", name), inputs(of: format, device)]
      + check.results(isTimed: !device.waitsForConsumer)
      + [calibration(of: format, unit: unit ?? device.unit)]
  }

  private func calibration(of format: SignalFormat, unit: String?) -> CheckResult {
    do {
      let board = try CalibratedDevice(source: source, profile: profile)
      return InstallationChecks.calibration(of: format, unit: unit, profile: board.profile)
    } catch {
      return .failure("files.calibration", "\(error)", fix: "# name another --profile")
    }
  }

  /// A program that died in the middle of a calibration leaves them on something else.
  private func inputs(of format: SignalFormat, _ device: any SampleSource) -> CheckResult {
    if let notice = UnknownInputs.notice(format, of: device) {
      return .warning(
        "signal.inputs", notice, fix: "# a bridge tells it: firmware-config/bridge-frame.md")
    }
    guard format.provenance == .testSignal else {
      return .ok("signal.inputs", "on the electrodes")
    }
    return .failure(
      "signal.inputs", "on a test signal or shorted, not on the electrodes",
      fix: "# monitor with its --profile, which puts them back, or restart the board")
  }
}

private struct DoctorObject: Encodable {
  struct Check: Encodable {
    let id: String
    let state: String
    let text: String
    let fix: Nullable<String>
  }

  let passed: Bool
  let failures: Int
  let warnings: Int
  let checks: [Check]

  init(_ results: [CheckResult], failures: Int, warnings: Int) {
    passed = failures == 0
    self.failures = failures
    self.warnings = warnings
    checks = results.map {
      Check(id: $0.id, state: $0.state.rawValue, text: $0.text, fix: Nullable($0.fix))
    }
  }
}
