// A SQLite database that survives a power cut: write-ahead log, every commit brought to the disk (synchronous FULL).
// One that is damaged is set aside, so that the program goes on.

import DurableFiles
import Foundation
import GRDB
import Glibc

/// An open database, its schema up to date.
struct DurableDatabase: Sendable {
  let path: String
  let queue: DatabaseQueue
  /// Where a damaged file went that was here before, and what was wrong with it.
  let setAside: (path: String, detail: String)?

  /// Opens for writing: makes the file (mode 0600) where it is missing, checks all of it, migrates it.
  static func open(
    _ path: String, migrator: DatabaseMigrator
  ) throws(AlarmLogError) -> DurableDatabase {
    do throws(AlarmLogError) {
      return DurableDatabase(
        path: path, queue: try whole(path, migrator: migrator), setAside: nil)
    } catch {
      guard error.reason == .corrupt else { throw error }
      let aside = try moveAside(path)
      return DurableDatabase(
        path: path, queue: try whole(path, migrator: migrator), setAside: (aside, error.detail)
      )
    }
  }

  /// Opens for reading, while another program may be writing.
  static func openForReading(
    _ path: String, migrator: DatabaseMigrator
  ) throws(AlarmLogError) -> DatabaseQueue {
    guard access(path, F_OK) == 0 else {
      let reason: AlarmLogError.Reason = errno == ENOENT ? .missing : .notAllowed
      throw AlarmLogError(reason, path: path, detail: String(cString: strerror(errno)))
    }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    return try checked(path) {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try alone(with: path) {
        try refuseNewer(queue, migrator)
        // A file that its program has only just made: nothing is in it.
        guard try queue.read(migrator.hasCompletedMigrations) else {
          throw AlarmLogError(.missing, path: path)
        }
      }
      return queue
    }
  }

  /// Reads or writes in one transaction, with this room's errors.
  func write<T>(_ body: (Database) throws -> T) throws(AlarmLogError) -> T {
    try Self.checked(path) { try queue.write(body) }
  }

  /// Reads a state that no writer changes meanwhile.
  func read<T>(_ body: (Database) throws -> T) throws(AlarmLogError) -> T {
    try Self.checked(path) { try queue.read(body) }
  }

  static func checked<T>(_ path: String, _ body: () throws -> T) throws(AlarmLogError) -> T {
    do { return try body() } catch let error as AlarmLogError { throw error } catch {
      throw AlarmLogError(error, path: path)
    }
  }

  private static func whole(
    _ path: String, migrator: DatabaseMigrator
  ) throws(AlarmLogError) -> DatabaseQueue {
    try make(path)
    return try checked(path) {
      let queue = try alone(with: path) {
        try DatabaseQueue(path: path, configuration: configuration())
      }
      let trouble = try queue.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
      guard trouble == "ok" else {
        throw AlarmLogError(.corrupt, path: path, detail: trouble ?? "no answer")
      }
      try alone(with: path) {
        try refuseNewer(queue, migrator)
        try migrator.migrate(queue)
      }
      return queue
    }
  }

  /// Throws where a later version of this program made the tables. Ask it `alone`.
  private static func refuseNewer(_ queue: DatabaseQueue, _ migrator: DatabaseMigrator) throws {
    if try queue.read(migrator.hasBeenSuperseded) {
      throw AlarmLogError(.newerVersion, path: queue.path)
    }
  }

  /// Runs while nobody else of this program or another makes a database or its tables in the folder. Whoever turns a
  /// new file into one with a write-ahead log needs it alone, and SQLite does not wait for that. A migrator looks which
  /// tables are missing before it makes them, so two would make the same ones, and takes a table that appears while it
  /// looks for a fault. The lock is the folder's, because closing a second descriptor of the database would end
  /// SQLite's own locks.
  private static func alone<T>(with path: String, _ body: () throws -> T) throws -> T {
    let folder = (path as NSString).deletingLastPathComponent
    let descriptor = Glibc.open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    if descriptor >= 0 { while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {} }
    return try body()
  }

  private static func configuration() -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { database in
      // GRDB's own write-ahead mode would lower `synchronous` to NORMAL, which may lose the last commits.
      try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    }
    return configuration
  }

  /// An empty file that only its owner may read: SQLite gives its companions the same mode.
  private static func make(_ path: String) throws(AlarmLogError) {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor >= 0 {
      close(descriptor)
      try? SystemFiles().synchroniseFolder(of: path)
    } else if errno != EEXIST {
      let reason: AlarmLogError.Reason =
        switch errno {
        case ENOSPC, EDQUOT: .full
        case EIO: .inputOutput
        default: .notAllowed
        }
      throw AlarmLogError(reason, path: path, detail: String(cString: strerror(errno)))
    }
  }

  /// Renames a damaged database and what belongs to it; the first name that is free.
  private static func moveAside(_ path: String) throws(AlarmLogError) -> String {
    var number = 1
    while access("\(path).damaged-\(number)", F_OK) == 0 { number += 1 }
    let aside = "\(path).damaged-\(number)"
    guard rename(path, aside) == 0 else {
      throw AlarmLogError(.notAllowed, path: path, detail: String(cString: strerror(errno)))
    }
    rename(path + "-wal", aside + "-wal")
    unlink(path + "-shm")
    try? SystemFiles().synchroniseFolder(of: path)
    return aside
  }
}
