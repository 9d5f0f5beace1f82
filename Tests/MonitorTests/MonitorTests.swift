// The whole monitor: threads, rings, recorder and sinks on the real byte path of a pseudo-terminal.

import Alarms
import CLinux
import Devices
import ECGSignal
import Foundation
import FrontEnds
import Inference
import LinuxDevices
import Pipeline
import Recordings
import SimulatedDevices
import TestSupport
import Testing

@testable import Monitor

private func model() throws -> Model {
  try Model(folder: TestData.repository + "/models/ecgclip-r18")
}

/// Keeps what a monitor says.
private final class CollectingSink: EventSink {
  var context: SessionContext?
  var events: [PipelineEvent] = []
  var problems: [String] = []
  var summary: Summary?
  var onEvent: (PipelineEvent) -> Void = { _ in }

  func begin(_ context: SessionContext) { self.context = context }
  func take(_ event: PipelineEvent) {
    events.append(event)
    onEvent(event)
  }
  func tell(problem: String) { problems.append(problem) }
  func end(_ summary: Summary) { self.summary = summary }

  func started(_ name: String) -> Double? {
    events.lazy.compactMap { [context] event -> Double? in
      guard let context, case .alarm(let transition) = event.kind, transition.phase == .start,
        context.alarms[transition.alarm].name == name
      else { return nil }
      return event.seconds
    }.first
  }
}

private func temporaryFolder() -> String {
  let url = FileManager.default.temporaryDirectory.appending(path: "ecgclip-\(UUID().uuidString)")
  return url.path(percentEncoded: false)
}

@Test(
  "a simulated patient goes through the serial path complete, is recorded bit by bit and alarms")
func wholePath() throws {
  let sink = CollectingSink()
  let folder = temporaryFolder()
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let script = try PatientScript(parsing: "asystole?onset=12&seed=5")
  let monitor = Monitor(
    source: try SimulatedSource(signal: SimulatedPatient(script: script), speed: .maximum),
    model: .success(try model()),
    configuration: MonitorConfiguration(seconds: 20, recordFolder: folder), sinks: [sink],
    stop: StopFlag())
  let summary = try monitor.run()
  #expect(summary.samplesReceived == 10_000)
  #expect(summary.samplesLost == 0 && summary.completeness == 1)
  #expect(summary.leads == .twelve)
  #expect(summary.windows == 11)
  #expect(sink.context?.isSimulated == true)
  #expect(summary.heartRateBPM.map { abs($0 - 72) < 5 } == true)
  #expect(sink.started("asystole").map { $0 > 12 && $0 <= 20 } == true)
  // The record holds the very codes that the front-end sent.
  let record = try #require(try Recordings.list(folder).first)
  let reader = try Recordings.open(record)
  #expect(reader.sampleCount == 10_000)
  let again = SimulatedPatient(script: script)
  let truth = SampleBlockStorage(channelCount: 8)
  let codes = UnsafeMutablePointer<Int32>.allocate(capacity: 8 * 32)
  defer { codes.deallocate() }
  var position = 0
  var differences = 0
  while position < 10_000 {
    let count = try reader.read(into: codes, stride: 32, count: 20)
    guard count > 0 else { break }
    _ = again.fill(truth.block, count: count)
    for channel in 0..<8 {
      for sample in 0..<count
      where codes[channel * 32 + sample] != truth.block.channel(channel)[sample] {
        differences += 1
      }
    }
    position += count
  }
  #expect(position == 10_000)
  #expect(differences == 0)
}

@Test("a faulty line is monitored on, and every lost sample is told")
func faultyLine() throws {
  let terminal = try PseudoTerminal()
  let frontEnd = EmulatedFrontEnd(
    signal: SimulatedPatient(script: try PatientScript(parsing: "nsr")), wireFormat: .bridge,
    terminal: terminal, speed: .maximum,
    faults: LineFaults(drop: 0.02, corrupt: 0.01, duplicate: 0.01, seed: 11))
  let sink = CollectingSink()
  let monitor = Monitor(
    source: FramedSource(
      channel: SerialChannel(path: terminal.path, baud: 115_200), decoder: BridgeDecoder(),
      waitsForConsumer: true),
    model: .success(try model()), configuration: MonitorConfiguration(seconds: 20), sinks: [sink],
    stop: StopFlag())
  frontEnd.start()
  let summary = try monitor.run()
  frontEnd.stop()
  let gaps = sink.events.reduce(into: Int64(0)) { sum, event in
    if case .gap(let samples, _) = event.kind { sum += samples }
  }
  #expect(summary.samplesLost > 100)
  #expect(summary.samplesLost == gaps)
  // The last frame before the limit may be one that was lost.
  #expect((9_980...10_000).contains(summary.samplesReceived + summary.samplesLost))
  #expect(summary.framesCorrupt > 0)
  #expect(sink.started("samplesLost") != nil)
}

