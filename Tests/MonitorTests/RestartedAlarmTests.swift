// When an alarm began is the same before and after a restart: in the log, on the link, on the screen.

import AlarmLog
import AlertLink
import Alarms
import CLinux
import Devices
import DurableFiles
import ECGSignal
import LinuxDevices
import SignalProcessing
import Synchronization
import TestSupport
import Testing

@testable import Monitor
@testable import Pipeline

@Suite struct RestartedAlarmTests {
  /// What survives: the outbox, the log's entries, the file of alarms.
  private final class Kept: Sendable {
    /// One life's link after the other has it.
    nonisolated(unsafe) let store = ForgetfulStore()
    let log = Mutex<[AlarmLogEntry]>([])
    let state = Mutex<[UInt8]>([])
  }

  private func context(_ restored: AlarmSnapshot?) -> SessionContext {
    let format = SignalFormat(
      sampleRate: 500, channels: [Channel(name: "II", lead: .II, microvoltsPerCode: 1)],
      provenance: .replay, sourceName: "101")
    let layout = RowLayout(format)
    var context = SessionContext(
      format: format, layout: layout, leads: layout.leads, modelName: nil, modelSHA256: nil,
      statements: [], filters: .monitoring, alarms: BuiltInAlarm.allCases.map(\.definition),
      profile: PatientProfile())
    context.restored = restored
    return context
  }

  private func event(
    _ alarm: BuiltInAlarm, _ phase: AlarmPhase, _ cause: AlarmCause = .condition
  ) -> PipelineEvent {
    PipelineEvent(
      kind: .alarm(
        AlarmTransition(
          alarm: alarm.rawValue, phase: phase, priority: alarm.definition.priority, cause: cause)),
      index: 0, seconds: 1, sampleRate: 500, arrivalNanoseconds: clinux_monotonic_nanoseconds())
  }

  /// One life: its sinks take the events, and it ends.
  private func live(
    _ kept: Kept, _ key: LinkKey, _ station: Station, _ context: SessionContext,
    _ events: [PipelineEvent]
  ) throws {
    let peer = DatagramPeer(
      addressHigh: 0, addressLow: 0xFFFF_7F00_0001, scope: 0, port: station.transport.port)
    let link = try CentralLinkSink(desk: AlarmDesk()) { _ in
      CentralLinkConfiguration(
        key: key, makeTransport: { UDPTransport() }, findStation: { peer },
        openOutbox: { kept.store })
    }
    let writer = AlarmLogWriter(retrySeconds: 0.01) {
      (entries) throws(AlarmLogError) -> String? in
      kept.log.withLock { $0 += entries }
      return nil
    }
    let file = KeptFile { (bytes) throws(DurableFileError) in kept.state.withLock { $0 = bytes } }
    let sinks: [any EventSink] = [
      link, AlarmLogSink(writer, finishSeconds: 60), AlarmStateSink(patientID: nil, file: file),
    ]
    for sink in sinks { try sink.begin(context) }
    for event in events {
      for sink in sinks { sink.take(event) }
      for sink in sinks { sink.refresh() }
    }
    #expect(station.turn { link.progress.waitUntilConfirmed(withinSeconds: 0) })
    let summary = SummaryCollector().summary(
      context: context, latency: LatencyHistogram(), cpuSeconds: 0, wallSeconds: 0,
      residentBytes: 0, endReason: nil)
    for sink in sinks { sink.end(summary) }
  }

  @Test("the onset of an alarm survives the restart in log, link and file, and so does its name")
  func sameOnset() throws {
    let key = try #require(
      LinkKey(id: 7, device: "bed-7", firstEpoch: 1, secret: [UInt8](repeating: 5, count: 32)))
    let station = try Station(key)
    let kept = Kept()
    try live(
      kept, key, station, context(nil), [event(.asystole, .start), event(.leadOff, .start)])
    let snapshot = try AlarmSnapshot(parsing: kept.state.withLock { $0 }, name: "state")
    #expect(snapshot.unacknowledged == ["asystole"])
    try live(
      kept, key, station, context(snapshot),
      [
        event(.asystole, .latched, .restart), event(.asystole, .acknowledged, .operated),
        event(.asystole, .end, .operated),
      ])
    let told = station.messages.filter { $0.condition == "asystole" }
    try #require(told.map(\.phase) == [.start, .update, .acknowledged, .end])
    #expect(told.allSatisfy { $0.onset == told[0].time && $0.alarm == told[0].position })
    #expect(told.allSatisfy { $0.onsetEpoch == told[0].position.epoch })
    let off = station.messages.filter { $0.condition == "leadOff" }
    #expect(off.map(\.phase) == [.start, .end] && off[1].alarm == off[0].position)
    let entries = kept.log.withLock { $0 }.filter { $0.condition == "asystole" }
    #expect(entries.map(\.phase) == ["start", "latched", "acknowledged", "end"])
    for entry in entries {
      #expect(entry.onsetWallMilliseconds == entries[0].wallMilliseconds)
      #expect(entry.onsetMonotonicNanoseconds == entries[0].monotonicNanoseconds)
    }
  }

  @Test("the screen counts on: by the monotonic clock, after a power cut by the wall clocks")
  func screen() throws {
    let latched = event(.asystole, .latched, .restart)
    let now = AlarmClock().time(latched.arrivalNanoseconds)
    var sameBoot = now
    sameBoot.monotonicNanoseconds -= 90_000_000_000
    sameBoot.wallMilliseconds += 3_600_000
    var otherBoot = now
    otherBoot.boot = "other"
    otherBoot.monotonicNanoseconds = 5
    otherBoot.wallMilliseconds -= 60_000
    for (onset, seconds, isExact) in [(sameBoot, 90.0, true), (otherBoot, 60, false)] {
      let snapshot = AlarmSnapshot(unacknowledged: ["asystole"], onsets: ["asystole": onset])
      let read = try AlarmSnapshot(parsing: snapshot.text.utf8, name: "state")
      #expect(read == snapshot)
      let context = context(read)
      guard case .alarm(let transition) = latched.kind else { return }
      let place = context.seconds(transition, latched)
      // Two readings of the wall clock differ by the time between them.
      #expect(abs(latched.seconds - place - seconds) <= (isExact ? 1e-6 : 5))
    }
  }
}
