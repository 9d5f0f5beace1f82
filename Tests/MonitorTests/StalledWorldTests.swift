// Network, disk and output stand still, all at once: an alarm is decided at the same sample and heard as soon as
// without. ECGCLIP_STALLED_ONSETS=N measures N alarms each way.

import AlertLink
import Alarms
import Annunciator
import CLinux
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

/// When a high alarm's first sample is in the air.
private final class Ear: Sendable {
  private struct State {
    var cell: AnnunciationCell?
    var nanoseconds: UInt64?
  }
  private let state = Mutex(State())
  var nanoseconds: UInt64? { state.withLock(\.nanoseconds) }

  /// Hears what is sounded because of this cell.
  func listen(to cell: AnnunciationCell) { state.withLock { $0.cell = cell } }

  func hear(_ now: UInt64) {
    state.withLock { state in
      guard state.nanoseconds == nil, state.cell?.current.sound == .high else { return }
      state.nanoseconds = now
    }
  }
}

/// The simulated card with an ear.
private final class HeardCard: SoundStream {
  private let card = SimulatedSoundCard()
  private let ear: Ear
  init(_ ear: Ear) { self.ear = ear }

  var underruns: Int { card.underruns }
  var queuedSamples: Int { card.queuedSamples }
  var delaySamples: Int { card.delaySamples }
  func finish() {}

  func write(_ samples: UnsafeBufferPointer<Int16>) throws(SourceError) {
    try card.write(samples)
    guard let first = samples.firstIndex(where: { $0 != 0 }) else { return }
    let ahead = Double(card.delaySamples - (samples.count - first)) / 48_000
    ear.hear(clinux_monotonic_nanoseconds() &+ UInt64(max(0, ahead) * 1e9))
  }
}

/// Notes the first high alarm.
private final class Witness: EventSink {
  private(set) var decision: (seconds: Double, nanoseconds: UInt64)?

  func begin(_ context: SessionContext) {}
  func take(_ event: PipelineEvent) {
    guard case .alarm(let transition) = event.kind, transition.phase == .start,
      transition.priority == .high, decision == nil
    else { return }
    decision = (event.seconds, event.arrivalNanoseconds)
  }
  func tell(problem: String) {}
  func end(_ summary: Summary) {}
}

@Suite(.enabled(if: Python.readsWFDB, "no Python to lock a database"))
struct StalledWorldTests {
  private let model: Model
  private let key: LinkKey

  init() throws {
    model = try Model(folder: TestData.repository + "/models/ecgclip-r18")
    key = try #require(
      LinkKey(id: 7, device: "bed-7", firstEpoch: 1, secret: [UInt8](repeating: 5, count: 32)))
  }

  /// A simulated patient's asystole: when it was decided in the signal, and how long after its block had come its
  /// sound was in the air.
  private func asystole(seed: Int, _ world: StalledWorld?) throws -> (Double, milliseconds: Double)
  {
    let ear = Ear()
    let annunciator = Annunciator(
      loudspeaker: Loudspeaker(name: "heard", sampleRateHz: 48_000) { () throws(SourceError) in
        HeardCard(ear)
      }, lights: nil, buzzer: nil)
    ear.listen(to: annunciator.cell)
    annunciator.start()
    defer { annunciator.stop() }
    let witness = Witness()
    let stop = StopFlag()
    let monitor = Monitor(
      source: try SimulatedSource(
        signal: SimulatedPatient(script: PatientScript(parsing: "asystole?onset=8&seed=\(seed)")),
        speed: .times(8)),
      model: .success(model), configuration: MonitorConfiguration(seconds: 600),
      sinks: try (world?.sinks(key) ?? []) + [witness], stop: stop, annunciation: annunciator.cell)
    // It ends when it was heard: a thread that nobody else needs waits for that.
    let disk = world?.disk
    let watcher = Thread {
      while ear.nanoseconds == nil { clinux_sleep_nanoseconds(2_000_000) }
      disk?.signal()
      stop.set()
    }
    watcher.start()
    _ = try monitor.run()
    let heard = try #require(ear.nanoseconds)
    let decision = try #require(witness.decision)
    return (decision.seconds, Double(heard - min(heard, decision.nanoseconds)) / 1e6)
  }

  @Test("with network, disk and output stalled an alarm is decided at the same sample, and heard")
  func stalled() throws {
    let asked = ProcessInfo.processInfo.environment["ECGCLIP_STALLED_ONSETS"].flatMap { Int($0) }
    var free: [Double] = []
    var stalled: [Double] = []
    for seed in 1...(asked ?? 1) {
      let (freeSeconds, freeMilliseconds) = try asystole(seed: seed, nil)
      let world = try StalledWorld()
      let (stalledSeconds, stalledMilliseconds) = try asystole(seed: seed, world)
      #expect(world.isStill)
      #expect(stalledSeconds == freeSeconds)
      free.append(freeMilliseconds)
      stalled.append(stalledMilliseconds)
    }
    if asked != nil {
      let text =
        "\(free.count) alarms, decision to sound: free \(Self.summary(free)), stalled \(Self.summary(stalled))\n"
      FileHandle.standardError.write(Data(text.utf8))
    }
  }

  private static func summary(_ milliseconds: [Double]) -> String {
    let sorted = milliseconds.sorted()
    func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
    return
      "p50 \(rounded(sorted[sorted.count / 2])) ms, max \(rounded(sorted[sorted.count - 1])) ms"
  }
}
