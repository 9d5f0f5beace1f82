// The key with which a device seals its calibrations. It lives on the device, outside of the repository; who can read
// it can make a seal. A seal tells that a file was not changed by accident or by somebody without the key, no more.

import Crypto
import DurableFiles
import Foundation
import Glibc

/// A device's key.
public struct DeviceKey: Sendable {
  /// First bytes of the key's SHA-256, hexadecimal: which key a seal was made with.
  public let id: String
  private let key: SymmetricKey

  /// A key from its bytes.
  public init(bytes: [UInt8]) {
    key = SymmetricKey(data: bytes)
    id = SHA256.hash(data: bytes).prefix(8).map { Self.hexadecimal($0) }.joined()
  }

  /// HMAC-SHA256 of a text, hexadecimal (RFC 2104).
  func seal(_ text: String) -> String {
    HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)
      .map { Self.hexadecimal($0) }.joined()
  }

  /// The key at a place, nil where there is none.
  public static func load(_ place: Place) throws(CalibrationError) -> DeviceKey? {
    let path = place.path
    var status = stat()
    guard stat(path, &status) == 0 else {
      // A folder that may not be entered hides it: that is no device without a key.
      guard errno == EACCES else { return nil }
      throw unreadable(path)
    }
    guard place.isCredential || status.st_mode & 0o077 == 0 else {
      throw CalibrationError(
        "The device key \(path) can be read by others than its owner: chmod 600 \(path).")
    }
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw unreadable(path)
    }
    let digits = text.trimmingCharacters(in: .whitespacesAndNewlines)
    // What the unit of systemd gives where the device has no key yet.
    if place.isCredential && digits == Place.noCredential { return nil }
    guard let bytes = bytes(digits) else {
      throw CalibrationError(
        "The device key \(path) is not 64 hexadecimal digits: restore it from a copy, or remove it "
          + "and calibrate again.")
    }
    return DeviceKey(bytes: bytes)
  }

  private static func unreadable(_ path: String) -> CalibrationError {
    CalibrationError(
      "The device key \(path) cannot be read: run as its owner (sudo), or set ECGCLIP_DEVICE_KEY.")
  }

  /// The key at a place, made where there is none: 32 random bytes that only their owner can read.
  public static func loadOrMake(_ place: Place) throws(CalibrationError) -> DeviceKey {
    if let key = try load(place) { return key }
    let path = place.path
    let folder = URL(filePath: path).deletingLastPathComponent()
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let digits = (0..<32).map { _ in hexadecimal(UInt8.random(in: .min ... .max)) }.joined()
    do throws(DurableFileError) {
      try DurableFile.write(Array("\(digits)\n".utf8), to: path, mode: 0o600, replacing: false)
    } catch {
      throw CalibrationError(error.description)
    }
    guard let key = try load(place) else {
      throw CalibrationError("The device key \(path) is gone again: check the disk.")
    }
    return key
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    guard text.utf8.count == 64 else { return nil }
    var bytes: [UInt8] = []
    var rest = text[...]
    while !rest.isEmpty {
      guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    return bytes
  }
}
