// The two counters of a single-producer single-consumer ring and the waking of whoever waits for the
// other. What the slots hold is the business of the rings built on it.

import CLinux
import Synchronization

/// Counters of a ring of `capacity` slots: one thread produces, one consumes.
///
/// `written` and `read` only grow; a slot's index is the counter modulo the capacity, a power of two.
/// 2^63 slots outlast any device, so the counters never wrap.
final class RingIndices: @unchecked Sendable {
  let capacity: Int
  private let written = Atomic<Int>(0)
  private let read = Atomic<Int>(0)
  private let dataWake: UnsafeMutablePointer<clinux_wake>
  private let spaceWake: UnsafeMutablePointer<clinux_wake>

  init(capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a power of two")
    self.capacity = capacity
    dataWake = .allocate(capacity: 1)
    dataWake.initialize(to: clinux_wake())
    spaceWake = .allocate(capacity: 1)
    spaceWake.initialize(to: clinux_wake())
  }

  deinit {
    dataWake.deallocate()
    spaceWake.deallocate()
  }

  /// The slot to fill, nil when no more than so many are free. Producer only.
  @inline(__always)
  func slotToWrite(leaving places: Int = 0) -> Int? {
    // Ordering: relaxed, only this thread changes `written`.
    let position = written.load(ordering: .relaxed)
    // Ordering: acquire, so that the consumer is done with the slot before it is filled again.
    let consumed = read.load(ordering: .acquiring)
    return position &- consumed >= capacity &- places ? nil : position & (capacity &- 1)
  }

  /// Hands the filled slot to the consumer. Producer only.
  @inline(__always)
  func commitWrite() {
    // Ordering: release, so that the consumer sees the slot's content with the counter.
    written.store(written.load(ordering: .relaxed) &+ 1, ordering: .releasing)
    clinux_wake_notify(dataWake)
  }

  /// The oldest filled slot, nil when the ring is empty. Consumer only.
  @inline(__always)
  func slotToRead() -> Int? {
    // Ordering: relaxed, only this thread changes `read`.
    let position = read.load(ordering: .relaxed)
    // Ordering: acquire, pairs with the release in `commitWrite`.
    let available = written.load(ordering: .acquiring)
    return position == available ? nil : position & (capacity &- 1)
  }

  /// Gives the slot back to the producer. Consumer only.
  @inline(__always)
  func commitRead() {
    // Ordering: release, so that reading the slot ends before the producer may fill it.
    read.store(read.load(ordering: .relaxed) &+ 1, ordering: .releasing)
    clinux_wake_notify(spaceWake)
  }

  /// Slots filled now. Any thread; a moment later it may be another number.
  var count: Int { written.load(ordering: .acquiring) - read.load(ordering: .acquiring) }

  /// Sleeps until there is something to read or the time is over. Consumer only.
  func waitForData(milliseconds: UInt32) {
    let prepared = clinux_wake_prepare(dataWake)
    if slotToRead() == nil { clinux_wake_wait(dataWake, prepared, milliseconds) }
  }

  /// Sleeps until there is a free slot or the time is over. Producer only.
  func waitForSpace(milliseconds: UInt32) {
    let prepared = clinux_wake_prepare(spaceWake)
    if slotToWrite() == nil { clinux_wake_wait(spaceWake, prepared, milliseconds) }
  }
}
