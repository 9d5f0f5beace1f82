// Devices that go away while they are monitored and come back: how long it is from a device that is there to samples.

import Alarms
import CLinux
import Devices
import ECGSignal
import Inference
import LinuxDevices
import Pipeline
import SimulatedDevices
import TestSupport
import Testing

@testable import Monitor

/// A device that a test takes away and brings back.
protocol ReturningDevice: AnyObject {
  /// Its source, not yet open.
  func source() throws -> any SampleSource
  func takeAway()
  func bringBack() throws
}

/// Takes a device away once it streams and brings it back once that was noticed, driven by what the monitor says.
private final class Replugging: EventSink {
  private let device: any ReturningDevice
  private let stop: StopFlag
  private(set) var phase = 0
  private var backNanoseconds: UInt64 = 0
  private(set) var secondsUntilStreaming = Double.infinity

  init(_ device: any ReturningDevice, stop: StopFlag) {
    self.device = device
    self.stop = stop
  }

  func take(_ event: PipelineEvent) {
    switch (phase, event.kind) {
    case (0, .tally(let tally)) where tally.samplesReceived > 300:
      phase = 1
      device.takeAway()
    case (1, .alarm(let transition)) where transition.alarm == BuiltInAlarm.deviceLost.rawValue:
      // Seconds have passed: the pauses between attempts to open it are as long as they become.
      phase = 2
      backNanoseconds = clinux_monotonic_nanoseconds()
      try? device.bringBack()
    case (2, .gap(let samples, .deviceLost)) where samples > 0:
      phase = 3
      secondsUntilStreaming = Double(event.arrivalNanoseconds &- backNanoseconds) / 1e9
      stop.set()
    default: break
    }
  }

  func begin(_ context: SessionContext) {}
  func tell(problem: String) {}
  func end(_ summary: Summary) {}
}

/// Monitors a device that goes away and comes back once.
private func expectReturn(of device: any ReturningDevice) throws {
  let stop = StopFlag()
  let sink = Replugging(device, stop: stop)
  let monitor = Monitor(
    source: try device.source(),
    model: .success(try Model(folder: TestData.repository + "/models/ecgclip-r18")),
    configuration: MonitorConfiguration(seconds: 60), sinks: [sink], stop: stop)
  let summary = try monitor.run()
  device.takeAway()
  #expect(sink.phase == 3)
  #expect(summary.reconnects == 1)
  #expect(summary.samplesLost > 0)
  // The requirement, not a measurement: a monitor that takes longer leaves the patient unwatched.
  #expect(sink.secondsUntilStreaming <= 2)
}

@Suite(.serialized) struct ReplugTests {
  @Test("a bridge that comes back under another name streams again within two seconds")
  func bridge() throws {
    try expectReturn(of: try PluggedBoard(.bridge))
  }

  @Test("so does one whose chip is brought up again by its profile, every register read back")
  func bridgeWithChip() throws {
    try expectReturn(of: try PluggedBoard(.bridgeWithChip))
  }

  @Test("so does a Cyton, which is reset, put to its defaults and started")
  func cyton() throws { try expectReturn(of: try PluggedBoard(.cyton)) }

  @Test("so does a Cyton that lost its battery while its dongle stayed")
  func battery() throws { try expectReturn(of: try SwitchedCyton()) }

  @Test(
    "so does a chip on SPI that had no power, brought up again, every register read back",
    arguments: ["ads1298-pi", "pieeg"])
  func spi(profile: String) throws { try expectReturn(of: try SPIChip(profile)) }
}
