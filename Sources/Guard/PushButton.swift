// The button of somebody who has come: a contact between an input line and ground, watched by a thread of its own, so
// that a press is taken whatever else waits.

import CLinux
import Devices
import RealTime
import Synchronization

/// Calls back at each press until `stop`. A line that fails is told and opened again.
public final class PushButton {
  /// Between two attempts to open the line, and how long a stop waits at most.
  private static let retryNanoseconds: UInt64 = 200_000_000
  private static let waitMilliseconds: Int32 = 200
  private static let edgeCount = 16

  private let state = State()
  private let thread: RealTimeThread

  private final class State: Sendable {
    let problems = Mutex<[String]>([])
    let isStopping = Atomic<Bool>(false)
  }

  /// Starts to watch.
  ///
  /// - Parameters:
  ///   - open: opens the line, whose falling edges are presses. A contact that bounces gives several.
  ///   - onPress: called on the button's thread; must not wait.
  public init(
    open: @escaping @Sendable () throws(SourceError) -> any DataReadyLine,
    onPress: @escaping @Sendable () -> Void
  ) {
    let state = state
    thread = RealTimeThread(name: "button", priority: nil) {
      Self.watch(state, open: open, onPress: onPress)
    }
  }

  /// What is wrong with the button, a sentence each, since it was last asked. Any thread.
  public func takeProblems() -> [String] {
    state.problems.withLock { problems in
      defer { problems = [] }
      return problems
    }
  }

  /// Ends the thread.
  public func stop() {
    state.isStopping.store(true, ordering: .relaxed)
    thread.join()
  }

  private static func watch(
    _ state: State, open: () throws(SourceError) -> any DataReadyLine, onPress: () -> Void
  ) {
    let edges = UnsafeMutableBufferPointer<DataReadyEdge>.allocate(capacity: edgeCount)
    defer { edges.deallocate() }
    var line: (any DataReadyLine)?
    var lastProblem = ""
    while !state.isStopping.load(ordering: .relaxed) {
      do throws(SourceError) {
        if line == nil { line = try open() }
        let count = line?.takeEdges(into: edges, waitMilliseconds: waitMilliseconds) ?? 0
        guard count >= 0 else { throw SourceError("Its line is gone: check the wiring.") }
        lastProblem = ""
        if count > 0 { onPress() }
      } catch {
        line = nil
        // The same trouble once.
        let problem = "The button fails. \(error.description)"
        if problem != lastProblem { state.problems.withLock { $0.append(problem) } }
        lastProblem = problem
        clinux_sleep_nanoseconds(retryNanoseconds)
      }
    }
  }
}
