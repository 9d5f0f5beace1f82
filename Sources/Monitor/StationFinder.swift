// Looks the central station up on a thread of its own: a name server that does not answer may take half a minute, and
// must hold up no alert to a station whose address is known.

import Devices
import Dispatch
import RealTime
import Synchronization

/// Finds one station, as often as it is asked to. One thread asks.
final class StationFinder: Sendable {
  /// What a search came to.
  enum Answer: Sendable {
    case found(DatagramPeer)
    /// Why it is not known, a sentence.
    case failed(String)
  }

  private struct State {
    var isSearching = false
    var isOver = false
    var answer: Answer?
  }

  private let state = Mutex(State())
  private let work = DispatchSemaphore(value: 0)
  private let answered = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - find: may wait for as long as it likes. A search that never ends is the last one.
  ///   - onAnswer: called on the finder's thread.
  init(
    _ find: @escaping @Sendable () throws -> DatagramPeer,
    onAnswer: @escaping @Sendable () -> Void
  ) {
    // Not joined: whoever ends the link must not wait for a name server.
    _ = RealTimeThread(name: "station lookup", priority: nil) { [self] in
      while true {
        work.wait()
        if state.withLock(\.isOver) { return }
        var answer: Answer
        do { answer = .found(try find()) } catch { answer = .failed("\(error)") }
        state.withLock { ($0.answer, $0.isSearching) = (answer, false) }
        answered.signal()
        onAnswer()
      }
    }
  }

  /// Begins a search, unless one is under way.
  func search() {
    let isNew = state.withLock { state in
      defer { state.isSearching = true }
      return !state.isSearching
    }
    if isNew { work.signal() }
  }

  /// What the last search came to, once.
  ///
  /// - Parameter milliseconds: how long to wait for one that is under way.
  func take(waiting milliseconds: Int = 0) -> Answer? {
    if milliseconds > 0 { _ = answered.wait(timeout: .now() + .milliseconds(milliseconds)) }
    return state.withLock { state in
      defer { state.answer = nil }
      return state.answer
    }
  }

  /// Ends the thread, at once or behind the search that is under way.
  func end() {
    state.withLock { $0.isOver = true }
    work.signal()
  }
}
