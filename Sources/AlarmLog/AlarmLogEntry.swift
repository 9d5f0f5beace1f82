// One entry of the alarm log: everything that somebody may ask later about an alarm, an action or the monitor itself.

import Foundation
import GRDB

/// An instant by both clocks. CLOCK_MONOTONIC orders what happened since the machine started, whoever sets the time;
/// the wall clock says when that was, as well as the machine knew.
public struct LogTime: Hashable, Sendable {
  /// CLOCK_MONOTONIC, nanoseconds since the machine started.
  public var monotonicNanoseconds: UInt64
  /// Milliseconds since 1970 in UTC.
  public var wallMilliseconds: Int64

  /// An instant.
  public init(monotonicNanoseconds: UInt64, wallMilliseconds: Int64) {
    self.monotonicNanoseconds = monotonicNanoseconds
    self.wallMilliseconds = wallMilliseconds
  }
}

/// What an entry is about. The raw values are those in the database and in JSON.
public enum LogKind: String, Codable, Sendable, CaseIterable {
  /// A transition of an alarm.
  case alarm
  /// Something that a person did: acknowledged, paused the audio, switched an alarm off.
  case operation = "operator"
  /// The monitor itself: started, stopped, was cut off, pruned its log.
  case system
}

/// One entry. Keys of `measured` and `limits` carry their unit (`heartRateBPM`).
public struct AlarmLogEntry: Codable, Hashable, Sendable {
  /// Number in the log, growing; nil before it is written.
  public var id: Int64?
  /// What the entry is about.
  public var kind: LogKind
  /// What happened: `start`, `update`, `end`, `acknowledged`, ...; for the system see `LogPhase`.
  public var phase: String
  /// The alarm's name ("asystole"), nil where it is about none.
  public var condition: String?
  /// What people read.
  public var message: String
  /// low, medium, high; nil where there is none.
  public var priority: String?
  /// Whether the device is in trouble rather than the patient.
  public var isTechnical = false
  /// When it happened: CLOCK_MONOTONIC nanoseconds.
  public var monotonicNanoseconds: Int64
  /// When it happened: milliseconds since 1970, UTC.
  public var wallMilliseconds: Int64
  /// Whether the wall clock followed a reference then; nil when that could not be asked.
  public var isClockSynchronised: Bool?
  /// Seconds of signal since the session began.
  public var signalSeconds: Double?
  /// When the alarm that this belongs to began, as above: with `session` and `condition` it names the alarm.
  public var onsetMonotonicNanoseconds: Int64?
  /// The same by the wall clock, as it was then.
  public var onsetWallMilliseconds: Int64?
  /// Why, in words: what was seen, which limit was passed.
  public var cause: String?
  /// The limits that held.
  public var limits: [String: Double] = [:]
  /// What was measured then.
  public var measured: [String: Double] = [:]
  /// The leads that could be trusted.
  public var leads: [String] = []
  /// Who acted: `localKey`, `remote`, `program`; nil where nobody did.
  public var actor: String?
  /// The person's name, where it is known.
  public var person: String?
  /// Session in which it happened.
  public var session: String
  /// Number within its session, from 1, by which an entry that is written twice is known; nil for those of the log.
  public var serial: Int64?
  /// Name of the session's recording, nil where none is made.
  public var record: String?
  /// live, simulated, replay, testSignal.
  public var provenance: String
  /// Whether somebody tested the alarms and nobody was ill.
  public var isTest = false
  /// The machine's boot, of which CLOCK_MONOTONIC counts.
  public var boot: String

  /// An entry about which nothing further is known.
  public init(
    kind: LogKind, phase: String, message: String, time: LogTime, session: String,
    provenance: String, boot: String
  ) {
    self.kind = kind
    self.phase = phase
    self.message = message
    // Both clocks stay below 2^63 for 292 years.
    monotonicNanoseconds = Int64(clamping: time.monotonicNanoseconds)
    wallMilliseconds = time.wallMilliseconds
    self.session = session
    self.provenance = provenance
    self.boot = boot
  }

  /// Whether it comes from no patient's electrodes.
  public var isSimulated: Bool { provenance != "live" }
}

extension AlarmLogEntry: FetchableRecord, MutablePersistableRecord {
  /// The table's name.
  public static let databaseTableName = "entry"

  /// Takes the number that the database gave.
  public mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
}
