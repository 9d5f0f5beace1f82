// Which entries somebody wants to see.

import Foundation
import GRDB

/// A choice of entries; what is not set chooses all.
public struct AlarmLogFilter: Hashable, Sendable {
  /// Not before this time of the wall clock.
  public var since: Date?
  /// Before this time.
  public var until: Date?
  /// Names of conditions, any of them.
  public var conditions: Set<String> = []
  /// Priorities, any of them.
  public var priorities: Set<String> = []
  /// What happened, any of them.
  public var phases: Set<String> = []
  /// Session, or the name of its recording.
  public var session: String?
  /// Without what alarms become after their start, which is in `AlarmHistory`.
  public var startsOnly = false
  /// The newest so many of what the rest chooses.
  public var last: Int?

  /// All entries.
  public init() {}

  /// The same as a query, oldest first.
  var request: QueryInterfaceRequest<AlarmLogEntry> {
    var request = AlarmLogEntry.all()
    if let since {
      request = request.filter(Column("wallMilliseconds") >= Self.milliseconds(since, .up))
    }
    if let until {
      request = request.filter(Column("wallMilliseconds") < Self.milliseconds(until, .up))
    }
    if !conditions.isEmpty { request = request.filter(conditions.contains(Column("condition"))) }
    if !priorities.isEmpty { request = request.filter(priorities.contains(Column("priority"))) }
    if !phases.isEmpty { request = request.filter(phases.contains(Column("phase"))) }
    if let session {
      request = request.filter(Column("session") == session || Column("record") == session)
    }
    if startsOnly {
      request = request.filter(
        Column("kind") == LogKind.system.rawValue || !Self.outcomes.contains(Column("phase")))
    }
    guard let last else { return request.order(Column("id")) }
    return request.order(Column("id").desc).limit(last)
  }

  /// What an alarm becomes after its start.
  private static let outcomes = ["update", "latched", "end", "acknowledged", "accepted"]

  private static func milliseconds(_ date: Date, _ rule: FloatingPointRoundingRule) -> Int64 {
    let value = (date.timeIntervalSince1970 * 1000).rounded(rule)
    return Int64(exactly: value) ?? (value > 0 ? .max : .min)
  }
}

/// A log open for reading, also while a monitor writes it.
public struct AlarmLogReader: Sendable {
  private let path: String
  private let queue: DatabaseQueue

  /// Opens a log that is there.
  public init(path: String) throws(AlarmLogError) {
    self.path = path
    queue = try DurableDatabase.openForReading(path, migrator: LogSchema.migrator)
  }

  /// The entries of a choice, oldest first.
  public func entries(_ filter: AlarmLogFilter) throws(AlarmLogError) -> [AlarmLogEntry] {
    let found = try DurableDatabase.checked(path) {
      try queue.read { try filter.request.fetchAll($0) }
    }
    return filter.last == nil ? found : found.reversed()
  }

  /// The entries of alarms, and what people did about them, from a number on: what became of those that a choice holds.
  public func entries(from id: Int64) throws(AlarmLogError) -> [AlarmLogEntry] {
    try DurableDatabase.checked(path) {
      try queue.read {
        try AlarmLogEntry.filter(Column("id") >= id).order(Column("id")).fetchAll($0)
      }
    }
  }
}
