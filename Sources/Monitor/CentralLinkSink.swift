// The monitor's alarms for the alert link, and what comes back: a person's acknowledgement, and whether the central
// station is there.

import Alarms
import AlertLink
import CLinux
import ECGSignal
import Foundation
import Pipeline
import Synchronization

/// Sends every alarm to one central station.
public final class CentralLinkSink: EventSink {
  /// What the link's thread and the monitor's share.
  private struct Shared {
    var alarmIndex: [String: Int] = [:]
    var problems: [String] = []
  }

  private let shared: SharedState
  private let link: CentralLink
  private var context: SessionContext?
  private var board = AlarmBoard()
  private var state = DeviceState()
  private var onsets: [Int: AlarmTime] = [:]
  private var values: [String: Double?] = ["heartRateBPM": nil]
  private var unusableRows: UInt32 = 0

  /// What has become of the alerts.
  public var progress: LinkProgress { link.progress }

  private final class SharedState: Sendable {
    let content = Mutex(Shared())
  }

  /// Starts a link; what its people say and whether it works goes to the alarms' desk.
  ///
  /// - Parameter configuration: made with a function that takes sentences that people must know, on any thread.
  public init(
    desk: AlarmDesk,
    configuration: (_ report: @escaping @Sendable (String) -> Void) -> CentralLinkConfiguration
  ) throws {
    let shared = SharedState()
    self.shared = shared
    let complete = configuration { sentence in
      shared.content.withLock { $0.problems.append(sentence) }
    }
    link = try CentralLink(complete) { news in Self.take(news, shared, desk) }
  }

  /// On the link's thread.
  private static func take(_ news: CentralLinkNews, _ shared: SharedState, _ desk: AlarmDesk) {
    switch news {
    case .reachable(let isReachable): desk.report(.linkLost, isPresent: !isReachable)
    case .problem(let sentence): shared.content.withLock { $0.problems.append(sentence) }
    case .acknowledged(let condition, let person):
      let index = shared.content.withLock { $0.alarmIndex[condition] }
      if let index { desk.send(.remoteAcknowledge(alarm: index), by: person) }
    }
  }

  public func begin(_ context: SessionContext) {
    self.context = context
    shared.content.withLock { content in
      for (index, alarm) in context.alarms.enumerated() { content.alarmIndex[alarm.name] = index }
    }
    state.provenance = context.format.provenance.rawValue
    state.simulated = context.isSimulated
    link.setState(state)
    let carriedOn = context.alarms.filter { context.restored?.restores($0) == true }
    let now = context.clock.time(clinux_monotonic_nanoseconds())
    link.carryOn(
      LinkMailbox.CarriedOn(
        conditions: Set(carriedOn.map(\.name)), moment: AlertMessage.Moment(now),
        clockQuality: now.clockQuality))
  }

  public func take(_ event: PipelineEvent) {
    switch event.kind {
    case .heartRate(let rate): values["heartRateBPM"] = .some(rate.map(Double.init))
    case .quality(let index, let unusable, _, _):
      values["quality"] = Double(index)
      unusableRows = unusable
    case .alarm(let transition): take(transition, event)
    case .inactivation(let inactivation):
      board.take(inactivation)
      publishState()
    default: break
    }
  }

  private func take(_ transition: AlarmTransition, _ event: PipelineEvent) {
    guard let context else { return }
    let alarm = context.alarms[transition.alarm]
    let time = context.clock.time(event.arrivalNanoseconds)
    let onset = context.onset(transition, event) ?? onsets[transition.alarm] ?? time
    onsets[transition.alarm] = onset
    board.take(transition, at: event.seconds)
    publishState()
    guard let phase = Self.phase(transition.phase) else { return }
    var message = AlertMessage(
      condition: alarm.name, message: alarm.message, phase: phase, priority: transition.priority,
      isTechnical: alarm.isTechnical, onset: AlertMessage.Moment(onset, asOf: time),
      time: AlertMessage.Moment(time), clockQuality: time.clockQuality,
      values: values.merging(context.values(transition)) { $1 }, limits: context.limits(transition),
      leads: context.leads(without: unusableRows), modelSHA256: context.modelSHA256,
      provenance: context.format.provenance.rawValue, isSimulated: context.isSimulated)
    message.onsetClockQuality = onset.clockQuality
    message.person = context.people.name(of: transition.person)
    link.tell(message, decidedNanoseconds: event.arrivalNanoseconds)
    if transition.phase == .end { onsets[transition.alarm] = nil }
  }

  /// What the link tells of a phase; that an alarm was switched off or on is told by the state.
  private static func phase(_ phase: AlarmPhase) -> AlertMessage.Phase? {
    switch phase {
    case .start: .start
    case .update, .latched: .update
    case .end: .end
    case .acknowledged, .accepted: .acknowledged
    case .off, .on: nil
    }
  }

  private func publishState() {
    guard let context else { return }
    var next = state
    next.alarms = board.alarms.map { entry in
      DeviceState.Alarm(
        condition: context.alarms[entry.alarm].name, priority: entry.priority,
        acknowledged: entry.isAcknowledged || entry.isAccepted)
    }
    next.inactivations =
      (board.inactivation.audioPauseSecondsLeft != nil ? ["audioPaused"] : [])
      + (board.inactivation.isStandby ? ["standby"] : [])
      + board.off.map { "alarmOff:\(context.alarms[$0].name)" }
    if next != state { link.setState(next) }
    state = next
  }

  public func tell(problem: String) {}

  public func takeProblems() -> [String] {
    shared.content.withLock { content in
      defer { content.problems = [] }
      return content.problems
    }
  }

  public var technicalConditions: Set<BuiltInAlarm> {
    progress.isStoring ? [] : [.storageFailing]
  }

  public func end(_ summary: Summary) { link.stop() }
}

extension AlarmTime {
  /// In the words of the link.
  var clockQuality: AlertMessage.ClockQuality {
    isClockSynchronised ? .synchronised : .unsynchronised
  }
}

extension AlertMessage.Moment {
  /// A moment of this boot.
  init(_ time: AlarmTime) {
    self.init(
      monotonicSeconds: Double(time.monotonicNanoseconds) / 1e9, wallTime: time.wallText)
  }

  /// A moment that may be of an earlier boot, by the clock of this one: as long before `now` as the wall clocks say.
  init(_ time: AlarmTime, asOf now: AlarmTime) {
    self.init(
      monotonicSeconds: Double(now.monotonicNanoseconds) / 1e9 - time.seconds(until: now),
      wallTime: time.wallText)
  }
}
