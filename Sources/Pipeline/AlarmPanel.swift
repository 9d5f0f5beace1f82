// From what the pipeline knows to alarms: which conditions hold now. When an alarm starts and ends, and what people
// do about it, are the alarm system's.

import Alarms
import ECGSignal
import Findings
import Inference
import SignalProcessing

/// Feeds the alarm system ten times a second of signal.
final class AlarmPanel {
  /// The alarms' rules and state, with the definitions of `AlarmCatalogue`.
  let system: AlarmSystem
  private static let builtInCount = BuiltInAlarm.allCases.count
  /// Findings that nobody could read anew for so long are gone: more than two windows.
  private static let staleSeconds = 30.0
  /// Statements of the model that alarm, each with its alarm's index.
  private let alarmingStatements: [(statement: Int, alarm: Int)]
  private var persistence: FindingPersistence
  private let windowPatienceSeconds: Double
  private var lastWindowSeconds = 0.0
  private var lastSeconds = 0.0
  /// Seconds of signal until which a loss of samples is told.
  private var lossToldUntilSeconds = -1.0

  /// What holds now, besides the findings.
  struct Conditions {
    var rhythm = RhythmState()
    /// What was measured of the rhythm, and the heart rate in true time.
    var measures = RhythmMeasures()
    var heartRateBPM: Float?
    var isLeadOff = false
    /// Whether an electrode comes off again and again, so that the signal is never gone for long.
    var isLeadFlickering = false
    /// Whether another electrode came off since the alarm of electrodes began.
    var isFurtherLeadOff = false
    var hasNoSignal = false
    /// Fewer than half of the rows can be trusted.
    var isNoisy = false
    var isDeviceAway = false
    /// Whether a heart rate can be told of a signal that is good.
    var hasGoodECG = false
    /// Whether the model computed what is no number: it is not to be believed any more.
    var hasModelFailed = false
  }

  /// - Parameter statements: the model's; empty without one.
  init(statements: [Statement], configuration: PipelineConfiguration) {
    let definitions = AlarmCatalogue.definitions
    alarmingStatements = statements.enumerated().compactMap { index, statement in
      definitions.firstIndex { $0.name == AlarmDefinition.findingPrefix + statement.code }
        .map { (index, $0) }
    }
    system = AlarmSystem(
      definitions: definitions.map(configuration.profile.adjusted),
      settings: configuration.profile.settings, restored: configuration.restoredAlarms)
    persistence = FindingPersistence(thresholds: statements.map(\.threshold))
    windowPatienceSeconds = max(Self.staleSeconds, 3 * configuration.windowStepSeconds)
  }

  /// Takes the probabilities of a new window into the vote; a window that cannot be read votes for nothing.
  func take(
    _ probabilities: UnsafeBufferPointer<Float>, areReadable: Bool, at seconds: Double
  ) {
    lastWindowSeconds = seconds
    for index in 0..<probabilities.count {
      _ = persistence.update(index, probability: areReadable ? probabilities[index] : .nan)
    }
  }

  /// A loss of samples is told for ten seconds.
  func tellLoss(at seconds: Double) { lossToldUntilSeconds = seconds + 10 }

  /// Updates every alarm and appends what there is to tell.
  func update(
    _ conditions: Conditions, at seconds: Double, index: Int64, time: StreamTime, arrival: UInt64,
    events: EventBuffer
  ) {
    // A device that stalls and then sends all it held must not turn the clock back.
    lastSeconds = max(lastSeconds, seconds)
    for number in 0..<Self.builtInCount {
      guard let alarm = BuiltInAlarm(rawValue: number), !alarm.isOfDevice else { continue }
      system.setCondition(number, isPresent: isPresent(alarm, conditions))
    }
    if conditions.hasModelFailed {
      system.setCondition(BuiltInAlarm.modelRefused.rawValue, isPresent: true)
    }
    if conditions.isFurtherLeadOff { system.renew(BuiltInAlarm.leadOff.rawValue) }
    if lastSeconds - lastWindowSeconds > windowPatienceSeconds { persistence.reset() }
    let areFindingsKnown = !conditions.isDeviceAway && !conditions.hasModelFailed
    for position in 0..<alarmingStatements.count {
      let (statement, alarm) = alarmingStatements[position]
      system.setCondition(
        alarm, isPresent: areFindingsKnown && persistence.isPresent(statement))
    }
    system.step(at: lastSeconds, hasGoodECG: conditions.hasGoodECG)
    for position in 0..<system.newsCount {
      var news = system.news(position)
      if case .transition(var transition) = news {
        transition.measure = measure(of: transition, conditions)
        news = .transition(transition)
      }
      events.append(
        PipelineEvent.Kind(news), index: index, time: time, arrivalNanoseconds: arrival)
    }
    system.clearNews()
  }

  /// What is known by numbers of an alarm's condition now. Of a time before the restart nothing is.
  private func measure(
    of transition: AlarmTransition, _ conditions: Conditions
  ) -> AlarmMeasure {
    guard transition.cause != .restart, transition.cause != .setting else { return .none }
    guard let alarm = BuiltInAlarm(rawValue: transition.alarm) else {
      return measure(ofFinding: transition.alarm)
    }
    let measures = conditions.measures
    switch alarm {
    case .asystole: return measures.silenceSeconds.map { .silence(seconds: $0) } ?? .none
    case .ventricularTachycardia: return measures.tachycardiaBeats.map { .run(beats: $0) } ?? .none
    case .ventricularRun: return measures.ventricularRunBeats.map { .run(beats: $0) } ?? .none
    case .pause: return measures.pauseSeconds.map { .interval(seconds: $0) } ?? .none
    case .extremeTachycardia, .extremeBradycardia, .tachycardia, .bradycardia:
      return conditions.heartRateBPM.map { .heartRate(beatsPerMinute: $0) } ?? .none
    case .stShift:
      return measures.stMicrovolts.map { .stDeviation(microvolts: $0, row: measures.stRow) }
        ?? .none
    default: return .none
    }
  }

  private func measure(ofFinding alarm: Int) -> AlarmMeasure {
    for (statement, own) in alarmingStatements where own == alarm {
      let probability = persistence.newestProbability(statement)
      return probability.isNaN
        ? .none
        : .finding(probability: probability, threshold: persistence.threshold(statement))
    }
    return .none
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
    case .pause: conditions.rhythm.contains(.pause)
    case .ventricularRun: conditions.rhythm.contains(.ventricularRun)
    case .irregularRhythm: conditions.rhythm.contains(.irregular)
    case .stShift: conditions.rhythm.contains(.stShift)
    case .cannotAnalyse: conditions.rhythm.contains(.cannotAnalyse) && !conditions.isDeviceAway
    case .deviceLost: conditions.isDeviceAway
    case .noSignal: conditions.hasNoSignal && !conditions.isDeviceAway
    case .leadOff:
      conditions.isLeadOff && (!conditions.hasNoSignal || conditions.isLeadFlickering)
    case .noise: conditions.isNoisy && !conditions.isDeviceAway
    case .samplesLost: lastSeconds < lossToldUntilSeconds
    default: false
    }
  }
}
