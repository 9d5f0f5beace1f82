// A calibration file as JSON. Reading is strict: an unknown key, another version, a broken seal or a number that
// contradicts its limits refuses the whole file.

import Foundation
import StrictJSON

extension CalibrationFile {
  private static let schemaVersion = 2.0
  private static let algorithm = "HMAC-SHA256"

  /// The file's text with its seal.
  func text(key: DeviceKey) -> String {
    var members = content()
    let seal = key.seal(JSONValue.object(members).canonicalText)
    members["seal"] = .object([
      "algorithm": .string(Self.algorithm), "keyID": .string(key.id), "value": .string(seal),
    ])
    return JSONValue.object(members).prettyText + "\n"
  }

  private func content() -> [String: JSONValue] {
    [
      "schemaVersion": .number(Self.schemaVersion), "device": .string(device),
      "entries": .array(entries.map { .object($0.members) }),
    ]
  }

  static func parse(
    _ bytes: [UInt8], name: String, key: DeviceKey?
  ) throws(CalibrationError) -> CalibrationFile {
    do {
      let root = try JSONFields(value(bytes, name), path: name)
      guard try root.number("schemaVersion") == schemaVersion else {
        throw CalibrationError(
          "\(name) has another schemaVersion than 2: calibrate the device again with this version.")
      }
      try root.allowOnly(["schemaVersion", "device", "entries", "seal"])
      try checkSeal(of: root, key: key)
      var entries: [CalibrationEntry] = []
      for fields in try root.objects("entries") { entries.append(try CalibrationEntry(fields)) }
      return CalibrationFile(device: try root.text("device"), entries: entries)
    } catch let error as CalibrationError {
      throw error
    } catch {
      throw CalibrationError("\(error) Restore the file from a copy or calibrate again.")
    }
  }

  private static func value(
    _ bytes: [UInt8], _ name: String
  ) throws(CalibrationError) -> JSONValue {
    do { return try JSONValue(parsing: bytes) } catch {
      throw CalibrationError(
        "\(name) is no JSON (\(error)): restore it from a copy or calibrate again.")
    }
  }

  /// The seal is over the canonical text of everything else.
  private static func checkSeal(of root: JSONFields, key: DeviceKey?) throws {
    let seal = try root.object("seal")
    try seal.allowOnly(["algorithm", "keyID", "value"])
    guard try seal.text("algorithm") == algorithm else {
      throw CalibrationError("\(root.path): its seal is not \(algorithm): calibrate again.")
    }
    let id = try seal.text("keyID")
    guard let key, key.id == id else {
      let reason = key.map { "this device's is \($0.id)" } ?? "this device has none"
      throw CalibrationError(
        "\(root.path) is sealed with the key \(id), \(reason): it is another device's or the key was "
          + "lost. Restore the key (ECGCLIP_DEVICE_KEY), or remove the file and calibrate again.")
    }
    var members = root.members
    members["seal"] = nil
    guard try seal.text("value") == key.seal(JSONValue.object(members).canonicalText) else {
      throw CalibrationError(
        "\(root.path) was changed after it was sealed: restore it from a copy, or remove it and "
          + "calibrate again.")
    }
  }
}

extension CalibrationEntry {
  private static let keys = [
    "kind", "method", "measuredAt", "operator", "softwareVersion", "profileName", "profileSHA256",
    "conditions", "passed", "values",
  ]

  var members: [String: JSONValue] {
    [
      "kind": .string(measurement.kind.rawValue), "method": .string(measurement.method),
      "measuredAt": .string(measuredAt.formatted(.iso8601)), "operator": .string(operatorName),
      "softwareVersion": .string(softwareVersion), "profileName": .string(profile.name),
      "profileSHA256": .string(profile.sha256),
      "conditions": .object(measurement.conditions.mapValues { .number($0) }),
      "passed": .bool(passed), "values": .array(measurement.values.map { .object($0.members) }),
    ]
  }

  init(_ fields: JSONFields) throws {
    try fields.allowOnly(Self.keys)
    let kindName = try fields.text("kind")
    guard let kind = MeasurementKind(rawValue: kindName) else {
      throw CalibrationError("\(fields.path): kind '\(kindName)' is unknown.")
    }
    let time = try fields.text("measuredAt")
    guard let measuredAt = try? Date(time, strategy: .iso8601) else {
      throw CalibrationError("\(fields.path): measuredAt '\(time)' is no ISO 8601 time.")
    }
    let conditions = try fields.object("conditions")
    var numbers: [String: Double] = [:]
    for key in conditions.members.keys { numbers[key] = try conditions.number(key) }
    var values: [MeasuredValue] = []
    for value in try fields.objects("values") { values.append(try MeasuredValue(value)) }
    let measurement = FieldMeasurement(
      kind, method: try fields.text("method"), conditions: numbers, values: values)
    let passed = try fields.truth("passed")
    guard passed == measurement.passed else {
      throw CalibrationError("\(fields.path): 'passed' contradicts its values.")
    }
    self.init(
      measurement, measuredAt, try fields.text("operator"), try fields.text("softwareVersion"),
      ProfileIdentity(
        name: try fields.text("profileName"), sha256: try fields.text("profileSHA256")),
      passed: passed)
  }
}

extension MeasuredValue {
  var members: [String: JSONValue] {
    let unit = quantity.unit
    var members: [String: JSONValue] = [
      "of": .string(subject), quantity.rawValue: value.map(JSONValue.number) ?? .null,
      "uncertainty" + unit: uncertainty.map(JSONValue.number) ?? .null, "passed": .bool(passed),
    ]
    members["atLeast" + unit] = limits.atLeast.map(JSONValue.number)
    members["atMost" + unit] = limits.atMost.map(JSONValue.number)
    members["note"] = note.map(JSONValue.string)
    return members
  }

  init(_ fields: JSONFields) throws {
    let found = Quantity.allCases.filter { fields.members[$0.rawValue] != nil }
    guard let quantity = found.first, found.count == 1 else {
      let known = Quantity.allCases.map(\.rawValue) + ["of", "passed", "note"]
      try fields.allowOnly(known)
      throw CalibrationError("\(fields.path) must hold one quantity, as offsetMicrovolts.")
    }
    let unit = quantity.unit
    try fields.allowOnly([
      "of", quantity.rawValue, "uncertainty" + unit, "atLeast" + unit, "atMost" + unit, "note",
      "passed",
    ])
    let limits = Limits(
      atLeast: try fields.optionalNumber("atLeast" + unit),
      atMost: try fields.optionalNumber("atMost" + unit))
    let value = try fields.optionalNumber(quantity.rawValue)
    let uncertainty = try fields.optionalNumber("uncertainty" + unit)
    let passed = try fields.truth("passed")
    guard (value == nil) == (uncertainty == nil), uncertainty ?? 0 >= 0,
      !passed || value.map(limits.allow) == true
    else {
      throw CalibrationError(
        "\(fields.path): value, uncertainty, limits and 'passed' contradict each other.")
    }
    self.init(
      subject: try fields.text("of"), quantity: quantity, value: value, uncertainty: uncertainty,
      limits: limits, note: try fields.optionalText("note"), passed: passed)
  }
}
