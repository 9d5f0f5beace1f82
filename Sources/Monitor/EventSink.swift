// Where events go: the screen, JSON lines, alert datagrams. Sinks run on the monitor's own thread, after the
// real-time threads; a slow one delays the others, never the pipeline.

import Alarms
import ECGSignal
import Inference
import Pipeline
import SignalProcessing

/// What a sink must know to put names and units on events. Constant while a monitor runs.
public struct SessionContext: Sendable {
  /// The stream's format.
  public let format: SignalFormat
  /// Its rows.
  public let layout: RowLayout
  /// The leads that a finding can count on: those of the source and those that follow from them.
  public let leads: LeadSet
  /// The model's name, nil where none could be used.
  public let modelName: String?
  /// SHA-256 of the model file, hexadecimal; nil without one.
  public let modelSHA256: String?
  /// The model's statements, in the order of `PipelineEvent.finding`.
  public let statements: [Statement]
  /// The filters of what is shown and measured.
  public let filters: FilterSettings
  /// The alarms, in the order of `AlarmTransition.alarm`.
  public let alarms: [AlarmDefinition]
  /// Whom it watches, and the limits of the alarms.
  public let profile: PatientProfile
  /// The names of those who act on the alarms.
  public var people = AlarmPeople()
  /// Name of the recording that is made, nil for none.
  public var recordName: String?
  /// What was left of the alarms when the monitor last ended; nil where nothing is known.
  public var restored: AlarmSnapshot?
  /// By which clocks alarms are told.
  public var clock = AlarmClock()

  /// What was measured of an alarm, by names with their unit.
  func values(_ transition: AlarmTransition) -> [String: Double] {
    transition.measure.values { row in
      layout.rows.indices.contains(row) ? layout.rows[row].lead : nil
    }
  }

  /// The limits that decide about an alarm.
  func limits(_ transition: AlarmTransition) -> [String: Double] {
    let own = AlarmLimit.of(alarms[transition.alarm].name).map { ($0.rawValue, profile.limits[$0]) }
    return transition.measure.limits.merging(own) { first, _ in first }
  }

  /// When the alarm that a transition is about began, where the transition tells it: now, or before the restart.
  func onset(_ transition: AlarmTransition, _ event: PipelineEvent) -> AlarmTime? {
    if transition.phase == .start { return clock.time(event.arrivalNanoseconds) }
    guard transition.cause == .restart else { return nil }
    return restored?.onsets[alarms[transition.alarm].name]
  }

  /// Seconds of signal for the alarm's place on a board: one of before the restart began before the signal.
  func seconds(_ transition: AlarmTransition, _ event: PipelineEvent) -> Double {
    guard transition.cause == .restart, let onset = onset(transition, event) else {
      return event.seconds
    }
    return event.seconds - onset.seconds(until: clock.time(event.arrivalNanoseconds))
  }

  /// The leads that can be trusted while some rows, a bit each, cannot.
  func leads(without unusableRows: UInt32) -> LeadSet {
    var leads = leads
    for (row, entry) in layout.rows.enumerated() {
      if let lead = entry.lead, unusableRows & 1 << UInt32(row) != 0 { leads.remove(LeadSet(lead)) }
    }
    return leads
  }

  /// Whether what is shown comes from no patient's electrodes now.
  public var isSimulated: Bool { format.provenance != .live }
}

/// Something that takes a monitor's events.
public protocol EventSink: AnyObject {
  /// The stream is about to start.
  func begin(_ context: SessionContext) throws
  /// One event, in order.
  func take(_ event: PipelineEvent)
  /// Points of the curves that the screen shows; most sinks need none.
  func take(_ point: InlineArray<12, Float>)
  /// Something that is no event of the signal and that people must know.
  func tell(problem: String)
  /// So many events of alarms found no place before the next event, and are known to no sink.
  func tell(lostAlarmEvents count: Int)
  /// Called about twenty times a second, after the events that were there.
  func refresh()
  /// What went wrong in the sink itself since it was last asked; the monitor tells it to all sinks.
  func takeProblems() -> [String]
  /// What alarms because of the sink: a log that cannot be written, a central station that does not answer.
  var technicalConditions: Set<BuiltInAlarm> { get }
  /// The stream is over.
  func end(_ summary: Summary)
}

extension EventSink {
  /// Most sinks show no curves.
  public func take(_ point: InlineArray<12, Float>) {}
  /// For most sinks the problem that is told beside it says enough.
  public func tell(lostAlarmEvents count: Int) {}
  /// Most sinks need no refresh.
  public func refresh() {}
  /// Most sinks have no trouble of their own.
  public func takeProblems() -> [String] { [] }
  /// Most sinks cannot fail.
  public var technicalConditions: Set<BuiltInAlarm> { [] }
}
