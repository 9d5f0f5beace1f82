// The sender's memory on the disk: alerts wait here for the central station, over restarts and for days.

import AlertLink
import Foundation
import GRDB

/// An outbox in a SQLite file. One thread at a time.
public final class StoredOutbox: AlertOutbox {
  /// Messages that may wait: weeks of a patient, 50 MB.
  public static let waitingMax = 50_000

  private let store: AlertDatabase
  private let waitingMax: Int

  /// Opens the outbox, which is made where it is missing. A damaged one is renamed and told, and a new one begun.
  ///
  /// - Parameter tell: takes sentences that people must know, on the thread that calls.
  public init(
    path: String, waitingMax: Int = StoredOutbox.waitingMax,
    tell: @escaping @Sendable (String) -> Void
  ) throws(AlarmLogError) {
    self.waitingMax = waitingMax
    store = try AlertDatabase(path, migrator: Self.migrator, tell: tell)
  }

  public func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64 {
    try store.beginEpoch(atLeast: floor)
  }

  public func newest() throws(AlertStoreError) -> AlertPosition? {
    try store.read(Self.newest)
  }

  public func openAlarms() throws(AlertStoreError) -> [AlertMessage] {
    try store.read { database in
      let rows = try Row.fetchAll(database, sql: "SELECT json FROM open ORDER BY condition")
      return try rows.compactMap { row in
        let json: Data = try row.value("json")
        return AlertMessage(json: [UInt8](json))
      }
    }
  }

  public func append(_ records: [AlertRecord]) throws(AlertStoreError) {
    let dropped = try store.write { database in
      var newest = try Self.newest(database) ?? .zero
      for record in records where record.position > newest {
        try database.execute(
          sql: "INSERT INTO message (position, json) VALUES (?, ?)",
          arguments: [StoredPosition(record.position), Data(record.json)])
        try Self.noteOpen(record, database)
        newest = record.position
      }
      guard newest > .zero else { return 0 }
      try database.execute(
        sql: "INSERT OR REPLACE INTO newest (id, position) VALUES (1, ?)",
        arguments: [StoredPosition(newest)])
      return try drop(database)
    }
    if dropped > 0 {
      store.say(
        "\(dropped) alerts that no central station confirmed were given up: more than "
          + "\(waitingMax) wait.")
    }
  }

  public func unreceived(
    after position: AlertPosition, limit: Int
  ) throws(AlertStoreError) -> [AlertRecord] {
    try store.read { database in
      let rows = try Row.fetchAll(
        database, sql: "SELECT * FROM message WHERE position > ? ORDER BY position LIMIT ?",
        arguments: [StoredPosition(position), limit])
      return try rows.map(AlertRecord.init)
    }
  }

  public func markReceived(through position: AlertPosition) throws(AlertStoreError) {
    try store.write { database in
      // What happened stays in the alarm log.
      try database.execute(
        sql: "DELETE FROM message WHERE position <= ?", arguments: [StoredPosition(position)])
    }
  }

  /// Messages that the central station has not confirmed.
  public func waitingCount() throws(AlertStoreError) -> Int {
    try store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM message") ?? 0 }
  }

  /// What `OpenAlarms.note` does, on the disk.
  private static func noteOpen(_ record: AlertRecord, _ database: Database) throws {
    guard let message = AlertMessage(json: record.json),
      let isActive = message.phase.leavesActive
    else { return }
    if isActive {
      try database.execute(
        sql: "INSERT OR REPLACE INTO open (condition, json) VALUES (?, ?)",
        arguments: [message.condition, Data(record.json)])
    } else {
      try database.execute(
        sql: "DELETE FROM open WHERE condition = ?", arguments: [message.condition])
    }
  }

  private static func newest(_ database: Database) throws -> AlertPosition? {
    try StoredPosition.fetchOne(database, sql: "SELECT position FROM newest")?.position
  }

  /// Gives up the oldest messages where too many wait; how many.
  private func drop(_ database: Database) throws -> Int {
    let surplus =
      (try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM message") ?? 0) - waitingMax
    guard surplus > 0 else { return 0 }
    try database.execute(
      sql: """
        DELETE FROM message WHERE position IN (SELECT position FROM message ORDER BY position LIMIT ?)
        """, arguments: [surplus])
    return surplus
  }

  private static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("outbox") { database in
      try AlertDatabase.createLife(database)
      // Remembered when its message is gone.
      try database.create(table: "newest") { table in
        table.primaryKey("id", .integer).check { $0 == 1 }
        table.column("position", .blob).notNull()
      }
      try database.create(table: "message") { table in
        table.primaryKey("position", .blob)
        table.column("json", .blob).notNull()
      }
    }
    migrator.registerMigration("open alarms") { database in
      try database.create(table: "open") { table in
        table.primaryKey("condition", .text)
        table.column("json", .blob).notNull()
      }
    }
    return migrator
  }
}

extension AlertRecord {
  /// A row with `position` and `json`.
  init(_ row: Row) throws {
    let position: StoredPosition = try row.value("position")
    let json: Data = try row.value("json")
    self.init(position: position.position, json: [UInt8](json))
  }
}
