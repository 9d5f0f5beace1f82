// The receiver's memory on the disk: what it accepted of every device, and what its outputs have had of that.

import AlertLink
import Foundation
import GRDB

/// An inbox in a SQLite file. One thread at a time.
public final class StoredInbox: AlertInbox {
  /// Messages that are kept although every output has had them.
  public static let keptCount = 10_000
  /// Messages that may wait for an output that takes none: 200 MB.
  public static let waitingMax = 200_000

  private let store: AlertDatabase
  private let keptCount: Int
  private let waitingMax: Int
  private let outputs: [String]?

  /// Opens the inbox, which is made where it is missing. A damaged one is renamed and told, and a new one begun.
  ///
  /// - Parameters:
  ///   - outputs: those that are in use: nothing is kept for another, which goes on later with what is there then. Nil
  ///     for all that ever were.
  ///   - tell: takes sentences that people must know, on the thread that calls.
  public init(
    path: String, keptCount: Int = StoredInbox.keptCount, waitingMax: Int = StoredInbox.waitingMax,
    outputs: [String]? = nil, tell: @escaping @Sendable (String) -> Void
  ) throws(AlarmLogError) {
    self.keptCount = keptCount
    self.waitingMax = waitingMax
    self.outputs = outputs
    store = try AlertDatabase(path, migrator: Self.migrator, tell: tell)
  }

  public func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64 {
    try store.beginEpoch(atLeast: floor)
  }

  public func newest(of device: String) throws(AlertStoreError) -> AlertPosition? {
    try store.read { try Self.newest(of: device, $0) }
  }

  public func accept(_ entries: [InboxEntry]) throws(AlertStoreError) {
    let lost = try store.write { database in
      for entry in entries { try Self.accept(entry, database) }
      return try prune(database)
    }
    if lost > 0 {
      store.say("\(lost) alerts were given up that an output has not taken: too many wait.")
    }
  }

  public func accepted(
    after number: UInt64, limit: Int
  ) throws(AlertStoreError) -> [InboxEntry] {
    try store.read { database in
      let rows = try Row.fetchAll(
        database, sql: "SELECT * FROM accepted WHERE number > ? ORDER BY number LIMIT ?",
        arguments: [Int64(clamping: number), limit])
      return try rows.map { row in
        let number: Int64 = try row.value("number")
        return InboxEntry(
          device: try row.value("device"), record: try AlertRecord(row),
          number: UInt64(clamping: number))
      }
    }
  }

  public func published(by output: String) throws(AlertStoreError) -> UInt64 {
    try store.read { UInt64(clamping: try Self.published(by: output, $0) ?? 0) }
  }

  public func markPublished(by output: String, through number: UInt64) throws(AlertStoreError) {
    try store.write { database in
      let reached = max(Int64(clamping: number), try Self.published(by: output, database) ?? 0)
      try database.execute(
        sql: "INSERT OR REPLACE INTO output (name, number) VALUES (?, ?)",
        arguments: [output, reached])
    }
  }

  private static func accept(_ entry: InboxEntry, _ database: Database) throws {
    let position = entry.record.position
    guard try newest(of: entry.device, database).map({ $0 < position }) ?? true else { return }
    try database.execute(
      sql: "INSERT INTO accepted (device, position, json) VALUES (?, ?, ?)",
      arguments: [entry.device, StoredPosition(position), Data(entry.record.json)])
    try database.execute(
      sql: "INSERT OR REPLACE INTO device (name, newest) VALUES (?, ?)",
      arguments: [entry.device, StoredPosition(position)])
  }

  private static func newest(of device: String, _ database: Database) throws -> AlertPosition? {
    try StoredPosition.fetchOne(
      database, sql: "SELECT newest FROM device WHERE name = ?", arguments: [device])?.position
  }

  private static func published(by output: String, _ database: Database) throws -> Int64? {
    try Int64.fetchOne(
      database, sql: "SELECT number FROM output WHERE name = ?", arguments: [output])
  }

  /// Removes what every output has had, but for the newest, and the oldest of what none takes; how many of those.
  private func prune(_ database: Database) throws -> Int {
    let newest = try Int64.fetchOne(database, sql: "SELECT MAX(number) FROM accepted") ?? 0
    let rows = try Row.fetchAll(database, sql: "SELECT name, number FROM output")
    var taken = newest
    for row in rows where try outputs?.contains(row.value("name")) ?? true {
      taken = min(taken, try row.value("number"))
    }
    let border = max(min(newest - Int64(keptCount), taken), newest - Int64(waitingMax))
    let lost =
      try Int.fetchOne(
        database, sql: "SELECT COUNT(*) FROM accepted WHERE number <= ? AND number > ?",
        arguments: [border, taken]) ?? 0
    try database.execute(sql: "DELETE FROM accepted WHERE number <= ?", arguments: [border])
    return lost
  }

  private static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("inbox") { database in
      try AlertDatabase.createLife(database)
      // Remembered when the message is gone.
      try database.create(table: "device") { table in
        table.primaryKey("name", .text)
        table.column("newest", .blob).notNull()
      }
      try database.create(table: "accepted") { table in
        table.autoIncrementedPrimaryKey("number")
        table.column("device", .text).notNull()
        table.column("position", .blob).notNull()
        table.column("json", .blob).notNull()
      }
      try database.create(table: "output") { table in
        table.primaryKey("name", .text)
        table.column("number", .integer).notNull()
      }
    }
    return migrator
  }
}
