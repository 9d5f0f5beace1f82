// Small files that appear whole and stay: written beside their place, brought to the disk, then renamed. After a
// power cut at any moment the old content is read or the new, never half of one.

import Glibc

/// Why a file cannot be written: one sentence that names it, the reason and the remedy.
public struct DurableFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// The system's error number.
  public let code: Int32

  /// Describes a failure.
  public init(path: String, code: Int32) {
    self.path = path
    self.code = code
  }

  /// The sentence.
  public var description: String {
    "\(path) cannot be written (\(String(cString: strerror(code)))): \(remedy)."
  }

  private var remedy: String {
    switch code {
    case ENOSPC, EDQUOT: "free space on the disk"
    case EACCES, EPERM, EROFS: "make its folder writable or choose another"
    case ENOENT, ENOTDIR: "create its folder first"
    case EEXIST: "choose another name or move the file away"
    case EIO: "check the disk, it may be failing"
    default: "check the disk"
    }
  }
}

/// Writes small files durably.
public enum DurableFile {
  /// Writes `bytes` as the file at `path`. When it returns, a power cut no longer takes them away. Waits for the disk:
  /// never from a real-time thread.
  ///
  /// - Parameters:
  ///   - mode: the file's permissions, whatever the process's mask.
  ///   - replacing: whether a file that is there goes; else it is an error.
  ///   - disk: the system's files, or a test's.
  public static func write(
    _ bytes: [UInt8], to path: String, mode: mode_t = 0o644, replacing: Bool = true,
    on disk: any FileSystem = SystemFiles()
  ) throws(DurableFileError) {
    let temporary = path + ".new"
    do throws(FileSystemError) {
      try disk.write(bytes, toNew: temporary, mode: mode)
      // A link fails where the name is taken, a rename replaces it.
      if replacing {
        try disk.rename(temporary, to: path)
      } else {
        try disk.link(temporary, as: path)
        disk.remove(temporary)
      }
      try disk.synchroniseFolder(of: path)
    } catch {
      disk.remove(temporary)
      throw DurableFileError(path: path, code: error.code)
    }
  }
}
