// One word that asks every thread to finish: set by a signal, by the operator's key or by a dead output.

import Synchronization

/// A flag that any thread may set and any thread may read.
public final class StopFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  /// Not set.
  public init() {}

  /// Asks everybody to stop.
  public func set() {
    // Ordering: relaxed, the flag carries no data with it.
    flag.store(true, ordering: .relaxed)
  }

  /// Whether to stop.
  public var isSet: Bool { flag.load(ordering: .relaxed) }
}
