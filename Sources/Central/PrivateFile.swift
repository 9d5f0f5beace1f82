// Files that hold a secret: written for their owner alone, and refused where others could have read them.

import DurableFiles
import Foundation

/// Why a key, a password or an address is refused: one sentence that names the thing, the reason and the remedy.
public struct CentralError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  /// Creates the error from its sentence.
  public init(_ description: String) { self.description = description }
}

enum PrivateFile {
  /// Far above any key or password.
  private static let byteCountMax = 65_536

  /// The path of a secret: a name without a folder may be a credential of systemd (`LoadCredential=`).
  static func path(_ name: String) -> String {
    guard !name.contains("/"), let folder = credentialsFolder,
      access("\(folder)/\(name)", F_OK) == 0
    else { return name }
    return "\(folder)/\(name)"
  }

  /// Reads a file that only its owner can read, or that systemd guards.
  static func read(_ path: String) throws(CentralError) -> [UInt8] {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CentralError("\(path) cannot be read (\(reason())): check its path and its owner.")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw CentralError("\(path) is no file: name the file that holds the secret.")
    }
    guard status.st_mode & 0o077 == 0 || isCredential(path) else {
      let mode = String(status.st_mode & 0o777, radix: 8)
      throw CentralError(
        "\(path) can be used by others than its owner (mode \(mode)), so it is no secret: "
          + "run 'chmod 600 \(path)', and make a new one if somebody may have read it.")
    }
    var bytes = [UInt8](repeating: 0, count: byteCountMax)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count >= 0 && count < bytes.count else {
      throw CentralError("\(path) is no file of a secret: it cannot be read, or is too long.")
    }
    return Array(bytes[..<count])
  }

  /// Writes a new file with mode 0600, and is sure that it lies on the disk. Never overwrites.
  static func create(_ path: String, _ bytes: [UInt8]) throws(CentralError) {
    do throws(DurableFileError) {
      try DurableFile.write(bytes, to: path, mode: 0o600, replacing: false)
    } catch {
      throw CentralError(
        error.code == EEXIST
          ? "\(path) is there, and a key is never overwritten: choose another name."
          : error.description)
    }
  }

  /// Whether systemd put the file there, for this service alone: it guards it by an access list, which the mode shows
  /// as a group's.
  private static func isCredential(_ path: String) -> Bool {
    guard let folder = credentialsFolder else { return false }
    return URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
      .hasPrefix(folder + "/")
  }

  /// Where systemd puts this service's credentials, nil outside of one.
  static var credentialsFolder: String? {
    guard let folder = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"],
      folder.hasPrefix("/")
    else { return nil }
    let path = URL(filePath: folder).resolvingSymlinksInPath().path(percentEncoded: false)
    return path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private static func reason() -> String { String(cString: strerror(errno)) }
}
