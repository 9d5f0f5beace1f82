// A button on a line that the test plays.

import CLinux
import Devices
import RealTime
import Synchronization
import TestSupport
import Testing

@testable import Guard

/// A line that bounces when it is pressed, and that can be unplugged.
private final class StandInLine: DataReadyLine, Sendable {
  let waiting = Mutex(0)
  let isGone = Mutex(false)

  var nanoseconds: UInt64 { clinux_monotonic_nanoseconds() }
  var queueCapacity: Int { 16 }

  func press() { waiting.withLock { $0 = 5 } }

  func takeEdges(
    into edges: UnsafeMutableBufferPointer<DataReadyEdge>, waitMilliseconds: Int32
  ) -> Int {
    if isGone.withLock({ $0 }) { return -19 }
    let count = waiting.withLock { count in
      defer { count = 0 }
      return min(count, edges.count)
    }
    for edge in 0..<count { edges[edge] = DataReadyEdge(nanoseconds: nanoseconds, sequence: 0) }
    if count == 0 { clinux_sleep_nanoseconds(1_000_000) }
    return count
  }
}

private func eventually(_ isSo: () -> Bool) -> Bool {
  for _ in 0..<60_000 {
    if isSo() { return true }
    clinux_sleep_nanoseconds(2_000_000)
  }
  return false
}

@Test(
  "a press is told at once, a line that fails or is not there is told once, and taken when it is back"
)
func pushButton() {
  let line = StandInLine()
  let presses = Atomic<Int>(0)
  let isPlugged = Atomic<Bool>(false)
  // Threads of their own: what waits here is the test's, not the pool's.
  let test = RealTimeThread(name: "test", priority: nil) {
    let button = PushButton(
      open: { () throws(SourceError) in
        guard isPlugged.load(ordering: .relaxed) else { throw SourceError("No chip: plug it in.") }
        return line
      }, onPress: { presses.add(1, ordering: .relaxed) })
    defer { button.stop() }
    var problems: [String] = []
    #expect(
      eventually {
        problems += button.takeProblems(); return !problems.isEmpty
      })
    isPlugged.store(true, ordering: .relaxed)
    line.press()
    #expect(eventually { presses.load(ordering: .relaxed) == 1 })
    line.isGone.withLock { $0 = true }
    #expect(
      eventually {
        problems += button.takeProblems(); return problems.count == 2
      })
    line.isGone.withLock { $0 = false }
    line.press()
    #expect(eventually { presses.load(ordering: .relaxed) == 2 })
    #expect(problems.allSatisfy { $0.hasPrefix("The button fails. ") })
  }
  test.join()
}
