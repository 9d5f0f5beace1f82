// Alarms on their whole way to a lamp that the test holds.

import CLinux
import Devices
import Foundation
import Inference
import SimulatedDevices
import TestSupport
import Testing

@testable import Monitor

/// A line that changes so long after it is told to, or never.
private final class SlowLamp: TimedLamp {
  private(set) var changedAt: UInt64?
  private let delayNanoseconds: UInt64
  private let isBroken: Bool

  init(milliseconds: UInt64, isBroken: Bool = false) {
    delayNanoseconds = milliseconds * 1_000_000
    self.isBroken = isBroken
  }

  func set(isLit: Bool) throws(SourceError) {
    if isBroken { throw SourceError("Line 17 cannot be driven: check the board's wiring.") }
    clinux_sleep_nanoseconds(isLit ? delayNanoseconds : 0)
    changedAt = clinux_monotonic_nanoseconds()
  }
}

@Suite(.serialized) struct AlarmPathTests {
  private func run(
    _ script: String = "nsr", seconds: Double = 40,
    lamp: @escaping @Sendable () -> SlowLamp
  ) throws -> [TimedAlarm] {
    try AlarmPath.run(
      source: SimulatedSource(
        signal: SimulatedPatient(script: try PatientScript(parsing: script)), speed: .times(8)),
      model: Model(folder: TestData.repository + "/models/ecgclip-r18"), seconds: seconds,
      // At eight times the pace the lamp still greets for 1.5 s.
      firstSeconds: 20, stop: StopFlag(), lamp: { () throws(SourceError) in lamp() })
  }

  @Test(
    "every alarm's own delay is a second of signal, and a lamp that is 40 ms slow shows in its way")
  func times() throws {
    let alarms = try run { SlowLamp(milliseconds: 40) }
    // The electrode is off from 20, 25, 30 and 35 s on.
    #expect(alarms.count == 4)
    for alarm in alarms {
      #expect(abs(alarm.detectionSeconds - 1) < 0.1, "\(alarm)")
      #expect(try #require(alarm.lampNanoseconds) >= 40_000_000)
    }
  }

  @Test(
    "a lamp that another alarm has lit already tells nothing, and one that cannot be driven is told"
  )
  func failures() throws {
    // An asystole alarms, in red, from some seconds on.
    let alarms = try run("asystole?onset=16", seconds: 40) { SlowLamp(milliseconds: 0) }
    #expect(alarms.contains { $0.lampNanoseconds == nil })
    let error = #expect(throws: SourceError.self) {
      try run(seconds: 5) { SlowLamp(milliseconds: 0, isBroken: true) }
    }
    #expect(error?.description.contains("cannot be driven") == true)
  }
}
