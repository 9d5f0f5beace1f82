// Files that appear whole: written beside their place, brought to the disk, then renamed.

import Foundation
import Glibc

/// Writes small files so that no reader and no power cut ever sees half of one.
enum AtomicFile {
  /// Writes `bytes` as the file at `path`; unless `replacing`, refuses where it exists.
  static func write(
    _ bytes: [UInt8], to path: String, replacing: Bool
  ) throws(RecordingError) {
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failed(path) }
    let written = bytes.withUnsafeBytes { writeAll(descriptor, $0) == $0.count }
    guard written, fsync(descriptor) == 0 else {
      let error = failed(path)
      close(descriptor)
      unlink(temporary)
      throw error
    }
    close(descriptor)
    // A link fails where the name is taken, a rename replaces it.
    let placed = replacing ? rename(temporary, path) : link(temporary, path)
    guard placed == 0 else {
      let error = failed(path)
      unlink(temporary)
      throw error
    }
    if !replacing { unlink(temporary) }
    synchroniseFolder(of: path)
  }

  /// Writes all bytes, however the system splits them; returns how many it took.
  static func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      done += count
    }
    return done
  }

  /// Brings the folder's entry of a new or renamed file to the disk, as far as the file system can.
  static func synchroniseFolder(of path: String) {
    let folder = Recordings.parentFolder(path)
    let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// The error of the last system call on a file that was to be written, with its remedy.
  static func failed(_ path: String) -> RecordingError {
    let remedy =
      switch errno {
      case ENOSPC, EDQUOT: "free space on the disk"
      case EACCES, EPERM, EROFS: "make the folder writable or choose another"
      case ENOENT, ENOTDIR: "create the folder first"
      case EEXIST: "choose another name or move the file away"
      case EIO: "check the disk, it may be failing"
      default: "check the disk"
      }
    return RecordingError("\(path): cannot be written (\(reason())); \(remedy)")
  }
}
