// A board that is unplugged while it is monitored and comes back as another device file.

import Alarms
import CLinux
import ECGSignal
import Foundation
import FrontEnds
import Inference
import LinuxDevices
import Pipeline
import SimulatedDevices
import TestSupport
import Testing

@testable import Monitor

/// Plugs a board out and in, driven by what the monitor says.
private final class Replugging: EventSink {
  private let folder: String
  private let script: PatientScript
  private let stop: StopFlag
  private var frontEnd: EmulatedFrontEnd?
  private(set) var phase = 0
  private var pluggedNanoseconds: UInt64 = 0
  private(set) var secondsUntilStreaming = Double.infinity

  init(folder: String, stop: StopFlag) throws {
    self.folder = folder
    self.stop = stop
    script = try PatientScript(parsing: "nsr")
    try plug(as: "ttyUSB0")
  }

  private func plug(as name: String) throws {
    let terminal = try PseudoTerminal(link: "\(folder)/dev/\(name)")
    let link = "\(folder)/dev/serial/by-id/usb-board"
    try? FileManager.default.removeItem(atPath: link)
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: "../../\(name)")
    let started = EmulatedFrontEnd(
      signal: SimulatedPatient(script: script), wireFormat: .bridge, terminal: terminal)
    started.start()
    frontEnd = started
  }

  func take(_ event: PipelineEvent) {
    switch (phase, event.kind) {
    case (0, .tally(let tally)) where tally.samplesReceived > 300:
      phase = 1
      // The terminal and its names go with the front-end.
      frontEnd?.stop()
      frontEnd = nil
    case (1, .alarm(let transition)) where transition.alarm == BuiltInAlarm.deviceLost.rawValue:
      phase = 2
      pluggedNanoseconds = clinux_monotonic_nanoseconds()
      try? plug(as: "ttyUSB1")
    case (2, .gap(let samples, .deviceLost)) where samples > 0:
      phase = 3
      secondsUntilStreaming = Double(event.arrivalNanoseconds &- pluggedNanoseconds) / 1e9
      stop.set()
    default: break
    }
  }

  func begin(_ context: SessionContext) {}
  func tell(problem: String) {}
  func end(_ summary: Summary) { frontEnd?.stop() }
}

@Test("a board that comes back under another name streams again within two seconds")
func comesBackUnderAnotherName() throws {
  let folder = try TemporaryFolder()
  try folder.makeFolder(of: "dev/serial/by-id/x")
  let stop = StopFlag()
  let sink = try Replugging(folder: folder.path, stop: stop)
  let monitor = Monitor(
    source: FramedSource(
      channel: SerialChannel(
        path: folder.path + "/dev/ttyUSB0", baud: 115_200,
        devices: SerialDevices(
          devices: folder.path + "/dev", system: folder.path + "/sys")),
      decoder: BridgeDecoder()),
    model: .success(try Model(folder: TestData.repository + "/models/ecgclip-r18")),
    configuration: MonitorConfiguration(seconds: 60), sinks: [sink], stop: stop)
  let summary = try monitor.run()
  #expect(sink.phase == 3)
  #expect(summary.reconnects == 1)
  #expect(summary.samplesLost > 0)
  // The requirement, not a measurement: a monitor that takes longer leaves the patient unwatched.
  #expect(sink.secondsUntilStreaming <= 2)
}
