// What can alarm, how urgent it is, and how long it must last: the vocabulary of the alarm system.

import ECGSignal

/// Urgency of an alarm, after IEC 60601-1-8: by how soon harm comes and how bad it is.
public enum AlarmPriority: UInt8, Comparable, CaseIterable, Sendable, BitwiseCopyable {
  case low, medium, high

  /// The word in JSON and on the screen.
  public var name: String {
    switch self {
    case .low: "low"
    case .medium: "medium"
    case .high: "high"
    }
  }

  public static func < (a: AlarmPriority, b: AlarmPriority) -> Bool { a.rawValue < b.rawValue }
}

/// What happened to an alarm.
public enum AlarmPhase: UInt8, Sendable, BitwiseCopyable {
  case start, update, end

  /// The word in JSON.
  public var name: String {
    switch self {
    case .start: "start"
    case .update: "update"
    case .end: "end"
    }
  }
}

/// An alarm that started, changed its priority or ended.
public struct AlarmTransition: BitwiseCopyable, Sendable, Hashable {
  /// Index into the engine's definitions.
  public var alarm: Int
  /// What happened.
  public var phase: AlarmPhase
  /// Its priority from now on; at the end the one it had.
  public var priority: AlarmPriority
}

/// One alarm of a monitor.
public struct AlarmDefinition: Hashable, Sendable {
  /// The name in JSON ("asystole").
  public var name: String
  /// What people read ("Asystole").
  public var message: String
  /// Its urgency.
  public var priority: AlarmPriority
  /// Whether the device is in trouble rather than the patient.
  public var isTechnical: Bool
  /// Seconds that the condition must last before the alarm starts.
  public var onsetSeconds: Double
  /// Seconds that the condition must be gone before the alarm ends.
  public var endSeconds: Double

  /// An alarm of the patient that starts at once and ends after five seconds without its condition.
  public init(
    name: String, message: String, priority: AlarmPriority, isTechnical: Bool = false,
    onsetSeconds: Double = 0, endSeconds: Double = 5
  ) {
    self.name = name
    self.message = message
    self.priority = priority
    self.isTechnical = isTechnical
    self.onsetSeconds = onsetSeconds
    self.endSeconds = endSeconds
  }
}

/// The alarms that every monitor has, in the order of the engine.
public enum BuiltInAlarm: Int, CaseIterable, Sendable {
  case asystole
  case ventricularFibrillation
  case ventricularTachycardia
  case extremeTachycardia
  case extremeBradycardia
  case tachycardia
  case bradycardia
  case irregularRhythm
  case leadOff
  case noSignal
  case samplesLost
  case deviceLost

  /// Priority and delays. Table 1 of IEC 60601-1-8 (harm and its onset): death or irreversible injury
  /// within moments is high, prompt attention medium, awareness low.
  public var definition: AlarmDefinition {
    switch self {
    case .asystole:
      AlarmDefinition(name: "asystole", message: "Asystole", priority: .high, endSeconds: 3)
    case .ventricularFibrillation:
      AlarmDefinition(
        name: "ventricularFibrillation", message: "Ventricular fibrillation", priority: .high)
    case .ventricularTachycardia:
      AlarmDefinition(
        name: "ventricularTachycardia", message: "Ventricular tachycardia", priority: .high)
    case .extremeTachycardia:
      AlarmDefinition(
        name: "extremeTachycardia", message: "Extreme tachycardia", priority: .high,
        onsetSeconds: 2)
    case .extremeBradycardia:
      AlarmDefinition(
        name: "extremeBradycardia", message: "Extreme bradycardia", priority: .high,
        onsetSeconds: 2)
    case .tachycardia:
      AlarmDefinition(
        name: "tachycardia", message: "Heart rate high", priority: .medium, onsetSeconds: 3)
    case .bradycardia:
      AlarmDefinition(
        name: "bradycardia", message: "Heart rate low", priority: .medium, onsetSeconds: 3)
    case .irregularRhythm:
      AlarmDefinition(
        name: "irregularRhythm", message: "Irregular rhythm", priority: .low, onsetSeconds: 10,
        endSeconds: 30)
    case .leadOff:
      AlarmDefinition(
        name: "leadOff", message: "Electrode off", priority: .medium, isTechnical: true,
        onsetSeconds: 1, endSeconds: 2)
    case .noSignal:
      AlarmDefinition(
        name: "noSignal", message: "No usable ECG", priority: .medium, isTechnical: true,
        onsetSeconds: 2, endSeconds: 2)
    case .samplesLost:
      AlarmDefinition(
        name: "samplesLost", message: "Samples lost", priority: .low, isTechnical: true,
        endSeconds: 0)
    case .deviceLost:
      AlarmDefinition(
        name: "deviceLost", message: "Front-end not connected", priority: .medium,
        isTechnical: true, endSeconds: 0)
    }
  }

  /// Conditions that say the same with more urgency: while one of them is active this alarm is silent.
  var yieldsTo: [BuiltInAlarm] {
    switch self {
    case .asystole: [.ventricularFibrillation]
    case .extremeBradycardia: [.asystole, .ventricularFibrillation]
    case .bradycardia: [.asystole, .ventricularFibrillation, .extremeBradycardia]
    case .extremeTachycardia: [.ventricularFibrillation, .ventricularTachycardia]
    case .tachycardia:
      [.ventricularFibrillation, .ventricularTachycardia, .extremeTachycardia]
    case .irregularRhythm: [.asystole, .ventricularFibrillation, .ventricularTachycardia]
    default: []
    }
  }
}
