// A measurement as people and as programs read it.

import Calibration
import ECGSignal
import Foundation
import Monitor

struct CalibrationReport {
  let entry: CalibrationEntry
  /// The device's name.
  let device: String
  let provenance: Provenance
  /// Where it was written, nil where it was not.
  let path: String?

  var text: String {
    let measurement = entry.measurement
    let values = measurement.values
    var lines = [
      "\(mark)\(measurement.kind.rawValue) of \(device): \(measurement.method)"
        + conditionText, "",
    ]
    let width = values.map(\.subject.count).max() ?? 0
    for value in values { lines.append(Self.line(value, width: width)) }
    lines.append("")
    let suspects = measurement.kind == .impedance ? measurement.suspectedElectrodes() : []
    if !suspects.isEmpty {
      lines.append("Look at \(suspects.joined(separator: ", ")): skin, gel, cable.")
    }
    lines.append(
      (entry.passed ? "PASSED" : "FAILED")
        + (path.map { ", written to \($0)" } ?? ", not written"))
    return lines.joined(separator: "\n")
  }

  /// Everything that comes from no live front-end says so.
  private var mark: String {
    switch provenance {
    case .simulated: "SIMULATED "
    case .replay: "REPLAY "
    case .live, .testSignal: ""
    }
  }

  private var conditionText: String {
    guard let hertz = entry.measurement.conditions["mainsHz"] else { return "" }
    return ", \(hertz) Hz"
  }

  /// "ok      V1  offset            12.3 +- 0.4 uV     (-5000 to 5000)"
  static func line(_ value: MeasuredValue, width: Int) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    let number =
      value.value.map { number in
        let digits = digits(value.uncertainty ?? 0)
        let sure = value.uncertainty ?? 0
        return rounded(number, digits) + (sure > 0 ? " +- \(rounded(sure, digits))" : "")
      } ?? "--"
    let symbol = value.quantity.symbol.isEmpty ? "" : " " + value.quantity.symbol
    let columns = [
      padded(value.passed ? "ok" : "FAILED", 6), padded(value.subject, width),
      padded(value.quantity.title, 15), padded(number + symbol, 24),
      padded(limitText(value.limits), 18), value.note ?? "",
    ]
    return columns.joined(separator: "  ").replacing(#/ +$/#, with: "")
  }

  private static func limitText(_ limits: Limits) -> String {
    switch (limits.atLeast, limits.atMost) {
    case (let low?, let high?): "\(short(low)) to \(short(high))"
    case (let low?, nil): "at least \(short(low))"
    case (nil, let high?): "at most \(short(high))"
    case (nil, nil): ""
    }
  }

  private static func short(_ number: Double) -> String {
    number == number.rounded() ? "\(Int(number))" : "\(number)"
  }

  /// Digits after the point with which an uncertainty shows two of its own.
  private static func digits(_ uncertainty: Double) -> Int {
    guard uncertainty > 0 else { return 0 }
    return min(max(1 - Int(log10(uncertainty).rounded(.down)), 0), 6)
  }

  private static func rounded(_ number: Double, _ digits: Int) -> String {
    number.formatted(
      .number.precision(.fractionLength(digits)).grouping(.never).locale(
        Locale(identifier: "en_US_POSIX")))
  }
}

extension CalibrationReport {
  /// The object that `--json` prints.
  var object: Object {
    let measurement = entry.measurement
    return Object(
      kind: measurement.kind.rawValue, device: device,
      simulated: provenance == .simulated || provenance == .replay,
      passed: entry.passed, method: measurement.method,
      measuredAt: entry.measuredAt.formatted(.iso8601), operator: entry.operatorName,
      profileName: entry.profile.name, profileSHA256: entry.profile.sha256,
      softwareVersion: entry.softwareVersion, conditions: measurement.conditions,
      values: measurement.values.map(Value.init), path: Nullable(path))
  }

  struct Object: Encodable {
    let kind: String
    let device: String
    let simulated: Bool
    let passed: Bool
    let method: String
    let measuredAt: String
    let `operator`: String
    let profileName: String
    let profileSHA256: String
    let softwareVersion: String
    let conditions: [String: Double]
    let values: [Value]
    let path: Nullable<String>
  }

  /// A number with the keys that it has in the file.
  struct Value: Encodable {
    let value: MeasuredValue

    init(_ value: MeasuredValue) { self.value = value }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      let unit = value.quantity.unit
      try container.encode(value.subject, forKey: Key("of"))
      try container.encode(Nullable(value.value), forKey: Key(value.quantity.rawValue))
      try container.encode(Nullable(value.uncertainty), forKey: Key("uncertainty" + unit))
      try container.encodeIfPresent(value.limits.atLeast, forKey: Key("atLeast" + unit))
      try container.encodeIfPresent(value.limits.atMost, forKey: Key("atMost" + unit))
      try container.encodeIfPresent(value.note, forKey: Key("note"))
      try container.encode(value.passed, forKey: Key("passed"))
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
