// A Cyton that another program had before, that is late, or that loses its battery: what the source makes of it.

import Devices
import ECGSignal
import Foundation
import FrontEnds
import SignalProcessing
import TestSupport
import Testing

@testable import LinuxDevices
@testable import SimulatedDevices

/// The same voltages for ever: I 600, II 900, V1 to V6 200, 300, ... uV.
private final class SteadySignal: EmulatedSignal {
  static let microvolts: [Double] = [600, 900, 200, 300, 400, 500, 600, 700]
  let format = SignalFormat(
    sampleRate: 250,
    channels: SimulatedPatient.leads.map {
      Channel(name: $0.name, lead: $0, microvoltsPerCode: EmulatedConverter.microvoltsPerCode)
    }, provenance: .simulated, sourceName: "steady")
  private var index: Int64 = 0

  func fill(_ block: SampleBlock, count: Int) -> Bool {
    block.header.pointee.firstIndex = index
    block.header.pointee.sampleCount = Int32(count)
    for (channel, value) in Self.microvolts.enumerated() {
      for sample in 0..<count { block.channel(channel)[sample] = EmulatedConverter.code(value) }
    }
    index += Int64(count)
    return true
  }

  func rewind() {}
}

private func profile(_ name: String = "cyton") throws -> BoardProfile {
  try BoardProfile.load("\(TestData.repository)/firmware-config/\(name).yaml")
}

/// An emulated Cyton on a pseudo-terminal, a source that reads it, and the rows that a pipeline would show.
private final class Bench {
  let source: FramedSource<SerialChannel, CytonDecoder>
  let format: SignalFormat
  let storage = SampleBlockStorage(channelCount: 8)
  let frontEnd: EmulatedFrontEnd
  private let assembly: RowAssembly
  private let terminal: PseudoTerminal

  init(_ cyton: EmulatedCyton, faults: LineFaults = LineFaults(), isTold: Bool = true) throws {
    terminal = try PseudoTerminal()
    frontEnd = EmulatedFrontEnd(
      signal: cyton, wireFormat: .cyton, port: .terminal(terminal), faults: faults,
      responder: cyton)
    format = try #require(try profile().signalFormat)
    assembly = RowAssembly(format: format, layout: RowLayout(format))
    source = FramedSource(
      channel: SerialChannel(path: terminal.path, baud: 115_200),
      decoder: CytonDecoder(
        WireSettings(sampleRate: 250, channelCount: 8, usesHostTime: true)),
      profileFormat: format,
      start: isTold ? WireFormat.cyton.startDialogue(channelCount: 8) : nil)
    frontEnd.start()
  }

  deinit {
    source.close()
    frontEnd.stop()
  }

  /// Reads until there is something else than patience, at most a minute.
  func read() -> ReadOutcome {
    for _ in 0..<600 {
      storage.block.header.pointee = SampleBlock.Header()
      let outcome = source.read(into: storage.block)
      if outcome != .idle { return outcome }
    }
    return .idle
  }

  /// The largest difference, in microvolts, from what is at the electrodes, over so many samples.
  func error(samples: Int) throws -> Double {
    var worst = 0.0
    var count = 0
    var rows = [Float](repeating: 0, count: assembly.rowCount)
    while count < samples {
      try #require(read() == .samples)
      for sample in 0..<Int(storage.block.header.pointee.sampleCount) {
        assembly.assemble(storage.block, sample: sample, into: &rows)
        for (row, value) in zip(rows, SteadySignal.microvolts) {
          worst = max(worst, abs(Double(row) - value))
        }
        count += 1
      }
    }
    return worst
  }
}

/// What another program may have left a board in.
private let leftBehind: [(commands: String, hasDaisy: Bool)] = [
  ("-", false), ("0", false), ("]", false), ("p", false), ("x1020000X", false),
  ("x3160110X", false), ("c", true), ("C", true), ("~4", false),
]

private func abandoned(_ commands: String, hasDaisy: Bool) -> EmulatedCyton {
  let cyton = EmulatedCyton(SteadySignal(), isStreaming: true, hasDaisy: hasDaisy)
  for byte in commands.utf8 { _ = cyton.firmware.respond(to: byte) }
  return cyton
}

@Suite(.serialized)
struct EmulatedCytonTests {
  @Test(
    "a Cyton left on a test signal, at another gain or in another mode is shown as it is at the electrodes",
    arguments: leftBehind)
  func putBack(commands: String, hasDaisy: Bool) throws {
    let bench = try Bench(abandoned(commands, hasDaisy: hasDaisy))
    #expect(try bench.source.open().provenance == .simulated)
    // Half a code of either converter, three times.
    #expect(try bench.error(samples: 250) < 0.15)
    #expect(bench.source.decoder.counters.samplesLost == 0)
  }

