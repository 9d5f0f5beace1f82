// Keeps the file that survives a restart: alarms that nobody has seen, alarms that are off. Written whenever they
// change, whole or not at all.

import Alarms
import Pipeline

/// Keeps `AlarmSnapshot` after each change.
public final class AlarmStateSink: EventSink {
  /// Until so much signal was seen the alarm system may not have told what it knows from before: a file written
  /// earlier could forget it.
  private static let firstSeconds = 0.5

  private let patientID: String?
  private let file: KeptFile
  private var untold: [String]
  private var context: SessionContext?
  private var board = AlarmBoard()
  private var onsets: [Int: AlarmTime] = [:]
  private var kept: AlarmSnapshot?
  private var hasBegun = false
  private var isFailing = false

  /// - Parameters:
  ///   - file: what keeps the snapshot.
  ///   - problems: what was found when the last state was read, a sentence each, to be told.
  public init(patientID: String?, file: KeptFile, problems: [String] = []) {
    self.patientID = patientID
    self.file = file
    untold = problems
  }

  public func begin(_ context: SessionContext) { self.context = context }

  public func take(_ event: PipelineEvent) {
    if case .alarm(let transition) = event.kind, let context {
      board.take(transition, at: event.seconds)
      if let onset = context.onset(transition, event) { onsets[transition.alarm] = onset }
    }
    if event.seconds >= Self.firstSeconds { hasBegun = true }
  }

  /// Once a batch of events, so that a burst of alarms is one write.
  public func refresh() {
    guard let context, hasBegun else { return }
    let snapshot = board.snapshot(
      definitions: context.alarms, patientID: patientID, onsets: onsets)
    guard snapshot != kept else { return }
    file.keep(Array(snapshot.text.utf8))
    kept = snapshot
  }

  public var technicalConditions: Set<BuiltInAlarm> {
    file.failure == nil ? [] : [.storageFailing]
  }

  public func takeProblems() -> [String] {
    let failure = file.failure
    if let failure, !isFailing {
      untold.append("Alarms would not be remembered after a restart. \(failure.description)")
    }
    isFailing = failure != nil
    defer { untold = [] }
    return untold
  }

  public func tell(problem: String) {}

  public func end(_ summary: Summary) {
    refresh()
    file.finish()
  }
}
