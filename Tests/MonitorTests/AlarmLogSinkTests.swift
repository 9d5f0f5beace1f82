// Events as the log tells them.

import Alarms
import ECGSignal

import SignalProcessing
import TestSupport
import Testing

@testable import AlarmLog
@testable import Monitor
@testable import Pipeline

@Suite struct AlarmLogSinkTests {
  private func context() -> SessionContext {
    let format = SignalFormat(
      sampleRate: 500,
      channels: [
        Channel(name: "I", lead: .I, microvoltsPerCode: 1),
        Channel(name: "II", lead: .II, microvoltsPerCode: 1),
      ], provenance: .replay, sourceName: "101")
    let layout = RowLayout(format)
    var context = SessionContext(
      format: format, layout: layout, leads: layout.leads, modelName: "m", modelSHA256: "0",
      statements: [], filters: .monitoring, alarms: BuiltInAlarm.allCases.map(\.definition),
      profile: PatientProfile())
    context.recordName = "20261123T134500Z"
    return context
  }

  private func summary(_ context: SessionContext) -> Summary {
    SummaryCollector().summary(
      context: context, latency: LatencyHistogram(), cpuSeconds: 0, wallSeconds: 0,
      residentBytes: 0, endReason: nil)
  }

  /// The log of a session with these events, each a second after the one before.
  private func logged(_ kinds: [PipelineEvent.Kind]) throws -> [AlarmLogEntry] {
    let folder = try TemporaryFolder()
    let path = folder.path + "/alarms.sqlite"
    let sink = AlarmLogSink(AlarmLogWriter(path: path), finishSeconds: 600)
    let context = context()
    sink.begin(context)
    for (number, kind) in kinds.enumerated() {
      sink.take(
        PipelineEvent(
          kind: kind, index: Int64(number) * 500, seconds: Double(number), sampleRate: 500,
          arrivalNanoseconds: UInt64(number + 1) * 1_000_000_000))
    }
    sink.end(summary(context))
    #expect(
      sink.unwrittenCount == 0 && sink.technicalConditions.isEmpty && sink.takeProblems().isEmpty)
    return try AlarmLogReader(path: path).entries(AlarmLogFilter())
  }

  private func transition(
    _ alarm: BuiltInAlarm, _ phase: AlarmPhase, _ measure: AlarmMeasure = .none
  ) -> PipelineEvent.Kind {
    .alarm(
      AlarmTransition(
        alarm: alarm.rawValue, phase: phase, priority: alarm.definition.priority, measure: measure))
  }

  @Test("what made an alarm stands in its entry, the limits beside it; what is unknown is left out")
  func measures() throws {
    let entries = try logged([
      .heartRate(beatsPerMinute: 61),
      transition(.bradycardia, .start, .heartRate(beatsPerMinute: 48.46)),
      transition(.stShift, .start, .stDeviation(microvolts: -262.4, row: 1)),
      transition(.pause, .start, .interval(seconds: 2.6124)),
      transition(.ventricularRun, .start, .run(beats: 4)),
      .heartRate(beatsPerMinute: nil),
      transition(.asystole, .start, .silence(seconds: 4.04)),
      transition(.asystole, .end),
    ]).filter { $0.kind == .alarm }
    #expect(
      entries.map(\.measured) == [
        ["heartRateBPM": 48.5], ["heartRateBPM": 61, "stDeviationIIMicrovolts": -262],
        ["heartRateBPM": 61, "intervalSeconds": 2.612], ["heartRateBPM": 61, "runBeats": 4],
        ["secondsWithoutBeat": 4.04], [:],
      ])
    #expect(
      entries.map(\.limits) == [
        ["bradycardiaBPM": 50], ["stShiftMicrovolts": 200], ["pauseSeconds": 2],
        ["ventricularRunBeats": 3], ["asystoleSeconds": 4], ["asystoleSeconds": 4],
      ])
  }

  @Test("every transition has its values, limits, leads, onset, session and record")
  func transitions() throws {
    let entries = try logged([
      .heartRate(beatsPerMinute: 31),
      .quality(index: 80, unusableRows: 0b10, electrodesOff: 0, grades: RowGrades()),
      transition(.extremeBradycardia, .start),
      transition(.leadOff, .start),
      .heartRate(beatsPerMinute: nil),
      transition(.extremeBradycardia, .end),
    ])
    #expect(
      entries.map { "\($0.kind.rawValue) \($0.phase) \($0.condition ?? "-")" } == [
        "system start -", "alarm start extremeBradycardia", "alarm start leadOff",
        "alarm end extremeBradycardia", "system stop -",
      ])
    let start = entries[1]
    #expect(start.message == "Extreme bradycardia" && start.priority == "high")
    #expect(start.measured == ["heartRateBPM": 31, "quality": 80])
    #expect(start.limits == ["extremeBradycardiaBPM": 35])
    #expect(start.leads == ["I", "III", "aVR", "aVL", "aVF"])
    #expect(start.signalSeconds == 2 && start.monotonicNanoseconds == 3_000_000_000)
    #expect(start.onsetMonotonicNanoseconds == 3_000_000_000)
    #expect(!start.isTechnical && entries[2].isTechnical && entries[2].limits.isEmpty)
    #expect(entries[3].measured == ["quality": 80], "an unknown rate is left out, not 0")
    #expect(entries[3].onsetMonotonicNanoseconds == 3_000_000_000)
    #expect(entries.allSatisfy { $0.provenance == "replay" && $0.isSimulated })
    #expect(entries.allSatisfy { $0.record == "20261123T134500Z" })
    #expect(Set(entries.map(\.session)).count == 1)
    #expect(entries.map(\.serial) == [1, 2, 3, 4, 5])
    #expect(entries[0].limits["asystoleSeconds"] == 4)
  }

  @Test("every transition of every alarm is logged; what a person did is the person's")
  func phases() throws {
    var all: [PipelineEvent.Kind] = []
    for alarm in BuiltInAlarm.allCases {
      // Every cause of one alarm, one cause of every other.
      let causes = alarm == .asystole ? AlarmCause.allCases : [.operated]
      for phase in AlarmPhase.allCases {
        for cause in causes {
          let transition = AlarmTransition(
            alarm: alarm.rawValue, phase: phase, priority: alarm.definition.priority, cause: cause)
          all.append(.alarm(transition))
        }
      }
    }
    let entries = try logged(all).filter { $0.kind != .system }
    #expect(entries.count == all.count)
    let persons = ["acknowledged", "accepted", "off", "on"]
    for entry in entries {
      let actor = ["operator": "localKey", "central": "remote"][entry.cause ?? ""]
      #expect(entry.actor == (persons.contains(entry.phase) ? actor : nil))
      #expect((entry.kind == .operation) == (entry.actor != nil))
    }
  }

  @Test("audio pause and standby are logged as they begin and end, and who or what ended them")
  func inactivation() throws {
    func state(
      _ left: Int32?, _ isStandby: Bool = false, _ cause: AlarmInactivationCause = .operated
    ) -> PipelineEvent.Kind {
      .inactivation(
        AlarmInactivation(audioPauseSecondsLeft: left, isStandby: isStandby, cause: cause))
    }
    let entries = try logged([
      state(nil, false, .start), state(3), state(2, false, .countdown), state(120),
      state(119, false, .countdown), state(60), state(60, false, .countdown),
      state(nil, false, .newAlarm), state(1),
      state(nil, false, .countdown), state(nil, true), state(nil, false, .ecgIsBack),
    ]).dropFirst().dropLast()
    #expect(
      entries.map { "\($0.kind.rawValue) \($0.phase) \($0.cause ?? "") \($0.actor ?? "-")" } == [
        "operator audioPaused operator localKey", "operator audioPaused operator localKey",
        "operator audioPaused operator localKey", "system audioResumed newAlarm -",
        "operator audioPaused operator localKey",
        "system audioResumed countdown -", "operator standby operator localKey",
        "system standbyEnded ecgIsBack -",
      ])
  }

  @Test("two sessions in the same second have two names")
  func sessions() throws {
    let names = try (0..<3).map { _ in try #require(try logged([]).first).session }
    #expect(Set(names).count == 3)
  }
}
