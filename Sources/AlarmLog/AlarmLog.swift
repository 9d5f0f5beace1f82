// The alarm log for its writer: entries are appended, never changed, and are on the disk when the call returns.

import Foundation
import GRDB

/// A log open for writing, by one program at a time; others may read meanwhile. Any thread, one call at a time.
public struct AlarmLog: Sendable {
  /// Entries that are kept at least.
  public static let entriesKeptDefault = 10_000

  /// What people must know about the opening: a damaged log that was set aside. Nil where all was well.
  public let notice: String?
  let database: DurableDatabase
  private let entriesKept: Int

  /// Opens the log in a file, which is made where it is missing. A damaged one is renamed and a new one begun.
  ///
  /// Blocks while the whole file is checked: seconds on a slow card.
  public init(
    path: String, entriesKept: Int = AlarmLog.entriesKeptDefault
  ) throws(AlarmLogError) {
    precondition(entriesKept > 0)
    self.entriesKept = entriesKept
    database = try DurableDatabase.open(path, migrator: LogSchema.migrator)
    notice = database.setAside.map { aside in
      "The alarm log was damaged (\(aside.detail)): it is kept as \(aside.path), and a new one begun."
    }
  }

  /// Writes entries in their order, all or none. When it returns they survive a power cut. One that is there already
  /// is left alone, so that after an error, which does not tell whether the disk took them, the same may come again.
  ///
  /// Before the start of a session stands an entry about the session before, where that has no end: its monitor was
  /// killed, or the machine lost its power. Behind it stands one about the limits, where they are others than before.
  public func append(_ entries: [AlarmLogEntry]) throws(AlarmLogError) {
    try database.write { database in
      if let notice, let first = entries.first, try AlarmLogEntry.fetchCount(database) == 0 {
        var entry = first.system(LogPhase.setAside, notice)
        try entry.insert(database)
      }
      for var entry in entries where try !Self.holds(entry, database) {
        guard entry.kind == .system && entry.phase == LogPhase.start else {
          try entry.insert(database)
          continue
        }
        var cut = try Self.cut(before: entry, database)
        var change = try Self.changeOfLimits(before: entry, database)
        try cut?.insert(database)
        try entry.insert(database)
        try change?.insert(database)
      }
      try prune(database)
    }
  }

  private static func holds(_ entry: AlarmLogEntry, _ database: Database) throws -> Bool {
    guard let serial = entry.serial else { return false }
    return try !AlarmLogEntry.filter(Column("session") == entry.session)
      .filter(Column("serial") == serial).isEmpty(database)
  }

  /// The entry about a session that did not end.
  private static func cut(
    before start: AlarmLogEntry, _ database: Database
  ) throws -> AlarmLogEntry? {
    let border = AlarmLogEntry.filter(Column("kind") == LogKind.system.rawValue)
      .filter([LogPhase.start, LogPhase.stop].contains(Column("phase")))
      .order(Column("id").desc)
    guard let lastBorder = try border.fetchOne(database), lastBorder.phase == LogPhase.start,
      let last = try AlarmLogEntry.filter(Column("session") == lastBorder.session)
        .order(Column("id").desc).fetchOne(database)
    else { return nil }
    let isSameBoot = last.boot == start.boot
    var entry = start.system(
      isSameBoot ? LogPhase.killed : LogPhase.powerCut,
      isSameBoot
        ? "The monitor before was killed or crashed: it wrote no end"
        : "The machine lost its power or was restarted while it monitored")
    entry.session = last.session
    entry.record = last.record
    entry.provenance = last.provenance
    entry.cause = "last entry \(last.wallText)"
    return entry
  }

  /// The entry about limits that are others than in the session before.
  private static func changeOfLimits(
    before start: AlarmLogEntry, _ database: Database
  ) throws -> AlarmLogEntry? {
    let starts = AlarmLogEntry.filter(Column("kind") == LogKind.system.rawValue)
      .filter(Column("phase") == LogPhase.start)
    guard let last = try starts.order(Column("id").desc).fetchOne(database) else { return nil }
    let changes = Set(last.limits.keys).union(start.limits.keys).sorted()
      .filter { last.limits[$0] != start.limits[$0] }
      .map { name in
        let values = [last.limits[name], start.limits[name]].map { $0.map { "\($0)" } ?? "none" }
        return "\(name) \(values[0]) -> \(values[1])"
      }
    guard !changes.isEmpty else { return nil }
    var entry = start.system(
      LogPhase.limitsChanged, "Limits differ from those of the session before")
    entry.cause = changes.joined(separator: ", ")
    entry.limits = start.limits
    return entry
  }

  /// Removes the oldest entries once there are a twentieth more than are kept, and says so.
  private func prune(_ database: Database) throws {
    let count = try AlarmLogEntry.fetchCount(database)
    guard count > entriesKept + entriesKept / 20 else { return }
    // The note is one of those that stay.
    let surplus = AlarmLogEntry.order(Column("id")).limit(count - entriesKept + 1)
    let oldest = try surplus.fetchAll(database)
    guard let first = oldest.first, let last = oldest.last, let lastID = last.id,
      let newest = try AlarmLogEntry.order(Column("id").desc).fetchOne(database)
    else { return }
    try AlarmLogEntry.filter(Column("id") <= lastID).deleteAll(database)
    var note = newest.system(
      LogPhase.pruned,
      "\(oldest.count) oldest entries, \(first.wallText) to \(last.wallText), were removed: the log "
        + "keeps \(entriesKept)")
    try note.insert(database)
  }
}

/// What can have happened to a monitor itself.
public enum LogPhase {
  /// It began to monitor.
  public static let start = "start"
  /// It ended in order.
  public static let stop = "stop"
  /// The session before was cut off with the machine's power.
  public static let powerCut = "powerCut"
  /// The session before was cut off while the machine ran on.
  public static let killed = "killed"
  /// A damaged log was set aside.
  public static let setAside = "setAside"
  /// The oldest entries were removed.
  public static let pruned = "pruned"
  /// Entries could not be written and are not in the log.
  public static let entriesLost = "entriesLost"
  /// Limits are others than in the session before.
  public static let limitsChanged = "limitsChanged"
  /// Something that people were told.
  public static let problem = "problem"
}

extension AlarmLogEntry {
  /// An entry of the system at the same time and of the same session.
  public func system(_ phase: String, _ message: String) -> AlarmLogEntry {
    var entry = AlarmLogEntry(
      kind: .system, phase: phase, message: message,
      time: LogTime(
        monotonicNanoseconds: UInt64(clamping: monotonicNanoseconds),
        wallMilliseconds: wallMilliseconds),
      session: session, provenance: provenance, boot: boot)
    entry.isClockSynchronised = isClockSynchronised
    entry.record = record
    return entry
  }

  /// When it happened, ISO 8601 in UTC with milliseconds.
  public var wallText: String { Self.text(wallMilliseconds) }

  static func text(_ milliseconds: Int64) -> String {
    Date.ISO8601FormatStyle(includingFractionalSeconds: true)
      .format(Date(timeIntervalSince1970: Double(milliseconds) / 1000))
  }
}
