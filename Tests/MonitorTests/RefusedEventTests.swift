// Sinks that stand still for longer than events can wait: measurements find no place, alarms do, and what was lost is
// told.

import AlarmLog
import Alarms
import Devices
import Dispatch
import ECGSignal
import Inference
import Pipeline
import SimulatedDevices
import TestSupport
import Testing

@testable import Monitor

/// A simulated patient, and word of the end of its stream.
private final class EndingSource: SampleSource {
  let hasEnded = DispatchSemaphore(value: 0)
  private let source: SimulatedSource

  init(_ script: String) throws {
    source = try SimulatedSource(
      signal: SimulatedPatient(script: PatientScript(parsing: script)), speed: .times(8))
  }

  var waitsForConsumer: Bool { false }
  func open() throws(SourceError) -> SignalFormat { try source.open() }
  func read(into block: SampleBlock) -> ReadOutcome { source.read(into: block) }
  func close() {
    source.close()
    hasEnded.signal()
  }
}

/// Stands still in its first event until the stream is over.
private final class LateReader: EventSink {
  private let hasEnded: DispatchSemaphore
  private var hasWaited = false
  private(set) var events: [PipelineEvent] = []
  private(set) var problems: [String] = []

  init(_ hasEnded: DispatchSemaphore) { self.hasEnded = hasEnded }

  func begin(_ context: SessionContext) {}
  func take(_ event: PipelineEvent) {
    if !hasWaited { hasEnded.wait() }
    hasWaited = true
    events.append(event)
  }
  func tell(problem: String) { problems.append(problem) }
  func end(_ summary: Summary) {}

  func started(_ alarm: BuiltInAlarm) -> Bool {
    events.contains {
      if case .alarm(let change) = $0.kind {
        change.alarm == alarm.rawValue && change.phase == .start
      } else {
        false
      }
    }
  }
}

/// Half a minute of a heart that stops after 8 s, read when it is over.
private func readLate(eventCapacity: Int, log: String? = nil) throws -> LateReader {
  let source = try EndingSource("asystole?onset=8&seed=5")
  let reader = LateReader(source.hasEnded)
  var sinks: [any EventSink] = [reader]
  if let log { sinks.append(AlarmLogSink(AlarmLogWriter(path: log), finishSeconds: 600)) }
  let monitor = Monitor(
    source: source, model: .failure(ModelError("none")),
    configuration: MonitorConfiguration(seconds: 30), sinks: sinks, stop: StopFlag())
  monitor.eventCapacity = eventCapacity
  _ = try monitor.run()
  return reader
}

@Test(
  "events that find no place are told, and no alarm is among them", .timeLimit(.minutes(40)))
func alarmsFindPlace() throws {
  let reader = try readLate(eventCapacity: 64)
  #expect(reader.started(.modelRefused) && reader.started(.asystole))
  // The pipeline may still be at work when the reader goes on: more than one sentence.
  let told = reader.problems.filter { $0.contains("neither shown nor sent") }
  #expect(!told.isEmpty && told.allSatisfy { $0.contains("No alarm was among them") })
}

@Test(
  "alarms that find no place either are told, and the log says that it has a gap",
  .timeLimit(.minutes(40)))
func lostAlarmsAreTold() throws {
  let folder = try TemporaryFolder()
  let log = folder.path + "/alarms.sqlite"
  // Room for two events, and none for alarms alone.
  let reader = try readLate(eventCapacity: 2, log: log)
  let told = reader.problems.filter { $0.contains("neither shown nor sent") }
  #expect(told.contains { $0.contains("were of alarms") }, "\(told)")
  let entries = try AlarmLogReader(path: log).entries(AlarmLogFilter())
  let gaps = entries.filter { $0.phase == LogPhase.entriesLost }
  #expect(!gaps.isEmpty && gaps.allSatisfy { $0.message.contains("stood still") })
}
