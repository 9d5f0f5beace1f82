// The outbox on a thread of its own: a disk that takes a second to commit, or never does, holds up neither the next
// alert nor a heartbeat.

import AlertLink
import Dispatch
import RealTime
import Synchronization

/// Does the outbox's work, one piece at a time. One thread hands it in.
final class OutboxThread {
  /// What both threads share.
  private final class Desk: Sendable {
    struct Content: Sendable {
      var work: OutboxWork?
      var outcome: OutboxOutcome?
      var isOver = false
    }
    let content = Mutex(Content())
    let filled = DispatchSemaphore(value: 0)
    let emptied = DispatchSemaphore(value: 0)
  }

  private let desk = Desk()
  private let thread: RealTimeThread

  /// - Parameters:
  ///   - outbox: belongs to the thread from here on.
  ///   - onOutcome: called on the thread.
  init(_ outbox: any AlertOutbox, onOutcome: @escaping @Sendable () -> Void) {
    nonisolated(unsafe) let outbox = outbox
    let desk = desk
    thread = RealTimeThread(name: "alert outbox", priority: nil) {
      while true {
        desk.filled.wait()
        let content = desk.content.withLock { $0 }
        guard !content.isOver, let work = content.work else { return }
        let outcome = work.perform(on: outbox)
        desk.content.withLock { ($0.work, $0.outcome) = (nil, outcome) }
        desk.emptied.signal()
        onOutcome()
      }
    }
  }

  /// Hands in work; what came of the last must have been taken.
  func perform(_ work: OutboxWork) {
    desk.content.withLock { $0.work = work }
    desk.filled.signal()
  }

  /// What came of the work, once; nil while the outbox is at it.
  func take() -> OutboxOutcome? {
    guard desk.emptied.wait(timeout: .now()) == .success else { return nil }
    return desk.content.withLock { $0.outcome }
  }

  /// Waits for what comes of the work.
  func waitAndTake() -> OutboxOutcome? {
    desk.emptied.wait()
    return desk.content.withLock { $0.outcome }
  }

  /// Ends the thread behind the work that it has.
  func end() {
    desk.content.withLock { $0.isOver = true }
    desk.filled.signal()
    thread.join()
  }
}
