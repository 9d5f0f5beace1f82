// The monitor's events as entries of the alarm log. Never waits for the disk: the writer has a thread of its own.

import AlarmLog
import Alarms
import CLinux
import ECGSignal
import Foundation
import Pipeline
import SignalProcessing

/// Logs alarms, what people did about them, and what happened to the monitor.
public final class AlarmLogSink: EventSink {
  private let writer: AlarmLogWriter
  private let finishSeconds: Double
  private var session = ""
  private var context: SessionContext?
  /// When each alarm that holds began.
  private var onsets: [Int: AlarmTime] = [:]
  private var measured: [String: Double] = [:]
  private var unusableRows: UInt32 = 0
  private var inactivation = AlarmInactivation()
  /// Entries that were not written when the session ended.
  public private(set) var unwrittenCount = 0

  /// - Parameter finishSeconds: how long the end of the session waits for a slow disk.
  public init(
    _ writer: AlarmLogWriter, finishSeconds: Double = AlarmLogWriter.finishSeconds
  ) {
    self.writer = writer
    self.finishSeconds = finishSeconds
  }

  public func begin(_ context: SessionContext) {
    self.context = context
    session = Self.sessionName()
    var entry = entry(
      .system, LogPhase.start, "Monitoring \(context.format.sourceName)", Self.now())
    entry.leads = context.leads.names
    entry.limits = Self.values(of: AlarmLimit.allCases, context)
    writer.add(entry)
  }

  public func take(_ event: PipelineEvent) {
    switch event.kind {
    case .alarm(let transition): take(transition, event)
    case .inactivation(let now): take(now, event)
    case .heartRate(let rate): measured["heartRateBPM"] = rate.map(Double.init)
    case .quality(let index, let unusable, _, _):
      measured["quality"] = Double(index)
      unusableRows = unusable
    default: break
    }
  }

  public func tell(problem: String) {
    writer.add(entry(.system, LogPhase.problem, problem, Self.now()))
  }

  public func tell(lostAlarmEvents count: Int) {
    writer.add(
      entry(
        .system, LogPhase.entriesLost,
        "\(count) entries were lost: what reads the monitor's events stood still", Self.now()))
  }

  public func takeProblems() -> [String] { writer.takeNotices() }

  public var technicalConditions: Set<BuiltInAlarm> {
    writer.trouble == nil ? [] : [.alarmLogFailing]
  }

  public func end(_ summary: Summary) {
    var entry = entry(
      .system, LogPhase.stop, summary.endReason ?? "Monitoring ended", Self.now())
    entry.signalSeconds = summary.durationSeconds
    writer.add(entry)
    unwrittenCount = writer.finish(withinSeconds: finishSeconds)
  }

  private func take(_ transition: AlarmTransition, _ event: PipelineEvent) {
    guard let context else { return }
    let alarm = context.alarms[transition.alarm]
    let time = LogTime(context.clock.time(event.arrivalNanoseconds))
    if let onset = context.onset(transition, event) { onsets[transition.alarm] = onset }
    let actor = Self.actor(transition)
    var entry = entry(
      actor == nil ? .alarm : .operation, transition.phase.name, alarm.message, time)
    entry.actor = actor
    entry.person = context.people.name(of: transition.person)
    entry.cause = transition.cause == .condition ? nil : transition.cause.name
    entry.condition = alarm.name
    entry.priority = transition.priority.name
    entry.isTechnical = alarm.isTechnical
    entry.signalSeconds = event.seconds
    entry.measured = measured.merging(context.values(transition)) { $1 }
      .filter { $0.value.isFinite }
    entry.limits = context.limits(transition)
    entry.leads = context.leads(without: unusableRows).names
    if let onset = onsets[transition.alarm] {
      // The clock of an earlier boot counted from another beginning.
      if onset.boot == entry.boot {
        entry.onsetMonotonicNanoseconds = Int64(clamping: onset.monotonicNanoseconds)
      }
      entry.onsetWallMilliseconds = onset.wallMilliseconds
    }
    if transition.phase == .end { onsets[transition.alarm] = nil }
    writer.add(entry)
  }

  /// Audio pause and standby, as they begin and end; not every second of a countdown. Alarms that are off are told
  /// one by one.
  private func take(_ now: AlarmInactivation, _ event: PipelineEvent) {
    let before = inactivation
    inactivation = now
    let leftBefore = before.audioPauseSecondsLeft ?? 0
    if let left = now.audioPauseSecondsLeft,
      left > leftBefore || left < leftBefore && now.cause == .operated
    {
      add("audioPaused", "Audio paused for \(left) s", now, event)
    } else if now.audioPauseSecondsLeft == nil, before.audioPauseSecondsLeft != nil {
      add("audioResumed", "Audio pause over", now, event)
    }
    if now.isStandby != before.isStandby {
      let (phase, message) =
        now.isStandby
        ? ("standby", "Standby: the patient is away") : ("standbyEnded", "Standby over")
      add(phase, message, now, event)
    }
  }

  private func add(
    _ phase: String, _ message: String, _ now: AlarmInactivation, _ event: PipelineEvent
  ) {
    guard let context else { return }
    let isPersons = now.cause == .operated
    var entry = entry(
      isPersons ? .operation : .system, phase, message,
      LogTime(context.clock.time(event.arrivalNanoseconds)))
    entry.actor = isPersons ? "localKey" : nil
    entry.person = context.people.name(of: now.person)
    entry.cause = now.cause.name
    entry.signalSeconds = event.seconds
    writer.add(entry)
  }

  /// Who did what only people do; nil for what the machine does by itself or by its settings.
  private static func actor(_ transition: AlarmTransition) -> String? {
    guard [.acknowledged, .accepted, .off, .on].contains(transition.phase) else { return nil }
    switch transition.cause {
    case .operated: return "localKey"
    case .central: return "remote"
    case .condition, .graver, .unanswered, .standby, .restart, .setting, .linkLost, .further:
      return nil
    }
  }

  private static func values(
    of limits: [AlarmLimit], _ context: SessionContext
  ) -> [String: Double] {
    Dictionary(uniqueKeysWithValues: limits.map { ($0.rawValue, context.profile.limits[$0]) })
  }

  private func entry(
    _ kind: LogKind, _ phase: String, _ message: String, _ time: LogTime
  ) -> AlarmLogEntry {
    var entry = AlarmLogEntry(
      kind: kind, phase: phase, message: message, time: time, session: session,
      provenance: context?.format.provenance.rawValue ?? "", boot: AlarmClock.boot)
    entry.isClockSynchronised = clinux_clock_is_synchronised() != 0
    entry.record = context?.recordName
    return entry
  }

  /// This instant by both clocks.
  static func now() -> LogTime {
    LogTime(
      monotonicNanoseconds: clinux_monotonic_nanoseconds(),
      wallMilliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
  }

  /// A name that no other session has, whatever the clock says: the time of its start and a random number.
  static func sessionName() -> String {
    let random = String(UInt16.random(in: 0...UInt16.max), radix: 16)
    return SessionName.text(Date()) + "-" + String(repeating: "0", count: 4 - random.count) + random
  }
}

extension LogTime {
  /// The same moment, for the log.
  fileprivate init(_ time: AlarmTime) {
    self.init(
      monotonicNanoseconds: time.monotonicNanoseconds, wallMilliseconds: time.wallMilliseconds)
  }
}
