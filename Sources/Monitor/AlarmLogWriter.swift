// The alarm log's thread: a bounded queue in front of a disk that may be slow, full or broken. Whoever adds an entry
// never waits; entries that found no place are counted, and the log itself says so once it can be written again.

import AlarmLog
import CLinux
import Dispatch
import RealTime
import Synchronization

/// Writes entries to a log on a thread of its own. Any thread may call it.
public final class AlarmLogWriter: Sendable {
  /// Entries that may wait: more than an hour of a busy night.
  static let waitingMax = 4096
  /// Seconds that the end of a session waits for what is not written yet.
  public static let finishSeconds = 5.0

  private struct State {
    var waiting: [AlarmLogEntry] = []
    /// Entries that were numbered, those that are lost among them.
    var serial: Int64 = 0
    /// Entries that found no place since the last one that did.
    var lostCount = 0
    /// The newest of those.
    var lastLost: AlarmLogEntry?
    var notices: [String] = []
    var trouble: String?
    var isOver = false
  }

  private let state = Mutex(State())
  private let work = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)
  /// Seconds between two attempts on a disk that refused.
  private let retrySeconds: Double
  private let link: LinkProgress?
  /// Seconds that entries wait for a disk that is slow to take the outbox.
  private let outboxSeconds: Double
  private let write: @Sendable ([AlarmLogEntry]) throws(AlarmLogError) -> String?

  /// A writer of the log in a file, which is opened on the writer's thread.
  ///
  /// - Parameter link: what it was told goes to its outbox first, so that a power cut between the two leaves no
  ///   alarm in the log of which the central station never hears.
  public convenience init(path: String, behind link: LinkProgress? = nil) {
    let open = Mutex<AlarmLog?>(nil)
    self.init(behind: link) { entries throws(AlarmLogError) in
      var log = open.withLock { $0 }
      // Kept only while it works: a disk that came back may be another one.
      open.withLock { $0 = nil }
      if log == nil { log = try AlarmLog(path: path) }
      try log?.append(entries)
      open.withLock { $0 = log }
      return log?.notice
    }
  }

  /// - Parameter write: writes entries, all or none; gives what people must know about the log, the same each time.
  init(
    retrySeconds: Double = 5, behind link: LinkProgress? = nil, outboxSeconds: Double = 1,
    write: @escaping @Sendable ([AlarmLogEntry]) throws(AlarmLogError) -> String?
  ) {
    self.retrySeconds = retrySeconds
    self.link = link
    self.outboxSeconds = outboxSeconds
    self.write = write
    _ = RealTimeThread(name: "alarm log", priority: nil) { [self] in run() }
  }

  /// Queues an entry and numbers it; where no place is left it is counted as lost.
  public func add(_ entry: AlarmLogEntry) {
    state.withLock { state in
      var entry = entry
      state.serial += 1
      entry.serial = state.serial
      if state.waiting.count < Self.waitingMax {
        state.waiting.append(entry)
      } else {
        state.lostCount += 1
        state.lastLost = entry
      }
    }
    work.signal()
  }

  /// What people must know and have not been told, once.
  public func takeNotices() -> [String] {
    state.withLock { state in
      defer { state.notices = [] }
      return state.notices
    }
  }

  /// Why nothing can be written at this moment; nil while all is well.
  public var trouble: String? { state.withLock { $0.trouble } }

  /// Waits until everything is written, for some seconds at most. Gives how many entries were not.
  public func finish(withinSeconds seconds: Double = finishSeconds) -> Int {
    state.withLock { $0.isOver = true }
    work.signal()
    _ = finished.wait(timeout: .now() + seconds)
    return state.withLock { $0.waiting.count + $0.lostCount }
  }

  private func run() {
    var notice: String?
    while true {
      let (batch, isOver) = state.withLock { ($0.waiting, $0.isOver) }
      if batch.isEmpty {
        if isOver { break }
        work.wait()
      } else if !attempt(batch, &notice) {
        if isOver { break }
        pause()
      }
    }
    finished.signal()
  }

  /// Waits before the next attempt, whatever comes meanwhile but for the end.
  private func pause() {
    let deadline = DispatchTime.now() + retrySeconds
    while !state.withLock({ $0.isOver }), work.wait(timeout: deadline) == .success {}
  }

  /// Writes what waited. While it does more may come, and nothing of it moves.
  private func attempt(_ batch: [AlarmLogEntry], _ lastNotice: inout String?) -> Bool {
    link?.waitUntilStored(withinSeconds: outboxSeconds)
    do throws(AlarmLogError) {
      let notice = try write(batch)
      state.withLock { state in
        state.waiting.removeFirst(batch.count)
        state.trouble = nil
        if let notice, notice != lastNotice { state.notices.append(notice) }
        Self.tellLoss(&state)
      }
      lastNotice = notice
      return true
    } catch {
      state.withLock { state in
        if state.trouble != error.description {
          state.notices.append("The alarm log cannot be written. \(error.description)")
        }
        state.trouble = error.description
      }
      return false
    }
  }

  /// Now that there is room: an entry in the place of those that found none.
  private static func tellLoss(_ state: inout State) {
    guard let last = state.lastLost else { return }
    let sentence = "\(state.lostCount) entries were lost: the disk did not take them in time"
    state.notices.append("The alarm log: \(sentence).")
    var entry = last.system(LogPhase.entriesLost, sentence)
    entry.serial = last.serial
    state.waiting.append(entry)
    state.lostCount = 0
    state.lastLost = nil
  }
}