  @Test(
    "without its start dialogue the same Cyton would be shown with wrong microvolts",
    arguments: leftBehind.filter { $0.commands != "~4" && $0.commands != "c" })
  func notPutBack(commands: String, hasDaisy: Bool) throws {
    let bench = try Bench(abandoned(commands, hasDaisy: hasDaisy), isTold: false)
    _ = try bench.source.open()
    #expect(try bench.error(samples: 250) > 100)
  }

  @Test("every setting is at its default after the start dialogue, the sample rate too")
  func settings() throws {
    let cyton = abandoned("~4-x1020000X", hasDaisy: true)
    let heard = try #require(WireFormat.cyton.startDialogue(channelCount: 8)).steps
      .flatMap(\.bytes).map { cyton.firmware.respond(to: $0) }
    #expect(heard.contains { $0.hasSuffix("daisy removed$$$") })
    #expect(cyton.firmware.sampleRateHz == 250 && !cyton.firmware.usesDaisy)
    #expect(cyton.firmware.channels.allSatisfy { $0 == CytonFirmware.ChannelSetting() })
    #expect(cyton.isStreaming)
  }

  @Test("a Cyton that loses its battery while its dongle stays streams again, and was away")
  func battery() throws {
    var faults = LineFaults()
    faults.powerCut = FaultEpisodes(lengthSeconds: 1.5, everySeconds: 1)
    let bench = try Bench(EmulatedCyton(SteadySignal(), isStreaming: false), faults: faults)
    _ = try bench.source.open()
    var outcome = bench.read()
    while outcome == .samples { outcome = bench.read() }
    // The answer of a board that waits, not the dongle's for one that has no power.
    #expect(outcome == .disconnected)
    #expect(bench.source.takeNews() == .restarted(.power))
    var attempts = 0
    while !bench.source.reopen() && attempts < 20 { attempts += 1 }
    try #require(attempts < 20)
    #expect(bench.read() == .samples)
    let header = bench.storage.block.header.pointee
    #expect(header.gapCause == .deviceLost)
    // A cut is three quarters of a second at least, and silence is asked about after one.
    #expect(header.gapBefore > 250)
    #expect(header.counters.samplesLost == header.gapBefore)
    #expect(header.counters.reconnects == 1)
  }

  @Test("a Cyton that is late by seconds is asked and not disturbed: nothing is lost")
  func late() throws {
    var faults = LineFaults()
    faults.stall = FaultEpisodes(lengthSeconds: 2.5, everySeconds: 2)
    faults.seed = 3
    let bench = try Bench(EmulatedCyton(SteadySignal(), isStreaming: false), faults: faults)
    _ = try bench.source.open()
    #expect(try bench.error(samples: 1500) < 0.15)
    let counters = bench.source.decoder.counters
    #expect(counters.samplesLost == 0 && counters.reconnects == 0 && counters.framesCorrupt == 0)
    #expect(bench.source.takeNews() == nil)
  }

  @Test("a board on its ground or test signal is marked, and a patient again when put back")
  func commands() throws {
    let bench = try Bench(EmulatedCyton(SteadySignal(), isStreaming: false))
    _ = try bench.source.open()
    let made = try CytonControl(bench.source, profile())
    let control = try #require(made)
    for input in [InputSelection.shorted, .testSignal] {
      try control.select(input)
      #expect(bench.read() == .ended)
      #expect(try bench.source.open().provenance == .testSignal)
      #expect(bench.read() == .samples)
      #expect(bench.storage.block.header.pointee.firstIndex == 0)
      #expect(try bench.error(samples: 50) > 100)
    }
    #expect(throws: SourceError.self) { try control.select(.supply) }
    try control.restore()
    #expect(bench.read() == .ended)
    #expect(try bench.source.open().provenance == .simulated)
    #expect(try bench.error(samples: 250) < 0.15)
    #expect(bench.source.decoder.counters.samplesLost == 0)
  }

  @Test("what a board that does not answer is on is not known, and stays no patient's")
  func unanswered() throws {
    let bench = try Bench(EmulatedCyton(SteadySignal(), isStreaming: false))
    _ = try bench.source.open()
    let made = try CytonControl(bench.source, profile())
    let control = try #require(made)
    bench.frontEnd.stop()
    #expect(throws: SourceError.self) { try control.select(.testSignal) }
    #expect(throws: SourceError.self) { try control.restore() }
    #expect(bench.read() == .ended)
    #expect(try bench.source.open().provenance == .testSignal)
  }

