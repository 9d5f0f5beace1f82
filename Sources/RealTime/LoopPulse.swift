// A counter that a loop advances with every turn: whoever reads it knows that the loop still turns.

import Synchronization

/// One loop's counter: the loop beats, anybody reads. A copy counts in the same memory.
public struct LoopPulse: BitwiseCopyable, @unchecked Sendable {
  private let turns: UnsafeMutablePointer<Atomic<UInt64>>

  /// Counts in memory that outlives every copy of this pulse; it may be shared with another process.
  public init(counting turns: UnsafeMutablePointer<Atomic<UInt64>>) { self.turns = turns }

  /// For a loop that nobody watches.
  public static let unwatched = LoopPulse(counting: allocate())

  /// A counter that starts at nought, in memory that is never given back.
  private static func allocate() -> UnsafeMutablePointer<Atomic<UInt64>> {
    let turns = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: 1)
    turns.initialize(to: Atomic(0))
    return turns
  }

  /// Counts a turn of the loop. Allocates nothing and waits for nobody.
  @inline(__always)
  public func beat() {
    // Ordering: relaxed, the counter carries no data with it. Wraps after 2^64 turns, which nobody lives to see.
    turns.pointee.wrappingAdd(1, ordering: .relaxed)
  }

  /// Turns so far.
  public var count: UInt64 { turns.pointee.load(ordering: .relaxed) }
}
