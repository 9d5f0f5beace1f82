// The alarms of signal and device. What leaves the patient unwatched, or soon may, is medium and becomes high when
// nobody comes; what only must be mended is low, or stays medium.

extension BuiltInAlarm {
  /// The definition of an alarm of the signal, nil for others.
  var signalDefinition: AlarmDefinition? {
    switch self {
    case .cannotAnalyse:
      AlarmDefinition(
        name: "cannotAnalyse", message: "ECG cannot be analysed", priority: .high,
        isTechnical: true, endSeconds: 2)
    case .deviceLost:
      AlarmDefinition(
        name: "deviceLost", message: "Front-end not connected", priority: .medium,
        isTechnical: true, endSeconds: 0, escalationSeconds: 120, priorityMax: .high,
        mayBeOff: false)
    case .noSignal:
      AlarmDefinition(
        name: "noSignal", message: "No usable ECG", priority: .medium, isTechnical: true,
        onsetSeconds: 2, endSeconds: 2, escalationSeconds: 120, priorityMax: .high,
        mayBeOff: false)
    case .leadOff:
      AlarmDefinition(
        name: "leadOff", message: "Electrode off", priority: .medium, isTechnical: true,
        onsetSeconds: 1, endSeconds: 2, escalationSeconds: 600, priorityMax: .high)
    case .noise:
      AlarmDefinition(
        name: "noise", message: "ECG noisy", priority: .low, isTechnical: true,
        onsetSeconds: 10, endSeconds: 5, escalationSeconds: 600, priorityMax: .medium)
    case .samplesLost:
      AlarmDefinition(
        name: "samplesLost", message: "Samples lost", priority: .low, isTechnical: true,
        endSeconds: 0)
    default: nil
    }
  }

  /// The definition of an alarm of the rest of the device. What finds its condition has seen to its lasting.
  var deviceDefinition: AlarmDefinition {
    switch self {
    case .clockUnsynchronised: Self.device("clockUnsynchronised", "Clock not synchronised", .low)
    case .storageNearlyFull: Self.device("storageNearlyFull", "Storage nearly full", .low)
    case .storageFull: Self.device("storageFull", "Storage full", .medium)
    case .storageFailing: Self.device("storageFailing", "Recording failed", .medium)
    case .temperatureHigh:
      Self.device("temperatureHigh", "Device too hot", .low, escalationSeconds: 600, to: .medium)
    case .supplyVoltageLow:
      Self.device(
        "supplyVoltageLow", "Supply voltage low", .medium, escalationSeconds: 600, to: .high)
    case .linkLost:
      Self.device("linkLost", "Central not reachable", .medium, escalationSeconds: 600, to: .high)
    case .calibrationExpired: Self.device("calibrationExpired", "Calibration not valid", .low)
    case .modelRefused: Self.device("modelRefused", "Findings not available", .medium)
    case .soundFailing:
      Self.device(
        "soundFailing", "Alarm sound failing", .medium, escalationSeconds: 120, to: .high,
        mayBeOff: false)
    case .lampFailing: Self.device("lampFailing", "Alarm lamp failing", .medium)
    case .alarmLogFailing: Self.device("alarmLogFailing", "Alarm log failing", .medium)
    case .guardMissing:
      Self.device("guardMissing", "Guard not running", .medium, escalationSeconds: 600, to: .high)
    default: preconditionFailure("\(self) is no alarm of the device")
    }
  }

  private static func device(
    _ name: String, _ message: String, _ priority: AlarmPriority, escalationSeconds: Double? = nil,
    to priorityMax: AlarmPriority? = nil, mayBeOff: Bool = true
  ) -> AlarmDefinition {
    AlarmDefinition(
      name: name, message: message, priority: priority, isTechnical: true, endSeconds: 0,
      escalationSeconds: escalationSeconds, priorityMax: priorityMax, isInactiveInStandby: false,
      mayBeOff: mayBeOff)
  }
}
