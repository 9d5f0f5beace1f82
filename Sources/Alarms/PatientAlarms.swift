// The alarms of the patient. Priorities after Table 1 of IEC 60601-1-8 (harm and its onset): death or irreversible
// injury within moments is high, what needs prompt attention medium, what one should know low.

extension BuiltInAlarm {
  /// The definition of an alarm of the patient, nil for others. Rates and an ST level that stay beyond their limits
  /// for five minutes with nobody there become high; fibrillation of the atria, which is no emergency, medium. A
  /// pause and a run are over when they are told: each further one is a new alarm.
  var patientDefinition: AlarmDefinition? {
    switch self {
    case .ventricularFibrillation:
      AlarmDefinition(
        name: "ventricularFibrillation", message: "Ventricular fibrillation", priority: .high)
    case .asystole:
      AlarmDefinition(name: "asystole", message: "Asystole", priority: .high, endSeconds: 3)
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
        onsetSeconds: 1)
    case .tachycardia:
      AlarmDefinition(
        name: "tachycardia", message: "Heart rate high", priority: .medium, onsetSeconds: 3,
        escalationSeconds: 300, priorityMax: .high)
    case .bradycardia:
      AlarmDefinition(
        name: "bradycardia", message: "Heart rate low", priority: .medium, onsetSeconds: 2,
        escalationSeconds: 300, priorityMax: .high)
    case .pause:
      AlarmDefinition(name: "pause", message: "Pause", priority: .medium, endSeconds: 10)
    case .ventricularRun:
      AlarmDefinition(
        name: "ventricularRun", message: "Ventricular run", priority: .medium, endSeconds: 10)
    case .irregularRhythm:
      AlarmDefinition(
        name: "irregularRhythm", message: "Irregular rhythm", priority: .low, onsetSeconds: 10,
        endSeconds: 30, escalationSeconds: 600, priorityMax: .medium)
    case .stShift:
      AlarmDefinition(
        name: "stShift", message: "ST shift", priority: .medium, onsetSeconds: 30,
        endSeconds: 30, escalationSeconds: 300, priorityMax: .high)
    default: nil
    }
  }
}
