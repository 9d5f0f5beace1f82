// Why the log cannot be read or written.

import GRDB

/// A failure of a database of this program: one sentence that names the file, the reason and the remedy.
public struct AlarmLogError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is.
  public enum Reason: Hashable, Sendable {
    /// No such file.
    case missing
    /// A newer program made it.
    case newerVersion
    /// The file's content is damaged, or it is no database.
    case corrupt
    /// No space is left.
    case full
    /// This user or this file system does not allow it.
    case notAllowed
    /// The disk fails.
    case inputOutput
    /// Another program holds it too long.
    case busy
    /// Something else, in SQLite's words.
    case other
  }

  /// What kind of trouble it is.
  public let reason: Reason
  /// The sentence.
  public let description: String
  /// SQLite's or the system's words, as they stand in it; may be empty.
  let detail: String

  init(_ reason: Reason, path: String, detail: String = "") {
    self.reason = reason
    self.detail = detail
    let words = detail.isEmpty ? "" : " (\(detail))"
    switch reason {
    case .missing:
      description =
        "\(path): there is no alarm log. A live monitor keeps one here; a simulation or a replay "
        + "where --state names a folder."
    case .newerVersion:
      description =
        "\(path): was written by a newer version of this program; update this one, or use another "
        + "state folder."
    case .corrupt:
      description =
        "\(path): is damaged\(words); the next start of the monitor sets it aside and begins a "
        + "new one."
    case .full: description = "\(path): the disk is full; free space on it."
    case .notAllowed:
      description =
        "\(path): may not be used\(words); run as the user that owns it, and look whether the "
        + "file system is mounted read-only."
    case .inputOutput:
      description = "\(path): the disk fails\(words); look at dmesg and replace it."
    case .busy: description = "\(path): another program holds it; end that one."
    case .other: description = "\(path): cannot be used\(words)."
    }
  }

  /// What an error of GRDB or SQLite means.
  init(_ error: any Error, path: String) {
    guard let error = error as? DatabaseError else {
      self.init((error as? AlarmLogError)?.reason ?? .other, path: path, detail: "\(error)")
      return
    }
    let reason: Reason =
      switch error.resultCode {
      case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
      case .SQLITE_FULL: .full
      case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: .notAllowed
      case .SQLITE_IOERR, .SQLITE_NOLFS: .inputOutput
      case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
      default: .other
      }
    self.init(reason, path: path, detail: error.message ?? "\(error.resultCode)")
  }
}
