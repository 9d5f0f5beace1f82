// The tables of the alarm log, version by version. A migration that was released is never changed: a new one is added.

import GRDB

enum LogSchema {
  /// Everything from an empty file to this version's tables.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("entries", migrate: entries)
    return migrator
  }

  private static func entries(_ database: Database) throws {
    try database.create(table: "entry") { table in
      // Never a number twice, not even after the newest were pruned.
      table.autoIncrementedPrimaryKey("id")
      table.column("kind", .text).notNull()
      table.column("phase", .text).notNull()
      table.column("condition", .text)
      table.column("message", .text).notNull()
      table.column("priority", .text)
      table.column("isTechnical", .boolean).notNull()
      table.column("monotonicNanoseconds", .integer).notNull()
      table.column("wallMilliseconds", .integer).notNull()
      table.column("isClockSynchronised", .boolean)
      table.column("signalSeconds", .double)
      table.column("onsetMonotonicNanoseconds", .integer)
      table.column("onsetWallMilliseconds", .integer)
      table.column("cause", .text)
      // Objects and arrays are JSON text.
      table.column("limits", .text).notNull()
      table.column("measured", .text).notNull()
      table.column("leads", .text).notNull()
      table.column("actor", .text)
      table.column("person", .text)
      table.column("session", .text).notNull()
      table.column("serial", .integer)
      table.column("record", .text)
      table.column("provenance", .text).notNull()
      table.column("isTest", .boolean).notNull()
      table.column("boot", .text).notNull()
      table.uniqueKey(["session", "serial"])
    }
  }
}
