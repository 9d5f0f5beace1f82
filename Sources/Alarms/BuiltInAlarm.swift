// The alarms that every monitor has, and which of them say the same as a graver one.

/// A built-in alarm; its raw value is its index in the alarm system. What yields stands behind what it yields to.
public enum BuiltInAlarm: Int, CaseIterable, Sendable {
  // The patient.
  case ventricularFibrillation
  case asystole
  case ventricularTachycardia
  case extremeTachycardia
  case extremeBradycardia
  case tachycardia
  case bradycardia
  case pause
  case ventricularRun
  case irregularRhythm
  case stShift
  // The signal.
  case cannotAnalyse
  case deviceLost
  case noSignal
  case leadOff
  case noise
  case samplesLost
  // The rest of the device.
  case clockUnsynchronised
  case storageNearlyFull
  case storageFull
  case storageFailing
  case temperatureHigh
  case supplyVoltageLow
  case linkLost
  case calibrationExpired
  case modelRefused
  case soundFailing
  case lampFailing
  case alarmLogFailing
  case guardMissing

  /// Priority, delays and what happens when nobody comes.
  public var definition: AlarmDefinition {
    patientDefinition ?? signalDefinition ?? deviceDefinition
  }

  /// Whether its condition is found by this program outside the signal and told by `AlarmCommand.technical`.
  public var isOfDevice: Bool { rawValue >= Self.clockUnsynchronised.rawValue }

  /// Alarms that say the same with more urgency: while one of them is active this one is silent.
  var yieldsTo: [BuiltInAlarm] {
    switch self {
    case .asystole: [.ventricularFibrillation]
    case .ventricularTachycardia: [.ventricularFibrillation]
    case .extremeTachycardia: [.ventricularFibrillation, .ventricularTachycardia]
    case .extremeBradycardia: [.ventricularFibrillation, .asystole]
    case .tachycardia:
      [.ventricularFibrillation, .ventricularTachycardia, .extremeTachycardia]
    case .bradycardia: [.ventricularFibrillation, .asystole, .extremeBradycardia]
    case .pause: [.ventricularFibrillation, .asystole, .extremeBradycardia]
    case .ventricularRun: [.ventricularFibrillation, .ventricularTachycardia]
    case .irregularRhythm: [.ventricularFibrillation, .asystole, .ventricularTachycardia]
    case .stShift: [.ventricularFibrillation, .asystole, .ventricularTachycardia]
    case .cannotAnalyse: [.ventricularFibrillation, .asystole]
    case .noSignal: [.cannotAnalyse, .deviceLost]
    case .leadOff: [.deviceLost]
    case .noise: [.cannotAnalyse, .deviceLost, .noSignal]
    case .storageNearlyFull: [.storageFull]
    default: []
    }
  }
}
