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
  private static let builtInCount = BuiltInAlarm.allCases.count
  private let engine: AlarmEngine
  /// Statements that alarm: the model's index of each, in the order of the definitions.
  private let alarmingStatements: [Int]
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
    var alarming: [Int] = []
    var definitions = BuiltInAlarm.allCases.map(\.definition)
    for (index, statement) in model.statements.enumerated() {
      guard let rule = StatementCatalogue.alertRule(code: statement.code) else { continue }
      alarming.append(index)
      definitions.append(
        AlarmDefinition(
          name: "finding." + rule.code, message: rule.message,
          priority: rule.urgency == .medium ? .medium : .low))
    }
    alarmingStatements = alarming
    self.definitions = definitions
    engine = AlarmEngine(definitions: definitions)
    persistence = FindingPersistence(thresholds: model.statements.map(\.threshold))
  }

  /// Takes the probabilities of a new window into the vote; a window that cannot be read votes for nothing.
  func take(_ probabilities: UnsafeBufferPointer<Float>, areReadable: Bool) {
    for index in 0..<probabilities.count {
      _ = persistence.update(index, probability: areReadable ? probabilities[index] : .nan)
    }
  }

  /// A loss of samples is told for ten seconds.
  func tellLoss(at seconds: Double) { lossToldUntilSeconds = seconds + 10 }

  /// Updates every alarm and appends what changed.
  func update(
    _ conditions: Conditions, at seconds: Double, index: Int64, arrival: UInt64,
    events: EventBuffer
  ) {
    // A device that stalls and then sends all it held must not turn the clock back.
    lastSeconds = max(lastSeconds, seconds)
    for number in 0..<Self.builtInCount {
      guard let alarm = BuiltInAlarm(rawValue: number) else { continue }
      report(
        engine.update(
          alarm.rawValue, isPresent: isPresent(alarm, conditions), at: lastSeconds),
        index, arrival, events)
    }
    for position in 0..<alarmingStatements.count {
      let isPresent =
        !conditions.isDeviceAway && persistence.isPresent(alarmingStatements[position])
      report(
        engine.update(
          Self.builtInCount &+ position, isPresent: isPresent, at: lastSeconds),
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
