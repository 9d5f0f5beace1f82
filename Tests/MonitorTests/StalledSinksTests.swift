// Network, disk and screen that stand still: alarms are seen and heard all the same.

import Alarms
import Annunciator
import Devices
import Dispatch
import Foundation
import Inference
import Pipeline
import SimulatedDevices
import Synchronization
import TestSupport
import Testing

@testable import Monitor

/// Takes one event and then stands still, as a full disk, a dead network or a browser can, until it is let go.
private final class StallingSink: EventSink {
  let release = DispatchSemaphore(value: 0)
  private var stalls = true

  func begin(_ context: SessionContext) {}
  func take(_ event: PipelineEvent) {
    guard stalls else { return }
    stalls = false
    release.wait()
  }
  func tell(problem: String) {}
  func end(_ summary: Summary) {}
}

/// A lamp's line or a loudspeaker that says when it first shone or sounded.
private final class Seen: Sendable {
  let semaphore = DispatchSemaphore(value: 0)
  private let isSeen = Atomic<Bool>(false)

  func note() {
    if !isSeen.exchange(true, ordering: .acquiringAndReleasing) { semaphore.signal() }
  }
}

/// Notes when it was lit again after the greeting, in which every colour shines once.
private final class WatchedLamp: AlarmLamp {
  private let seen: Seen
  private var count = 0
  init(_ seen: Seen) { self.seen = seen }
  func set(isLit: Bool) throws(SourceError) {
    if isLit { count += 1 }
    if count == 2 { seen.note() }
  }
}

private final class DarkLamp: AlarmLamp {
  func set(isLit: Bool) throws(SourceError) {}
}

private final class WatchedCard: SoundStream {
  let underruns = 0
  let queuedSamples = 0
  let delaySamples = 0
  private let seen: Seen
  init(_ seen: Seen) { self.seen = seen }
  func write(_ samples: UnsafeBufferPointer<Int16>) throws(SourceError) {
    if samples.contains(where: { $0 != 0 }) { seen.note() }
  }
  func finish() {}
}

@Test(
  "while every sink stands still, the lamp shines and the loudspeaker sounds",
  .timeLimit(.minutes(40)))
func stalledSinks() throws {
  let light = Seen()
  let sound = Seen()
  let annunciator = Annunciator(
    loudspeaker: Loudspeaker(name: "watched", sampleRateHz: 8000) { () throws(SourceError) in
      WatchedCard(sound)
    },
    lights: AlarmLights(red: 1, yellow: 2, cyan: nil) { () throws(SourceError) in
      [WatchedLamp(light), DarkLamp()]
    }, buzzer: nil)
  annunciator.start()
  defer { annunciator.stop() }
  let sink = StallingSink()
  let monitor = Monitor(
    source: try SimulatedSource(
      signal: SimulatedPatient(script: PatientScript(parsing: "asystole?onset=8&seed=5")),
      speed: .times(8)),
    model: .success(try Model(folder: TestData.repository + "/models/ecgclip-r18")),
    configuration: MonitorConfiguration(seconds: 30), sinks: [sink], stop: StopFlag(),
    annunciation: annunciator.cell)
  nonisolated(unsafe) let handed = monitor
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    _ = try? handed.run()
    done.signal()
  }
  thread.start()
  // The test ends only if the alarm is heard although the sinks' thread waits in its first event.
  sound.semaphore.wait()
  light.semaphore.wait()
  #expect(annunciator.cell.current.light == .high)
  #expect(done.wait(timeout: .now()) == .timedOut, "the sinks stand still")
  sink.release.signal()
  done.wait()
}
