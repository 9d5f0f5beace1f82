// `ecgclip emulate`: a record or the simulated patient behind the bytes of a front-end, on a pseudo-terminal that any
// program can open as its serial port, or as datagrams.

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
    abstract: "Play a record or a simulated patient as a front-end's bytes, with faults on demand.",
    discussion: """
      Two shells:

        ecgclip emulate --record ptbxl/native/00001_hr --format bridge \\
          --pty /tmp/ecg --loop
        ecgclip monitor --source 'serial:/tmp/ecg?format=bridge'

      The simulated patient instead of a record, and what really happened in it, to score detectors:

        ecgclip emulate --simulation 'nsr?pvc=4' --pty /tmp/ecg \\
          --annotations truth.atr

      A bad day in the field: frames lost, damaged and doubled, a cable that is pulled for \
      some 5 seconds once in some 60, a line that stalls, a crystal 80 ppm too fast:

        ecgclip emulate --simulation nsr --pty /tmp/ecg --drop 0.01 --corrupt 0.01 \\
          --duplicate 0.01 --unplug 5/60 --stall 1/30 --drift-ppm 80

      A bridge whose converter is out of order, to see that calibrations find it:

        ecgclip emulate --simulation nsr --pty /tmp/ecg \\
          --gain-error V3=-8 --celsius 85

      What is emulated is marked as simulated or replayed where the format can say so.
      """)

  @Option(help: "The record to play.")
  var record: String?

  @Option(help: "Instead of a record: a rhythm of the simulated patient, as 'af?hr=110'.")
  var simulation: String?

  @Option(help: "With --simulation: write its beats and rhythms here at the end (WFDB, .atr).")
  var annotations: String?

  @Option(help: "The front-end whose bytes are sent.")
  var format: WireFormat = .bridge

  @Flag(help: "With --format cyton: a Daisy is on it, 16 channels at 125 samples a second.")
  var daisy = false

  @Option(help: "Path of the link to the pseudo-terminal; without it its own name is printed.")
  var pty: String?

  @Option(help: "Instead of a pseudo-terminal: send each frame as a datagram to HOST:PORT.")
  var udp: String?

  @Flag(help: "Start again at the end of the record.")
  var loop = false

  @Option(help: "How fast: real, max, or a factor.")
  var speed: Speed = .real

  @Flag(help: "Stay silent until the start command comes, as a Cyton after power-on.")
  var awaitStart = false

  @OptionGroup(title: "Faults")
  var faults: FaultOptions

  @OptionGroup(title: "Faults of a bridge's converter")
  var converterFaults: ConverterFaultOptions

  @Flag(help: "Print what is emulated, and at the end what was sent, as JSON.")
  var json = false

  func validate() throws {
    if (record == nil) == (simulation == nil) {
      throw ValidationError("Give either --record or --simulation.")
    }
    if annotations != nil && simulation == nil {
      throw ValidationError("--annotations needs --simulation: a record has its own.")
    }
    if pty != nil && udp != nil { throw ValidationError("Give either --pty or --udp.") }
    if daisy && format != .cyton { throw ValidationError("--daisy needs --format cyton.") }
    if awaitStart && (format != .cyton || udp != nil) {
      throw ValidationError("--await-start needs --format cyton on a pseudo-terminal.")
    }
  }

  /// An emulated bridge has a chip that takes commands, where one can give the signal's rate and channels.
  private func bridge(_ signal: any EmulatedSignal) throws -> EmulatedBridge? {
    let bridge = format == .bridge ? EmulatedBridge(signal) : nil
    guard !converterFaults.isEmpty else { return bridge }
    guard let bridge else {
      throw CommandFailure(
        "Only a bridge has a converter that can be out of order, and only at 250, 500, 1000 or 2000 samples a second "
          + "and with at most 8 channels: emulate --format bridge --simulation nsr.")
    }
    try converterFaults.apply(to: bridge.chip.inputs, channels: signal.format.channels)
    return bridge
  }

  func run() throws {
    let board = try usualBoard()
    let played = try playedSignal(board)
    let signal =
      board.map { board in
        WiredSignal(played, wires: board.channels.map { ($0.channelName, $0.lead) })
      } ?? played
    let (port, name) = try emulatedPort()
    let line = faults.line
    let bridge = try bridge(signal)
    let cyton =
      format == .cyton
      ? EmulatedCyton(
        signal, isStreaming: !awaitStart, readsDaisy: daisy, sendsByItself: udp != nil) : nil
    let frontEnd = EmulatedFrontEnd(
      signal: bridge ?? cyton ?? signal, wireFormat: format, converter: converter, port: port,
      speed: speed.playback, faults: line, repeats: loop,
      links: [pty, pty == nil ? nil : faults.ptyAgain].compactMap(\.self),
      responder: bridge ?? cyton)
    let stop = StopFlag()
    let signals = StopSignals(stop)
    defer { signals.cancel() }
    announce(played.format, frontEnd.format, on: name)
    frontEnd.start()
    while !stop.isSet && !frontEnd.hasFinished { clinux_sleep_nanoseconds(20_000_000) }
    frontEnd.stop()
    try writeTruth(seconds: Double(frontEnd.sentSoFar.samples) / signal.format.sampleRate, signal)
    try report(frontEnd.sentSoFar)
  }

  private var converter: WireConverter {
    daisy ? CytonEncoder.daisyConverter : format.encoder.converter
  }

  private func emulatedPort() throws -> (EmulatedPort, name: String) {
    if let udp { return (.datagrams(try DatagramPort(destination: udp)), udp) }
    let terminal = try PseudoTerminal(link: pty)
    return (.terminal(terminal), pty ?? terminal.path)
  }

  private func writeTruth(seconds: Double, _ signal: any EmulatedSignal) throws {
    guard let annotations, let simulation else { return }
    let truth = PatientTruth(of: try PatientScript(parsing: simulation), seconds: seconds)
    try AnnotationFile.write(
      truth.annotations(sampleRate: signal.format.sampleRate), to: annotations)
  }

  /// A bridge tells the record's own rate and leads, another board has those of its usual profile.
  private func usualBoard() throws -> BoardProfile? {
    format.tellsFormat ? nil : try BoardProfile.load(named: format.usualProfile)
  }

  private func playedSignal(_ board: BoardProfile?) throws -> any EmulatedSignal {
    let rate = converter.sampleRate ?? board?.signalFormat?.sampleRate
    if let record { return try RecordSignal(try Recordings.open(record), sampleRate: rate) }
    return SimulatedPatient(
      script: try PatientScript(parsing: simulation ?? "nsr"), sampleRate: rate)
  }

  private func announce(_ signal: SignalFormat, _ board: SignalFormat, on name: String) {
    let mark = signal.provenance == .simulated ? "SIMULATED" : "REPLAY"
    let missing = signal.channels.filter { channel in
      !board.channels.contains {
        $0.name == channel.name || $0.lead != nil && $0.lead == channel.lead
      }
    }.map(\.name)
    JSONOutput.complain(
      "\(mark): \(signal.sourceName) as \(format.rawValue) on \(name), \(signal.sampleRate) Hz, "
        + board.channels.map(\.name).joined(separator: " ")
        + (missing.isEmpty ? "" : " (no room for \(missing.joined(separator: " ")))"))
  }

  private func report(_ sent: EmulatedFrontEnd.Sent) throws {
    if json {
      try JSONOutput.print(EmulationObject(sent))
    } else {
      print(
        "\(sent.samples) samples in \(sent.frames) frames; \(sent.framesDropped) dropped, "
          + "\(sent.framesCorrupted) damaged, \(sent.framesDuplicated) sent twice, "
          + "\(sent.framesLostOnLine) lost on a line that was out; "
          + "\(sent.samplesLostInFrontEnd) samples lost in the front-end")
    }
  }
}

private struct EmulationObject: Encodable {
  let simulated = true
  let samplesSent, samplesLostInFrontEnd, samplesLeadOff, samplesSaturated: Int64
  let framesSent, framesDropped, framesCorrupted, framesDuplicated, framesLostOnLine: Int64
  let bytesArrived, bursts, stalls, outages, unplugs, powerCuts, leadOffs, saturations,
    overflows: Int64

  init(_ sent: EmulatedFrontEnd.Sent) {
    samplesSent = sent.samples
    samplesLostInFrontEnd = sent.samplesLostInFrontEnd
    samplesLeadOff = sent.samplesLeadOff
    samplesSaturated = sent.samplesSaturated
    framesSent = sent.frames
    framesDropped = sent.framesDropped
    framesCorrupted = sent.framesCorrupted
    framesDuplicated = sent.framesDuplicated
    framesLostOnLine = sent.framesLostOnLine
    bytesArrived = sent.bytes
    bursts = sent.bursts
    stalls = sent.stalls
    outages = sent.outages
    unplugs = sent.unplugs
    powerCuts = sent.powerCuts
    leadOffs = sent.leadOffs
    saturations = sent.saturations
    overflows = sent.overflows
  }
}

extension WireFormat: ExpressibleByArgument {}
