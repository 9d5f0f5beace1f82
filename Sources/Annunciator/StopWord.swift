// Asks one of the annunciator's threads to end, and lets it sleep no longer than until then.

import RealTime
import Synchronization

/// A flag that ends a thread's sleep. Any thread sets it.
final class StopWord: Sendable {
  private let flag = Atomic<Bool>(false)
  private let wake = Wake()

  var isSet: Bool { flag.load(ordering: .acquiring) }

  func set() {
    flag.store(true, ordering: .releasing)
    wake.notify()
  }

  /// Sleeps so long, or until the flag is set, and beats four times a second: a loop that waits for its time does not
  /// hang. The one thread that it is for.
  func sleep(seconds: Double, _ pulse: LoopPulse = .unwatched) {
    var left = seconds
    repeat {
      pulse.beat()
      let piece = min(left, 0.25)
      left -= piece
      let prepared = wake.prepare()
      guard piece > 0, !isSet else { return }
      wake.wait(prepared, milliseconds: UInt32((piece * 1000).rounded(.up)))
    } while left > 0
  }
}
