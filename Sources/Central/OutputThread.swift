// What takes accepted messages from the receiver's disk to somebody else: a thread of its own for each output, so that
// a broker or a hospital's server that does not answer holds up nothing. The inbox on the disk is the queue:
// what an output has not had yet is given to it after a restart, too. An output that cannot begin, or whose inbox
// cannot be read, is tried again: the alerts wait.

import AlertLink
import CLinux
import Glibc
import RealTime
import Synchronization

/// Somewhere where messages go. Made and used on its own thread.
protocol AlertOutput: AnyObject {
  /// Offers the oldest messages that it has not had, in order, and waits for `wake` or so long at most where it
  /// must wait. How many of the first it has had for certain; the others are offered again.
  func deliver(_ entries: [InboxEntry], wake: Int32, milliseconds: Int32) -> Int
}

/// A thread that feeds one output.
public final class OutputThread: Sendable {
  /// So many messages are offered at once.
  private static let batch = 64
  /// From a trouble to the next attempt.
  private static let retryMilliseconds: Int32 = 1000
  /// Under which the inbox remembers how far the output has come.
  public let name: String
  private let wakeDescriptor: Int32
  private let state = Mutex(State())

  private struct State {
    var isStopping = false
    var hasEnded = false
  }

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - name: under which the inbox remembers how far the output has come; at most 15 characters.
  ///   - openInbox: the thread's own access to the inbox.
  ///   - makeOutput: makes the output.
  ///   - onTrouble: told why it cannot go on, once until it can, on the output's thread.
  init(
    name: String, openInbox: @escaping @Sendable () throws -> any AlertInbox,
    makeOutput: @escaping @Sendable () throws -> any AlertOutput,
    onTrouble: @escaping @Sendable (String) -> Void
  ) throws(CentralError) {
    self.name = name
    wakeDescriptor = clinux_event_open()
    guard wakeDescriptor >= 0 else {
      throw CentralError("No event for \(name): raise the limit of open files (ulimit -n).")
    }
    _ = RealTimeThread(name: name, priority: nil) { [self] in
      var told: String?
      while !state.withLock(\.isStopping) {
        do {
          try run(inbox: openInbox(), output: makeOutput()) { told = nil }
        } catch {
          let trouble = "\(error)"
          if trouble != told { onTrouble(trouble) }
          told = trouble
          rest()
        }
      }
      state.withLock { $0.hasEnded = true }
    }
  }

  deinit { close(wakeDescriptor) }

  /// Says that there is something new. Any thread.
  public func wake() { clinux_event_raise(wakeDescriptor) }

  /// Whether its thread has ended: it was asked to stop.
  public var hasEnded: Bool { state.withLock(\.hasEnded) }

  /// Asks the thread to end and waits for it, at most so long: a network that does not answer may hold it longer.
  public func stop(waitSeconds: Double = 2) {
    state.withLock { $0.isStopping = true }
    wake()
    let end = clinux_monotonic_nanoseconds() &+ UInt64(waitSeconds * 1e9)
    while !hasEnded && clinux_monotonic_nanoseconds() < end {
      clinux_sleep_nanoseconds(5_000_000)
    }
  }

  /// Waits until the next attempt, or until it is asked to stop.
  private func rest() {
    let end = clinux_monotonic_nanoseconds() &+ UInt64(Self.retryMilliseconds) * 1_000_000
    while !state.withLock(\.isStopping) {
      let now = clinux_monotonic_nanoseconds()
      guard now < end else { return }
      clinux_event_clear(wakeDescriptor)
      var descriptor = wakeDescriptor
      clinux_wait_any(&descriptor, 1, Int32((end - now) / 1_000_000 + 1))
    }
  }

  /// Feeds the output until it is asked to stop.
  private func run(
    inbox: any AlertInbox, output: any AlertOutput, onBegin: () -> Void
  ) throws {
    var position = try inbox.published(by: name)
    // Known to the inbox from now on, so that nothing is forgotten that it has not had.
    try inbox.markPublished(by: name, through: position)
    onBegin()
    while !state.withLock(\.isStopping) {
      clinux_event_clear(wakeDescriptor)
      let entries = try inbox.accepted(after: position, limit: Self.batch)
      let count = output.deliver(entries, wake: wakeDescriptor, milliseconds: 1000)
      guard count > 0 else { continue }
      position = entries[count - 1].number
      try inbox.markPublished(by: name, through: position)
    }
  }
}
