// Commands over a pseudo-terminal to an emulated bridge: what the inputs are on is what the samples show, and the
// format says so.

import Devices
import ECGSignal
import FrontEnds
import Testing

@testable import LinuxDevices
@testable import SimulatedDevices

private let profile = """
  schemaVersion: 1
  board: bench
  format: bridge
  baud: 921600
  channels: []
  chip: ads1298
  registers: { CONFIG1: 0x86, CONFIG2: 0x00, CONFIG3: 0xCC, LOFF: 0x03, CONFIG4: 0x02 }
  """

/// An emulated bridge and a source that reads it.
private final class Bench {
  let source: FramedSource<SerialChannel, BridgeDecoder>
  private let frontEnd: EmulatedFrontEnd
  private let terminal: PseudoTerminal

  /// - Parameter prepare: what is wrong with the bridge before it starts; afterwards it belongs to its thread.
  init(
    faults: LineFaults = LineFaults(), prepare: (EmulatedBridge) -> Void = { _ in }
  ) throws {
    terminal = try PseudoTerminal()
    let patient = SimulatedPatient(script: try PatientScript(parsing: "nsr"))
    let bridge = try #require(EmulatedBridge(patient))
    prepare(bridge)
    frontEnd = EmulatedFrontEnd(
      signal: bridge, wireFormat: .bridge, port: .terminal(terminal), faults: faults,
      responder: bridge)
    source = FramedSource(
      channel: SerialChannel(path: terminal.path, baud: 115_200), decoder: BridgeDecoder())
    source.control = try BridgeControl.of(
      source, BoardProfile.parse(profile, name: "bench.yaml"))
    frontEnd.start()
  }

  deinit {
    source.close()
    frontEnd.stop()
  }

  var control: any FrontEndControl { get throws { try #require(source.control) } }

  /// So many samples in microvolts `[channel][sample]`.
  func read(_ count: Int) throws -> (rows: [[Double]], gaps: Int64, firstIndex: Int64) {
    let format = try #require(source.decoder.announcedFormat)
    let block = SampleBlockStorage(channelCount: format.channels.count)
    var rows: [[Double]] = format.channels.map { _ in [] }
    var gaps: Int64 = 0
    var first: Int64?
    while rows[0].count < count {
      let outcome = source.read(into: block.block)
      try #require(outcome == .samples || outcome == .idle)
      guard outcome == .samples else { continue }
      gaps += block.block.header.pointee.gapBefore
      first = first ?? block.block.header.pointee.firstIndex
      for (index, channel) in format.channels.enumerated() {
        for sample in 0..<Int(block.block.header.pointee.sampleCount) {
          rows[index].append(
            Double(block.block.channel(index)[sample]) * channel.microvoltsPerCode)
        }
      }
    }
    return (rows, gaps, first ?? 0)
  }
}

@Test("inputs are shorted, on the test signal and back, and no sample is lost untold")
func bridgeSelections() throws {
  let bench = try Bench()
  let format = try bench.source.openOnElectrodes()
  #expect(format.provenance == .simulated && format.sampleRate == 500)
  let patient = try bench.read(50)
  #expect(patient.firstIndex == 0 && patient.gaps == 0)

  try bench.control.select(.shorted)
  #expect(bench.source.decoder.announcedFormat?.provenance == .testSignal)
  let shorted = try bench.read(50)
  // What passed while the answers were waited for is told.
  #expect(shorted.gaps > 0)
  #expect(shorted.rows.joined().allSatisfy { abs($0) < 10 })
  #expect(shorted.rows.joined().contains { $0 != 0 })

  try bench.control.select(.testSignal)
  let square = try bench.read(600)
  for row in square.rows {
    let highs = row.filter { abs($0 - 1000) < 10 }.count
    let lows = row.filter { abs($0 + 1000) < 10 }.count
    // 0.977 Hz: more than a whole period.
    #expect(highs + lows == row.count && highs > 80 && lows > 80)
  }

  try bench.control.restore()
  #expect(bench.source.decoder.announcedFormat == format)
  let again = try bench.read(50)
  #expect(again.firstIndex > 700)
  #expect(!again.rows.joined().contains { abs(abs($0) - 1000) < 10 })
}

@Test(
  "a bridge that is asked for registers and a sign of life goes on streaming, and no sample is lost"
)
func bridgeAnswersMeanwhile() throws {
  let bench = try Bench()
  _ = try bench.source.openOnElectrodes()
  let access = BridgeRegisterAccess(bench.source)
  #expect(try bench.read(50).firstIndex == 0)
  for _ in 0..<5 {
    #expect(try access.readRegisters(from: 1, count: 1) == [0x86])
    try access.ping()
  }
  #expect(try bench.read(500).gaps == 0)
  #expect(bench.source.decoder.counters.samplesLost == 0)
}

@Test("commands get through a line that loses, damages and doubles one frame in ten")
func bridgeOnBadLine() throws {
  let bench = try Bench(faults: LineFaults(drop: 0.1, corrupt: 0.1, duplicate: 0.1, seed: 3))
  let format = try bench.source.openOnElectrodes()
  try bench.control.select(.testSignal)
  #expect(bench.source.decoder.announcedFormat?.provenance == .testSignal)
  let square = try bench.read(100)
  #expect(square.rows.joined().allSatisfy { abs(abs($0) - 1000) < 10 })
  try bench.control.restore()
  #expect(bench.source.decoder.announcedFormat == format)
}

@Test("a chip that does not keep what is written, or does not answer, is told by its name and cure")
func bridgeWithDefectiveChip() throws {
  let bench = try Bench {
    $0.chip.faults.stuckBits = [(address: 0x02, bits: 0x10, value: 0x10)]
  }
  #expect(throws: SourceError.self) { _ = try bench.source.openOnElectrodes() }
  let silent = try Bench { $0.chip.faults.silence = .low }
  #expect {
    _ = try silent.source.openOnElectrodes()
  } throws: { error in
    (error as? SourceError)?.description.contains("wires") == true
  }
}

@Test("what the inputs are on is known from the registers alone")
func bridgeTestInputs() throws {
  let map = try #require(ADS129xMap(.ads1298))
  func isTest(_ name: String, _ value: UInt32) throws -> Bool {
    EmulatedBridge.inputsAreTest(
      try RegisterImage(map, settings: [RegisterSetting(name: name, value: value)]))
  }
  for input in UInt32(1)...7 {
    #expect(try isTest("CH8SET", input))
    #expect(try !isTest("CH8SET", 0x80 | input))
  }
  #expect(try isTest("CONFIG2", 0x10))
  #expect(try !isTest("CONFIG2", 0x40))
}
