// Every condition of the device reaches the alarm system from whoever finds it.

import Alarms
import Annunciator
import CLinux
import Devices
import ECGSignal
import Inference
import Pipeline
import RealTime
import SimulatedDevices
import Testing

@testable import Monitor

/// A sink in every kind of trouble, until each has alarmed.
private final class TroubledSink: EventSink {
  var context: SessionContext?
  var started: [BuiltInAlarm: AlarmPriority] = [:]
  var ended: Set<BuiltInAlarm> = []
  /// The lesser form of a full storage is silent beside it.
  let all = Set(BuiltInAlarm.allCases.filter(\.isOfDevice)).subtracting([.storageNearlyFull])

  var technicalConditions: Set<BuiltInAlarm> { started.count < all.count ? all : [] }

  func begin(_ context: SessionContext) { self.context = context }
  func tell(problem: String) {}
  func end(_ summary: Summary) {}

  func take(_ event: PipelineEvent) {
    guard case .alarm(let change) = event.kind, let alarm = BuiltInAlarm(rawValue: change.alarm),
      alarm.isOfDevice
    else { return }
    if change.phase == .start { started[alarm] = change.priority }
    if change.phase == .end { ended.insert(alarm) }
  }
}

/// Ends a session when somebody has seen enough.
private final class Stopper: EventSink {
  let isEnough: () -> Bool
  let stop: StopFlag
  init(_ stop: StopFlag, _ isEnough: @escaping () -> Bool) {
    (self.stop, self.isEnough) = (stop, isEnough)
  }
  func begin(_ context: SessionContext) {}
  func take(_ event: PipelineEvent) { if isEnough() { stop.set() } }
  func tell(problem: String) {}
  func end(_ summary: Summary) {}
}

@Test("every technical condition of the device starts its alarm with its priority, and ends it")
func deviceAlarms() throws {
  let sink = TroubledSink()
  let stop = StopFlag()
  let monitor = Monitor(
    source: try SimulatedSource(
      signal: SimulatedPatient(script: try PatientScript(parsing: "nsr")), speed: .maximum),
    model: .failure(ModelError("none")), configuration: MonitorConfiguration(seconds: 100_000),
    sinks: [
      sink, Stopper(stop) { sink.ended.isSuperset(of: sink.all.subtracting([.modelRefused])) },
    ],
    stop: stop)
  _ = try monitor.run()
  for alarm in sink.all {
    #expect(sink.started[alarm] == alarm.definition.priority, "\(alarm)")
  }
}

@Test("a calibration that is not valid alarms, and a lamp or buzzer that cannot be driven")
func calibrationAndLamp() throws {
  let sink = TroubledSink()
  let stop = StopFlag()
  @Sendable func broken() throws(SourceError) -> any AlarmLamp {
    throw SourceError("No line: wire it.")
  }
  let annunciator = Annunciator(
    loudspeaker: nil,
    lights: AlarmLights(red: 1, yellow: 2, cyan: nil) { () throws(SourceError) in [try broken()] },
    buzzer: AlarmBuzzer { () throws(SourceError) in try broken() })
  final class Quiet: EventSink {
    let other: TroubledSink
    init(_ other: TroubledSink) { self.other = other }
    func begin(_ context: SessionContext) throws { other.begin(context) }
    func take(_ event: PipelineEvent) { other.take(event) }
    func tell(problem: String) {}
    func end(_ summary: Summary) {}
  }
  let expected: Set<BuiltInAlarm> = [
    .calibrationExpired, .lampFailing, .soundFailing, .modelRefused,
  ]
  let monitor = Monitor(
    source: try SimulatedSource(
      signal: SimulatedPatient(script: try PatientScript(parsing: "nsr")), speed: .maximum),
    model: .failure(ModelError("none")), configuration: MonitorConfiguration(seconds: 100_000),
    sinks: [
      Quiet(sink), AnnunciatorSink(annunciator, life: .init()),
      Stopper(stop) { expected.isSubset(of: sink.started.keys) },
    ], stop: stop,
    calibrate: { CalibratedFormat(format: $0, warnings: ["It is a year old: calibrate again."]) })
  _ = try monitor.run()
  #expect(expected.isSubset(of: sink.started.keys))
}

/// Alarms that start.
private final class StartedAlarms: EventSink {
  private(set) var alarms: Set<BuiltInAlarm> = []
  private(set) var problems: [String] = []
  func begin(_ context: SessionContext) {}
  func take(_ event: PipelineEvent) {
    guard case .alarm(let change) = event.kind, change.phase == .start,
      let alarm = BuiltInAlarm(rawValue: change.alarm)
    else { return }
    alarms.insert(alarm)
  }
  func tell(problem: String) { problems.append(problem) }
  func end(_ summary: Summary) {}
}

@Test("what is not known of the inputs is told and in the summary, and no fault of the calibration")
func unknownInputs() throws {
  let sink = StartedAlarms()
  let monitor = Monitor(
    source: try SimulatedSource(
      signal: SimulatedPatient(script: try PatientScript(parsing: "nsr")), speed: .maximum),
    model: .failure(ModelError("none")), configuration: MonitorConfiguration(seconds: 20),
    sinks: [sink], stop: StopFlag(),
    calibrate: { CalibratedFormat(format: $0, warnings: [], notices: ["Nobody knows."]) })
  #expect(try monitor.run().warnings == ["Nobody knows."])
  #expect(sink.problems.filter { $0 == "Nobody knows." }.count == 1)
  #expect(sink.alarms.contains(.modelRefused))
  #expect(!sink.alarms.contains(.calibrationExpired))
}
