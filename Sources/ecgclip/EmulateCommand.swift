// `ecgclip emulate`: a record or the simulated patient behind the bytes of a front-end, on a
// pseudo-terminal that any program can open as its serial port.

import ArgumentParser
import CLinux
import ECGSignal
import Foundation
import FrontEnds
import LinuxDevices
import Monitor
import Recordings
import SimulatedDevices

struct EmulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emulate",
    abstract: "Play a record as a front-end's bytes on a pseudo-terminal.",
    discussion: """
      Two shells:

        ecgclip emulate --record ptbxl/native/00001_hr --format bridge --pty /tmp/ecg --loop
        ecgclip monitor --source 'serial:/tmp/ecg?format=bridge'

      The simulated patient instead of a record, and what really happened in it, to score detectors:

        ecgclip emulate --simulation 'nsr?pvc=4' --pty /tmp/ecg --annotations truth.atr

      Faults on demand: --drop, --corrupt and --duplicate take the share of frames (0.01 = 1 %).
      """)

  @Option(help: "The record to play.")
  var record: String?

  @Option(help: "Instead of a record: a rhythm of the simulated patient, as 'af?hr=110'.")
  var simulation: String?

  @Option(help: "With --simulation: write its beats and rhythms here at the end (WFDB, .atr).")
  var annotations: String?

  @Option(help: "The front-end: bridge or cyton.")
  var format: WireFormat = .bridge

  @Option(help: "Path of the link to the pseudo-terminal; without it its own name is printed.")
  var pty: String?

  @Flag(help: "Start again at the end of the record.")
  var loop = false

  @Option(help: "How fast: real, max, or a factor.")
  var speed: Speed = .real

  @Option(help: "Share of frames to leave out.")
  var drop = 0.0

  @Option(help: "Share of frames to damage.")
  var corrupt = 0.0

  @Option(help: "Share of frames to send twice.")
  var duplicate = 0.0

  @Option(help: "Seed of the faults.")
  var seed: UInt64 = 1

  @Flag(help: "Print what is emulated, and at the end what was sent, as JSON.")
  var json = false

  func validate() throws {
    if (record == nil) == (simulation == nil) {
      throw ValidationError("Give either --record or --simulation.")
    }
    if annotations != nil && simulation == nil {
      throw ValidationError("--annotations needs --simulation: a record has its own.")
    }
    for (name, share) in [("drop", drop), ("corrupt", corrupt), ("duplicate", duplicate)]
    where !(0...1).contains(share) {
      throw ValidationError("--\(name) is a share of frames, from 0 to 1.")
    }
  }

  func run() throws {
    let signal = try emulatedSignal()
    let terminal = try PseudoTerminal(link: pty)
    let frontEnd = EmulatedFrontEnd(
      signal: signal, wireFormat: format, terminal: terminal, speed: speed.playback,
      faults: LineFaults(drop: drop, corrupt: corrupt, duplicate: duplicate, seed: seed),
      repeats: loop)
    let stop = StopFlag()
    let signals = StopSignals(stop)
    defer { signals.cancel() }
    announce(signal.format, path: pty ?? terminal.path)
    frontEnd.start()
    while !stop.isSet && !frontEnd.hasFinished { clinux_sleep_nanoseconds(20_000_000) }
    frontEnd.stop()
    try writeTruth(seconds: Double(frontEnd.sentSoFar.samples) / signal.format.sampleRate, signal)
    try report(frontEnd.sentSoFar)
  }

  private func writeTruth(seconds: Double, _ signal: any EmulatedSignal) throws {
    guard let annotations, let simulation else { return }
    let truth = PatientTruth(of: try PatientScript(parsing: simulation), seconds: seconds)
    try AnnotationFile.write(
      truth.annotations(sampleRate: signal.format.sampleRate), to: annotations)
  }

  private func emulatedSignal() throws -> any EmulatedSignal {
    // A Cyton has one rate; a bridge tells the record's own.
    let rate = format == .cyton ? 250.0 : nil
    if let record { return try RecordSignal(try Recordings.open(record), sampleRate: rate) }
    return SimulatedPatient(
      script: try PatientScript(parsing: simulation ?? "nsr"), sampleRate: rate)
  }

  private func announce(_ signal: SignalFormat, path: String) {
    let mark = signal.provenance == .simulated ? "SIMULATED" : "REPLAY"
    JSONOutput.complain(
      "\(mark): \(signal.sourceName) as \(format.rawValue) on \(path), \(signal.sampleRate) Hz, "
        + signal.channels.map(\.name).joined(separator: " "))
  }

  private func report(_ sent: EmulatedFrontEnd.Sent) throws {
    if json {
      try JSONOutput.print(
        EmulationObject(
          samplesSent: sent.samples, framesSent: sent.frames, framesDropped: sent.framesDropped,
          framesCorrupted: sent.framesCorrupted, framesDuplicated: sent.framesDuplicated))
    } else {
      print(
        "\(sent.samples) samples in \(sent.frames) frames; \(sent.framesDropped) dropped, "
          + "\(sent.framesCorrupted) damaged, \(sent.framesDuplicated) sent twice")
    }
  }
}

private struct EmulationObject: Encodable {
  let simulated = true
  let samplesSent: Int64
  let framesSent: Int64
  let framesDropped: Int64
  let framesCorrupted: Int64
  let framesDuplicated: Int64
}

extension WireFormat: ExpressibleByArgument {}
