// What became of an alarm: how long it lasted and who saw it, read from the entries that follow its start.

/// The course of the alarms among some entries, which are in the order of the log and without gaps.
public struct AlarmHistory: Sendable {
  /// What became of one alarm.
  public struct Outcome: Hashable, Sendable {
    /// Seconds from its start until its condition was gone; nil where it still holds, or where the log does not know.
    public var seconds: Double?
    /// Whether nothing more can come: its session is over.
    public var isCutOff = false
    /// The entry of whoever saw it, at the device or at the central station.
    public var acknowledgement: AlarmLogEntry?
  }

  private var outcomes: [Int64: Outcome] = [:]

  /// Reads the entries once.
  public init(_ entries: [AlarmLogEntry]) {
    // Alarms that wait, by session and condition: one whose condition holds, and all that nobody has seen yet.
    var holding: [Key: AlarmLogEntry] = [:]
    var unseen: [Key: [Int64]] = [:]
    var session = (now: "", before: "")
    for entry in entries {
      if entry.kind == .system, entry.phase == LogPhase.start {
        session = (entry.session, session.now)
      }
      if entry.kind == .system {
        if Self.endsSession.contains(entry.phase) {
          for start in holding.values where start.session == entry.session {
            if let id = start.id { outcomes[id]?.isCutOff = true }
          }
          holding = holding.filter { $0.key.session != entry.session }
        }
        continue
      }
      guard let condition = entry.condition, let id = entry.id else { continue }
      let key = Key(session: entry.session, condition: condition)
      if Self.endsCondition.contains(entry.phase) || entry.phase == "start",
        let start = holding.removeValue(forKey: key), let startID = start.id
      {
        outcomes[startID]?.seconds = Self.seconds(from: start, to: entry)
      }
      if entry.cause == "restart", entry.session == session.now {
        // The monitor knows it from before: whoever sees it now has seen it.
        let before = Key(session: session.before, condition: condition)
        unseen[key, default: []] += unseen.removeValue(forKey: before) ?? []
      }
      switch entry.phase {
      case "start":
        holding[key] = entry
        unseen[key, default: []].append(id)
        outcomes[id] = Outcome()
      case "acknowledged", "accepted":
        for start in unseen.removeValue(forKey: key) ?? [] {
          outcomes[start]?.acknowledgement = entry
        }
      default: break
      }
    }
  }

  /// What became of the alarm that began with this entry; nil where it is no start, or none that was read.
  public func outcome(of start: AlarmLogEntry) -> Outcome? { start.id.flatMap { outcomes[$0] } }

  /// By the signal, which a replay may play at another speed than that of the clock.
  private static func seconds(from start: AlarmLogEntry, to end: AlarmLogEntry) -> Double {
    if let from = start.signalSeconds, let to = end.signalSeconds { return to - from }
    return Double(end.monotonicNanoseconds - start.monotonicNanoseconds) / 1e9
  }

  private struct Key: Hashable {
    let session: String
    let condition: String
  }

  private static let endsCondition: Set = ["end", "latched"]
  private static let endsSession: Set = [LogPhase.stop, LogPhase.powerCut, LogPhase.killed]
}
