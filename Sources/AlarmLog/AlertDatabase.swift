// What the stores of both ends of the alert link have in common: the number of the life, and how a position is kept.

import AlertLink
import Foundation
import GRDB

/// A position as sixteen bytes, the most significant first, so that SQLite compares them as positions compare.
struct StoredPosition: DatabaseValueConvertible {
  let position: AlertPosition

  init(_ position: AlertPosition) { self.position = position }

  var databaseValue: DatabaseValue {
    let bytes = [position.epoch, position.sequence].flatMap { number in
      (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    }
    return Data(bytes).databaseValue
  }

  static func fromDatabaseValue(_ value: DatabaseValue) -> StoredPosition? {
    guard let data = Data.fromDatabaseValue(value), data.count == 16 else { return nil }
    func number(_ bytes: Data) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    return StoredPosition(
      AlertPosition(epoch: number(data.prefix(8)), sequence: number(data.suffix(8))))
  }
}

/// A database of one end of the link.
struct AlertDatabase {
  let database: DurableDatabase
  private let tell: @Sendable (String) -> Void

  /// - Parameter tell: takes sentences that people must know.
  init(
    _ path: String, migrator: DatabaseMigrator, tell: @escaping @Sendable (String) -> Void
  ) throws(AlarmLogError) {
    database = try DurableDatabase.open(path, migrator: migrator)
    self.tell = tell
    guard let aside = database.setAside else { return }
    tell(
      "What the alert link keeps was damaged (\(aside.detail)): it is kept as \(aside.path), and a new one begun."
    )
    // The number of the life must not come again. Where the damaged file still tells it, it counts on from there;
    // where it does not, the caller's floor must do.
    guard let epoch = try? Self.epoch(inDamaged: aside.path) else { return }
    try database.write { try Self.store(epoch, $0) }
  }

  /// Tables that both ends have.
  static func createLife(_ database: Database) throws {
    try database.create(table: "life") { table in
      table.primaryKey("id", .integer).check { $0 == 1 }
      table.column("position", .blob).notNull()
    }
  }

  /// Begins a life; see `AlertOutbox.beginEpoch`.
  func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64 {
    try write { database in
      let last = try Self.epoch(database) ?? 0
      guard last < UInt64.max else {
        throw AlertStoreError("\(self.database.path): no further life can be counted.")
      }
      let epoch = max(last + 1, floor)
      try Self.store(epoch, database)
      return epoch
    }
  }

  func write<T>(_ body: (Database) throws -> T) throws(AlertStoreError) -> T {
    do { return try database.queue.write(body) } catch { throw storeError(error) }
  }

  func read<T>(_ body: (Database) throws -> T) throws(AlertStoreError) -> T {
    do { return try database.queue.read(body) } catch { throw storeError(error) }
  }

  func say(_ sentence: String) { tell(sentence) }

  private func storeError(_ error: any Error) -> AlertStoreError {
    if let error = error as? AlertStoreError { return error }
    return AlertStoreError(AlarmLogError(error, path: database.path).description)
  }

  private static func epoch(_ database: Database) throws -> UInt64? {
    try StoredPosition.fetchOne(database, sql: "SELECT position FROM life")?.position.epoch
  }

  private static func store(_ epoch: UInt64, _ database: Database) throws {
    let position = StoredPosition(AlertPosition(epoch: epoch, sequence: 0))
    try database.execute(
      sql: "INSERT OR REPLACE INTO life (id, position) VALUES (1, ?)", arguments: [position])
  }

  private static func epoch(inDamaged path: String) throws -> UInt64? {
    var configuration = Configuration()
    configuration.readonly = true
    return try DatabaseQueue(path: path, configuration: configuration).read(epoch)
  }
}

extension Row {
  /// A column's value; an error where a damaged page holds something else.
  func value<T: DatabaseValueConvertible>(_ column: String) throws -> T {
    guard let value = T.fromDatabaseValue(self[column]) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "column \(column)")
    }
    return value
  }
}