@Test("a device that vanishes is a technical alarm and comes back under the same name")
func vanishingDevice() throws {
  let link = temporaryFolder()
  let script = try PatientScript(parsing: "nsr")
  let stop = StopFlag()
  let sink = CollectingSink()
  // The front-end owns its terminal: without it the line is gone.
  func plugIn() throws -> EmulatedFrontEnd {
    let frontEnd = EmulatedFrontEnd(
      signal: SimulatedPatient(script: script), wireFormat: .bridge,
      terminal: try PseudoTerminal(link: link))
    frontEnd.start()
    return frontEnd
  }
  var frontEnd: EmulatedFrontEnd? = try plugIn()
  var phase = 0
  // Driven by what the monitor says: unplug when samples flow, plug in again when the loss alarms, and stop
  // when they flow again.
  sink.onEvent = { event in
    switch (phase, event.kind) {
    case (0, .tally(let tally)) where tally.samplesReceived > 300:
      phase = 1
      frontEnd?.stop()
      frontEnd = nil
    case (1, .alarm(let transition)) where transition.alarm == BuiltInAlarm.deviceLost.rawValue:
      phase = 2
      frontEnd = try? plugIn()
    case (2, .gap(let samples, .deviceLost)) where samples > 0: phase = 3
    case (3, .alarm(let transition))
    where transition.alarm == BuiltInAlarm.deviceLost.rawValue && transition.phase == .end:
      phase = 4
      stop.set()
    default: break
    }
  }
  let monitor = Monitor(
    source: FramedSource(
      channel: SerialChannel(path: link, baud: 115_200), decoder: BridgeDecoder()),
    model: .success(try model()), configuration: MonitorConfiguration(seconds: 60), sinks: [sink],
    stop: stop)
  let summary = try monitor.run()
  frontEnd?.stop()
  #expect(phase == 4)
  #expect(summary.samplesLost > 0)
  #expect(summary.reconnects >= 1)
}

@Test("a device that stays silent ends with the time that was asked for, and all of it is lost")
func silentDevice() throws {
  let terminal = try PseudoTerminal()
  let sink = CollectingSink()
  let format = SignalFormat(
    sampleRate: 250,
    channels: SimulatedPatient.leads.map {
      Channel(name: $0.name, lead: $0, microvoltsPerCode: 0.0223517)
    }, provenance: .live, sourceName: "cyton")
  let monitor = Monitor(
    source: FramedSource(
      channel: SerialChannel(path: terminal.path, baud: 115_200),
      decoder: CytonDecoder(
        WireSettings(sampleRate: 250, channelCount: 8, usesHostTime: true)), profileFormat: format),
    model: .success(try model()), configuration: MonitorConfiguration(seconds: 2), sinks: [sink],
    stop: StopFlag())
  let summary = try monitor.run()
  #expect(summary.samplesReceived == 0)
  #expect(summary.samplesLost == 500)
  #expect(summary.completeness == 0)
  #expect(sink.started("deviceLost") != nil)
  // A program stands behind a pseudo-terminal: nobody's heart.
  #expect(sink.context?.isSimulated == true)
}

@Test("two Holter leads are monitored as two, never as twelve", .enabled(if: TestData.isPresent))
func holterRecord() throws {
  let sink = CollectingSink()
  let monitor = Monitor(
    source: RecordSource(
      try Recordings.open(TestData.path("mitdb/101")), speed: .maximum),
    model: .success(try model()), configuration: MonitorConfiguration(seconds: 30), sinks: [sink],
    stop: StopFlag())
  let summary = try monitor.run()
  #expect(summary.leads.names == ["II", "V1"])
  #expect(summary.leads.missing.count == 10)
  #expect(summary.heartRateBPM.map { abs($0 - 70) < 5 } == true)
  #expect(sink.context?.isSimulated == true)
  for event in sink.events {
    guard case .finding(let statement, let probability, let leads) = event.kind else { continue }
    let told = try #require(sink.context?.statements[Int(statement)])
    #expect(leads.count == 2)
    #expect((probability == nil) == (told.obstacle(leads: leads, ageYears: nil) != nil))
  }
}
