// calibration/<device>.json: everything that was measured of a device, newest last, sealed with the device's key.
// calibration/schema.json is its schema.

import Crypto
import DurableFiles
import Foundation
import StrictJSON

/// The profile that a device was measured with.
public struct ProfileIdentity: Hashable, Sendable {
  /// Its name.
  public let name: String
  /// SHA-256 of its text, hexadecimal.
  public let sha256: String

  /// A profile by its text.
  public init(name: String, text: String) {
    let digest = SHA256.hash(data: Data(text.utf8))
    self.init(
      name: name,
      sha256: digest.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined())
  }

  init(name: String, sha256: String) {
    self.name = name
    self.sha256 = sha256
  }
}

/// A measurement with when, by whom and with what it was made.
public struct CalibrationEntry: Hashable, Sendable {
  /// What was measured.
  public let measurement: FieldMeasurement
  /// When, to the second.
  public let measuredAt: Date
  /// By whom.
  public let operatorName: String
  /// Version of the program.
  public let softwareVersion: String
  /// The profile.
  public let profile: ProfileIdentity
  /// Whether it passed then.
  public let passed: Bool

  /// Signs a measurement.
  public init(
    _ measurement: FieldMeasurement, measuredAt: Date, operatorName: String,
    softwareVersion: String,
    profile: ProfileIdentity
  ) {
    self.init(
      measurement, measuredAt, operatorName, softwareVersion, profile, passed: measurement.passed)
  }

  init(
    _ measurement: FieldMeasurement, _ measuredAt: Date, _ operatorName: String,
    _ softwareVersion: String, _ profile: ProfileIdentity, passed: Bool
  ) {
    self.measurement = measurement
    self.measuredAt = Date(
      timeIntervalSince1970: measuredAt.timeIntervalSince1970.rounded(.down))
    self.operatorName = operatorName
    self.softwareVersion = softwareVersion
    self.profile = profile
    self.passed = passed
  }
}

/// What is known of a device.
public struct CalibrationFile: Hashable, Sendable {
  /// The device's name (`DeviceIdentity.name`).
  public let device: String
  /// Everything that was measured, newest last.
  public private(set) var entries: [CalibrationEntry]

  /// A device of which nothing is known yet, or the entries given.
  public init(device: String, entries: [CalibrationEntry] = []) {
    self.device = device
    self.entries = entries
  }

  /// The name of a device's file: what no file name can hold is a hyphen.
  public static func name(of device: String) -> String {
    let safe = device.unicodeScalars.map { scalar -> Character in
      let isSafe =
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      return isSafe || "-_".unicodeScalars.contains(scalar) ? Character(scalar) : "-"
    }
    return String(safe) + ".json"
  }

  /// Adds what was measured last.
  public mutating func append(_ entry: CalibrationEntry) { entries.append(entry) }

  /// What was measured last of a kind.
  public func newest(
    _ kind: MeasurementKind, where fits: (CalibrationEntry) -> Bool = { _ in true }
  ) -> CalibrationEntry? {
    entries.last { $0.measurement.kind == kind && fits($0) }
  }

  /// Loads a file and checks its seal and its content. Nil where there is none.
  public static func load(
    _ path: String, key: DeviceKey?
  ) throws(CalibrationError) -> CalibrationFile? {
    guard access(path, F_OK) == 0 else { return nil }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CalibrationError("\(path) cannot be read: run as a user who may.")
    }
    return try parse(Array(data), name: URL(filePath: path).lastPathComponent, key: key)
  }

  /// Writes it, sealed: whole or not at all, and on the disk when this returns.
  public func write(to path: String, key: DeviceKey) throws(CalibrationError) {
    do throws(DurableFileError) {
      try DurableFile.write(Array(text(key: key).utf8), to: path)
    } catch {
      throw CalibrationError(error.description)
    }
  }
}
