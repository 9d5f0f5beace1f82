// A model's folder and its manifest. What is hashed is what is used: a file is handed on as the bytes that
// were read and checked. Until models are signed, this guards against damage, not against forgery.

import Crypto
import Glibc

/// The files of a model, by the manifest's SHA-256.
struct ModelFolder {
  static let manifestName = "SHA256SUMS"
  private static let fileByteCountMax = 256 << 20

  let path: String
  private var digests: [String: String] = [:]

  /// Reads the manifest of a folder.
  init(_ path: String) throws(ModelError) {
    self.path = path
    let manifest = try Self.read(path + "/" + Self.manifestName)
    for line in manifest.split(separator: 0x0A) {
      let (digest, name) = try Self.entry(line, folder: path)
      guard digests.updateValue(digest, forKey: name) == nil else {
        throw ModelError(
          "\(path)/\(Self.manifestName) lists \(name) twice. Copy the model folder again.")
      }
    }
  }

  /// Whether the manifest lists a file.
  func lists(_ name: String) -> Bool { digests[name] != nil }

  /// Reads a listed file and checks it.
  func bytes(_ name: String) throws(ModelError) -> [UInt8] {
    let digest = try digest(name)
    let bytes = try Self.read(path + "/" + name)
    let found = Self.sha256(bytes)
    guard found == digest else {
      throw ModelError(
        """
        \(path)/\(name) is not the file that \(Self.manifestName) describes (SHA-256 \(found)). \
        Copy the model folder again.
        """)
    }
    return bytes
  }

  /// Checks every listed file.
  func checkAll() throws(ModelError) {
    for name in digests.keys.sorted() { _ = try bytes(name) }
  }

  /// The SHA-256 of a listed file.
  func digest(_ name: String) throws(ModelError) -> String {
    guard let digest = digests[name] else {
      throw ModelError(
        "\(path)/\(Self.manifestName) does not list \(name). Copy the model folder again.")
    }
    return digest
  }

  /// A line of `sha256sum`: 64 digits, two characters, a plain file name.
  private static func entry(
    _ line: ArraySlice<UInt8>, folder: String
  ) throws(ModelError) -> (digest: String, name: String) {
    let digest = line.prefix(64)
    let separator = Array(line.dropFirst(64).prefix(2))
    let name = String(decoding: line.dropFirst(66), as: UTF8.self)
    let digits = Array("0123456789abcdef".utf8)
    guard digest.count == 64, digest.allSatisfy(digits.contains),
      separator == Array("  ".utf8) || separator == Array(" *".utf8),
      !name.isEmpty, !name.contains("/"), !name.contains("\0"), name != "..", name != "."
    else {
      throw ModelError(
        "\(folder)/\(manifestName) has a line that sha256sum does not write. Copy the model again.")
    }
    return (String(decoding: digest, as: UTF8.self), name)
  }

  /// The SHA-256 of some bytes in 64 hexadecimal digits.
  static func sha256(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let text = SHA256.hash(data: bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  private static func read(_ path: String) throws(ModelError) -> [UInt8] {
    guard let file = fopen(path, "rb") else {
      let reason = String(cString: strerror(errno))
      throw ModelError("\(path) cannot be opened: \(reason). Give the folder of a complete model.")
    }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let size = ftell(file)
    rewind(file)
    guard size <= fileByteCountMax else {
      throw ModelError("\(path) is larger than any model's file. Give the folder of a model.")
    }
    let bytes = [UInt8](unsafeUninitializedCapacity: max(0, size)) { buffer, count in
      count = fread(buffer.baseAddress, 1, buffer.count, file)
    }
    guard ferror(file) == 0 else {
      throw ModelError(
        "\(path) cannot be read: \(String(cString: strerror(errno))). Copy it again.")
    }
    return bytes
  }
}