  @Test("the profile makes the twelve leads of what a Cyton measures against the right arm")
  func twelveLeads() throws {
    let script = try PatientScript(parsing: "nsr?pvc=4&noise=20&seed=7")
    let line = EmulatedLine(
      signal: EmulatedCyton(
        SimulatedPatient(script: script, sampleRate: 250), isStreaming: true), wireFormat: .cyton)
    let format = try #require(try profile().signalFormat)
    let layout = RowLayout(format)
    #expect(layout.leads == .twelve)
    let assembly = RowAssembly(format: format, layout: layout)
    let decoder = CytonDecoder(
      WireSettings(sampleRate: 250, channelCount: 8, usesHostTime: false))
    let truth = Truth(script)
    let storage = SampleBlockStorage(channelCount: 8)
    var rows = [Float](repeating: 0, count: assembly.rowCount)
    var (worst, asMeasured, count) = (0.0, 0.0, 0)
    while count < 2500, let arrival = line.next() {
      _ = arrival.bytes.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: 0) }
      while decoder.next(into: storage.block, isQuiet: true) == .samples {
        for sample in 0..<Int(storage.block.header.pointee.sampleCount) {
          assembly.assemble(storage.block, sample: sample, into: &rows)
          let leads = truth.next()
          for (lead, value) in leads.enumerated() {
            worst = max(worst, abs(Double(rows[layout.rowOfLead[lead]]) - value))
          }
          let first = -Double(storage.block.channel(2)[sample]) * 4_500_000 / 24 / 8_388_607
          asMeasured = max(asMeasured, abs(first - leads[6]))
          count += 1
        }
      }
    }
    #expect(count >= 2500)
    // Half a code of 48 nV four times, and Float's steps.
    #expect(worst < 0.2)
    #expect(asMeasured > 300)
  }
}

/// What a Cyton says to commands.
private func answer(
  of cyton: EmulatedCyton, to commands: String, _ encoder: CytonEncoder
) -> String {
  let bytes = Array(commands.utf8).withUnsafeBytes { cyton.respond(to: $0, encoder: encoder) }
  return String(decoding: bytes, as: UTF8.self)
}

@Test("a Cyton that is told to sends its time, until it is told not to or loses its power")
func timeStamps() {
  let cyton = EmulatedCyton(SteadySignal(), isStreaming: false)
  let encoder = CytonEncoder(cyton.format)
  cyton.start(encoder)
  #expect(answer(of: cyton, to: "<", encoder) == "Time stamp ON$$$" && encoder.sendsTime)
  #expect(answer(of: cyton, to: ">", encoder) == "Time stamp OFF$$$" && !encoder.sendsTime)
  _ = answer(of: cyton, to: "<", encoder)
  let after = CytonEncoder(cyton.format)
  cyton.start(after)
  _ = answer(of: cyton, to: "d", after)
  #expect(!after.sendsTime)
}

@Test("a Daisy's channels are behind the board's, each its own, and the line goes on with them")
func daisy() {
  let cyton = EmulatedCyton(SteadySignal(), isStreaming: false, readsDaisy: true)
  #expect(cyton.format.channels.count == 16)
  #expect(cyton.format.channels.prefix(8).map(\.lead) == SimulatedPatient.leads)
  #expect(cyton.format.channels.suffix(8).allSatisfy { $0.lead == nil })
  let storage = SampleBlockStorage(channelCount: 16)
  #expect(cyton.fill(storage.block, count: 3))
  #expect(Set((0..<16).map { storage.block.channel($0)[1] }).count == 16)
  let encoder = CytonEncoder(cyton.format)
  #expect(answer(of: cyton, to: "C", encoder).hasSuffix("16$$$"))
  #expect(answer(of: cyton, to: "c", encoder).contains("Failure"))
}

/// The twelve leads of a simulated patient, from the potentials of nine electrodes.
private final class Truth {
  private let patient: SimulatedPatient
  private let storage = SampleBlockStorage(channelCount: 8)

  init(_ script: PatientScript) { patient = SimulatedPatient(script: script, sampleRate: 250) }

  func next() -> [Double] {
    _ = patient.fill(storage.block, count: 1)
    let leads = (0..<8).map {
      Double(storage.block.channel($0)[0]) * EmulatedConverter.microvoltsPerCode
    }
    // RA is 0: LA is I, LL is II.
    let (leftArm, leftLeg) = (leads[0], leads[1])
    return [
      leftArm, leftLeg, leftLeg - leftArm, -(leftArm + leftLeg) / 2, leftArm - leftLeg / 2,
      leftLeg - leftArm / 2,
    ] + leads[2...]
  }
}
