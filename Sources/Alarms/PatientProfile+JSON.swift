// A patient's profile as JSON. Reading is strict: an unknown key, a limit beyond its bounds or limits that
// contradict each other refuse the whole file, because a limit that is not what somebody believes it to be is worse
// than none.

import StrictJSON

extension PatientProfile {
  private static let schemaVersion = 1.0
  /// A tachycardia is told when its beats have been: what is left of 10 s is the detector's.
  private static let runSecondsMax = 8.0

  /// Reads a profile.
  ///
  /// - Parameters:
  ///   - name: the file, for the error's sentence.
  ///   - definitions: the alarms that there are, as they are without a profile.
  public init(
    parsing bytes: some Collection<UInt8>, name: String, definitions: [AlarmDefinition]
  ) throws(JSONFieldError) {
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes) } catch {
      throw JSONFieldError("\(name) is no JSON: \(error).")
    }
    let root = try JSONFields(value, path: name)
    try root.allowOnly([
      "schemaVersion", "patient", "limits", "alarms", "audioPauseSeconds",
      "remoteAcknowledgementSilences", "latchedAlarmsSound",
    ])
    guard try root.number("schemaVersion") == Self.schemaVersion else {
      throw JSONFieldError(
        "\(name): 'schemaVersion' must be 1, the version that this program reads.")
    }
    if let patient = try root.optionalObject("patient") { try readPatient(patient) }
    if let fields = try root.optionalObject("limits") { try readLimits(fields) }
    if let fields = try root.optionalObject("alarms") { try readAlarms(fields, definitions) }
    audioPauseSeconds =
      try root.number("audioPauseSeconds", within: 1...AlarmSystem.audioPauseSecondsMax)
      ?? audioPauseSeconds
    settings.remoteAcknowledgementSilences =
      try root.optionalTruth("remoteAcknowledgementSilences")
      ?? settings.remoteAcknowledgementSilences
    settings.latchedAlarmsSound =
      try root.optionalTruth("latchedAlarmsSound") ?? settings.latchedAlarmsSound
  }

  private mutating func readPatient(_ fields: JSONFields) throws(JSONFieldError) {
    try fields.allowOnly(["id", "name", "ageYears"])
    id = try fields.optionalText("id")
    name = try fields.optionalText("name")
    ageYears = try fields.number("ageYears", within: 0...150, isWhole: true).map { Int($0) }
  }

  private mutating func readLimits(_ fields: JSONFields) throws(JSONFieldError) {
    try fields.allowOnly(AlarmLimit.allCases.map(\.rawValue))
    for limit in AlarmLimit.allCases {
      let value = try fields.number(limit.rawValue, within: limit.bounds, isWhole: limit.isWhole)
      if let value { limits[limit] = value }
    }
    let ascending: [(lower: AlarmLimit, upper: AlarmLimit)] = [
      (.extremeBradycardiaBPM, .bradycardiaBPM), (.bradycardiaBPM, .tachycardiaBPM),
      (.tachycardiaBPM, .extremeTachycardiaBPM), (.pauseSeconds, .asystoleSeconds),
    ]
    for (lower, upper) in ascending where limits[lower] >= limits[upper] {
      throw JSONFieldError(
        "\(fields.path): '\(lower.rawValue)' (\(JSONFields.digits(limits[lower]))) must be below "
          + "'\(upper.rawValue)' (\(JSONFields.digits(limits[upper]))).")
    }
    let run = limits[.ventricularTachycardiaBeats] * 60 / limits[.ventricularTachycardiaBPM]
    guard run <= Self.runSecondsMax else {
      throw JSONFieldError(
        "\(fields.path): 'ventricularTachycardiaBeats' beats at 'ventricularTachycardiaBPM' last "
          + "\(JSONFields.digits(run)) s, but must at most \(JSONFields.digits(Self.runSecondsMax))."
      )
    }
  }

  private mutating func readAlarms(
    _ fields: JSONFields, _ definitions: [AlarmDefinition]
  ) throws(JSONFieldError) {
    try fields.allowOnly(definitions.map(\.name))
    for definition in definitions where fields.members[definition.name] != nil {
      alarms[definition.name] = try AlarmAdjustment(fields.object(definition.name), of: definition)
    }
  }
}

extension AlarmAdjustment {
  fileprivate init(
    _ fields: JSONFields, of definition: AlarmDefinition
  ) throws(JSONFieldError) {
    try fields.allowOnly(["off", "priority", "onsetSeconds", "escalationSeconds", "latching"])
    isOff = try fields.optionalTruth("off")
    if let word = try fields.optionalText("priority") {
      let allowed = AlarmPriority.allCases.filter(definition.priorityBounds.contains)
      guard let chosen = allowed.first(where: { $0.name == word }) else {
        let words = allowed.map(\.name).joined(separator: " or ")
        throw JSONFieldError("\(fields.path): 'priority' is '\(word)', but must be \(words).")
      }
      priority = chosen
    }
    onsetSeconds = try fields.number("onsetSeconds", within: definition.onsetBounds)
    escalationSeconds = try fields.number(
      "escalationSeconds", within: AlarmDefinition.escalationBounds)
    isLatching = try fields.optionalTruth("latching")
    try refuseWhatCannotBe(fields, definition)
  }

  /// What would be passed over in silence is refused.
  private func refuseWhatCannotBe(
    _ fields: JSONFields, _ definition: AlarmDefinition
  ) throws(JSONFieldError) {
    let asked = priority ?? definition.priority
    if escalationSeconds != nil && asked == definition.priorityBounds.upperBound {
      throw JSONFieldError(
        "\(fields.path): 'escalationSeconds' has no effect: this alarm is never above "
          + "\(asked.name).")
    }
    if isLatching == true && definition.isTechnical {
      throw JSONFieldError("\(fields.path): 'latching' is for alarms of the patient.")
    }
    if isLatching == false && asked == .high {
      throw JSONFieldError("\(fields.path): an alarm of high priority always latches.")
    }
    if isOff == true && !(definition.mayBeOff && priority ?? .low < .high) {
      throw JSONFieldError(
        "\(fields.path): this alarm may not be off: pause its sound, acknowledge it, or set its "
          + "limits.")
    }
  }
}

extension JSONFields {
  /// A number that may be missing and must be within bounds.
  fileprivate func number(
    _ key: String, within bounds: ClosedRange<Double>, isWhole: Bool = false
  ) throws(JSONFieldError) -> Double? {
    guard members[key] != nil else { return nil }
    let value = try number(key)
    guard bounds.contains(value), !isWhole || value == value.rounded() else {
      let kind = isWhole ? "a whole number " : ""
      throw JSONFieldError(
        "\(path): '\(key)' is \(Self.digits(value)), but must be \(kind)from "
          + "\(Self.digits(bounds.lowerBound)) to \(Self.digits(bounds.upperBound)).")
    }
    return value
  }

  fileprivate func optionalObject(_ key: String) throws(JSONFieldError) -> JSONFields? {
    members[key] == nil ? nil : try object(key)
  }

  fileprivate func optionalTruth(_ key: String) throws(JSONFieldError) -> Bool? {
    members[key] == nil ? nil : try truth(key)
  }

  fileprivate static func digits(_ value: Double) -> String {
    JSONValue.number(value).canonicalText
  }
}
