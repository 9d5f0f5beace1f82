// A Cyton measured by its own commands, over a pseudo-terminal.

import Devices
import FrontEnds
import TestSupport
import Testing

@testable import Calibration
@testable import LinuxDevices
@testable import SimulatedDevices

@Suite(.serialized) struct CytonCalibrationTests {
  @Test("gain and offset by a Cyton's own commands: a channel 8 % low fails, the patient is back")
  func commands() throws {
    let profile = try BoardProfile.load(TestData.repository + "/firmware-config/cyton.yaml")
    let cyton = EmulatedCyton(
      SimulatedPatient(script: try PatientScript(parsing: "nsr"), sampleRate: 250),
      isStreaming: false)
    cyton.gainErrors[3] = -0.08
    let terminal = try PseudoTerminal()
    let frontEnd = EmulatedFrontEnd(
      signal: cyton, wireFormat: .cyton, port: .terminal(terminal), faults: LineFaults(),
      responder: cyton)
    frontEnd.start()
    defer { frontEnd.stop() }
    let source = FramedSource(
      channel: SerialChannel(path: terminal.path, baud: 115_200),
      decoder: CytonDecoder(WireSettings(sampleRate: 250, channelCount: 8, usesHostTime: true)),
      profileFormat: profile.signalFormat, start: WireFormat.cyton.startDialogue(channelCount: 8))
    source.control = CytonControl(source, profile)
    try #require(source.control != nil)
    let bench = try Bench(
      source: source, isStopped: { false },
      ask: { _, _ in Issue.record("a technician was asked") })
    defer { bench.close() }

    let gain = try bench.measureGain(seconds: 5)
    #expect(gain.conditions["testSignalMicrovolts"] == 1875)
    #expect(Set(gain.values.filter { !$0.passed }.map(\.subject)) == ["V2-RA"])
    let first = try #require(gain.values(of: .gainCorrection)["I"]?.value)
    #expect(abs(first - 1) < 0.001)
    let offset = try bench.measureOffset(seconds: 2)
    #expect(offset.passed && offset.values.count == 8)
    #expect(bench.format.provenance == .simulated)
  }
}
