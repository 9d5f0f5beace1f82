// A device's key as a file: made by `ecgclip link keygen`, copied to the device and to the central station.

import AlertLink
import Foundation
import StrictJSON

/// Reads and writes key files: one JSON object, mode 0600.
public enum LinkKeyFile {
  /// How a key's file ends.
  public static let suffix = ".key"
  private static let schemaVersion = 1.0
  private static let known = ["schemaVersion", "device", "keyID", "firstEpoch", "secret"]

  /// Makes a new random key of a device and writes it into a folder, or to a path that ends in `.key`; never over
  /// another.
  ///
  /// - Returns: where it is, and its number.
  public static func make(
    device: String, at place: String, unixSeconds: UInt64
  ) throws(CentralError) -> (path: String, id: UInt32) {
    let id = UInt32.random(in: 1 ... .max)
    // The system's generator, as for every secret here (getrandom).
    let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
    guard LinkKey(id: id, device: device, firstEpoch: unixSeconds, secret: secret) != nil else {
      throw CentralError(
        "'\(device)' cannot name a device: use 1 to 64 letters, digits and . _ - without accents.")
    }
    let isFile = place.hasSuffix(suffix)
    let path = isFile ? place : "\(place)/\(device)-\(id)\(suffix)"
    let object = JSONValue.object([
      "schemaVersion": .number(schemaVersion), "device": .string(device),
      "keyID": .number(Double(id)), "firstEpoch": .number(Double(unixSeconds)),
      "secret": .string(hexadecimal(secret)),
    ])
    try PrivateFile.create(path, Array((object.prettyText + "\n").utf8))
    return (path, id)
  }

  /// Reads a key. A name without a folder may be a credential of systemd (`LoadCredential=`).
  public static func read(_ path: String) throws(CentralError) -> LinkKey {
    let path = PrivateFile.path(path)
    let bytes = try PrivateFile.read(path)
    let why: String
    do {
      let fields = try JSONFields(JSONValue(parsing: bytes), path: path)
      try fields.allowOnly(known)
      if let key = key(
        id: UInt32(exactly: try fields.number("keyID")), device: try fields.text("device"),
        firstEpoch: UInt64(exactly: try fields.number("firstEpoch")),
        secret: Self.bytes(try fields.text("secret"))),
        try fields.number("schemaVersion") == schemaVersion
      {
        return key
      }
      why = "a value is out of range"
    } catch let error as JSONError {
      why = error.description
    } catch let error as JSONFieldError {
      why = error.description
    } catch { why = "\(error)" }
    throw CentralError(
      "\(path) is no key (\(why)): make one with 'ecgclip link keygen DEVICE' and copy it whole.")
  }

  /// All keys of a folder, by their numbers; of a device there may be several while they are exchanged.
  public static func readAll(folder: String) throws(CentralError) -> [LinkKey] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw CentralError(
        "\(folder) is no folder of keys: make it, and a key in it with "
          + "'ecgclip link keygen DEVICE --output \(folder)'.")
    }
    var keys: [UInt32: (key: LinkKey, path: String)] = [:]
    for name in names.sorted() where name.hasSuffix(suffix) {
      let path = "\(folder)/\(name)"
      let key = try read(path)
      if let other = keys[key.id] {
        throw CentralError("\(path) and \(other.path) have the same number: remove one of them.")
      }
      keys[key.id] = (key, path)
    }
    return keys.values.map(\.key).sorted { $0.id < $1.id }
  }

  private static func key(
    id: UInt32?, device: String, firstEpoch: UInt64?, secret: [UInt8]?
  ) -> LinkKey? {
    guard let id, id > 0, let firstEpoch, let secret else { return nil }
    return LinkKey(id: id, device: device, firstEpoch: firstEpoch, secret: secret)
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func bytes(_ hexadecimal: String) -> [UInt8]? {
    let digits = Array(hexadecimal.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: digits.count, by: 2) {
      let pair = String(decoding: digits[start..<start + 2], as: UTF8.self)
      guard !pair.hasPrefix("+"), let byte = UInt8(pair, radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
