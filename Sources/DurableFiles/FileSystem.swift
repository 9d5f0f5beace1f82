// The few things that a durable file asks of a file system, so that a test can cut the power between any two of them.

import Glibc

/// A system call that failed, by its error number.
public struct FileSystemError: Error, Hashable, Sendable {
  /// The number (`errno`).
  public let code: Int32

  /// An error with a number.
  public init(code: Int32) { self.code = code }
}

/// Where durable files are.
public protocol FileSystem {
  /// Creates a file of this content, or empties and fills one that is there, and brings it to the disk.
  func write(_ bytes: [UInt8], toNew path: String, mode: mode_t) throws(FileSystemError)

  /// Gives a file another name, in place of a file that has it.
  func rename(_ path: String, to place: String) throws(FileSystemError)

  /// Gives a file a further name, which must be free.
  func link(_ path: String, as name: String) throws(FileSystemError)

  /// Brings the names in the file's folder to the disk.
  func synchroniseFolder(of path: String) throws(FileSystemError)

  /// Takes a name away, where it is there.
  func remove(_ path: String)
}

/// The system's own files.
public struct SystemFiles: FileSystem {
  /// The system's files.
  public init() {}

  public func write(_ bytes: [UInt8], toNew path: String, mode: mode_t) throws(FileSystemError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw FileSystemError(code: errno) }
    defer { close(descriptor) }
    // Before the first byte: what is for the owner alone never was for others.
    guard fchmod(descriptor, mode) == 0,
      bytes.withUnsafeBytes({ Self.writeAll(descriptor, $0) }) == bytes.count,
      fsync(descriptor) == 0
    else { throw FileSystemError(code: errno) }
  }

  public func rename(_ path: String, to place: String) throws(FileSystemError) {
    guard Glibc.rename(path, place) == 0 else { throw FileSystemError(code: errno) }
  }

  public func link(_ path: String, as name: String) throws(FileSystemError) {
    guard Glibc.link(path, name) == 0 else { throw FileSystemError(code: errno) }
  }

  public func synchroniseFolder(of path: String) throws(FileSystemError) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileSystemError(code: errno) }
    defer { close(descriptor) }
    // Some file systems have no such thing for folders; there, a rename is as durable as it gets.
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else {
      throw FileSystemError(code: errno)
    }
  }

  public func remove(_ path: String) { unlink(path) }

  /// Writes all bytes, however the system splits them; returns how many it took, with `errno` where it is not all.
  public static func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 && errno == EINTR { continue }
      if count == 0 { errno = EIO }
      guard count > 0 else { break }
      done += count
    }
    return done
  }
}
