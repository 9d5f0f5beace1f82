// From what the pipeline knows to alarms: which conditions hold now, at which priority, since when. The
// rules of onset, end and suppression are the alarm engine's.

import Alarms
import ECGSignal
import Findings
import Inference
import SignalProcessing

/// Feeds the alarm engine ten times a second of signal.
final class AlarmPanel {
  /// Definitions in the engine's order: the built-in conditions, then one for each alarming statement.
  let definitions: [AlarmDefinition]
  private let engine: AlarmEngine
  private let rules: [FindingRule]
  private var persistence: FindingPersistence
  private var lastSeconds = 0.0
  /// Seconds of signal until which a loss of samples is told.
  private var lossToldUntilSeconds = -1.0

  /// What holds now, besides the findings.
  struct Conditions {
    var rhythm = RhythmState()
    var isLeadOff = false
    var hasNoSignal = false
    var isDeviceAway = false
  }

  init(model: Model) {
    rules = FindingRule.rules(for: model.statements)
    definitions =
      BuiltInAlarm.allCases.map(\.definition)
      + rules.map { rule in
        AlarmDefinition(
          name: "finding." + model.statements[rule.statement].code,
          message: model.statements[rule.statement].name, priority: rule.priority)
      }
    engine = AlarmEngine(definitions: definitions)
    persistence = FindingPersistence(model: model)
  }

  /// Takes the probabilities of a new window into the vote.
  func take(_ probabilities: UnsafeBufferPointer<Float>) { persistence.update(probabilities) }

  /// Forgets the votes: the stream started again.
  func forgetFindings() { persistence.restart() }

  /// A loss of samples is told for ten seconds.
  func tellLoss(at seconds: Double) { lossToldUntilSeconds = seconds + 10 }

  /// Updates every alarm and appends what changed.
  func update(
    _ conditions: Conditions, at seconds: Double, index: Int64, arrival: UInt64,
    events: EventBuffer
  ) {
    // A device that stalls and then sends all it held must not turn the clock back.
    lastSeconds = max(lastSeconds, seconds)
    for alarm in BuiltInAlarm.allCases {
      report(
        engine.update(
          alarm.rawValue, isPresent: isPresent(alarm, conditions), at: lastSeconds),
        index, arrival, events)
    }
    for (position, rule) in rules.enumerated() {
      let isPresent = !conditions.isDeviceAway && persistence.isPresent(rule.statement)
      report(
        engine.update(
          BuiltInAlarm.allCases.count + position, isPresent: isPresent, at: lastSeconds),
        index, arrival, events)
    }
  }

  private func isPresent(_ alarm: BuiltInAlarm, _ conditions: Conditions) -> Bool {
    switch alarm {
    case .asystole: conditions.rhythm.contains(.asystole)
    case .ventricularFibrillation: conditions.rhythm.contains(.ventricularFibrillation)
    case .ventricularTachycardia: conditions.rhythm.contains(.ventricularTachycardia)
    case .extremeTachycardia: conditions.rhythm.contains(.extremeTachycardia)
    case .extremeBradycardia: conditions.rhythm.contains(.extremeBradycardia)
    case .tachycardia: conditions.rhythm.contains(.tachycardia)
    case .bradycardia: conditions.rhythm.contains(.bradycardia)
    case .irregularRhythm: conditions.rhythm.contains(.irregular)
    case .leadOff: conditions.isLeadOff && !conditions.hasNoSignal
    case .noSignal: conditions.hasNoSignal && !conditions.isDeviceAway
    case .samplesLost: lastSeconds < lossToldUntilSeconds
    case .deviceLost: conditions.isDeviceAway
    }
  }

  private func report(
    _ transition: AlarmTransition?, _ index: Int64, _ arrival: UInt64, _ events: EventBuffer
  ) {
    guard let transition else { return }
    events.append(.alarm(transition), index: index, arrivalNanoseconds: arrival)
  }
}
