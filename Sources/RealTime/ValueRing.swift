// A ring of plain values from one thread to another: events and curve points from the processing thread to
// the thread that shows, sends and logs them.

/// A single-producer single-consumer ring of trivially copied values. All memory is allocated at `init`.
public final class ValueRing<Element: BitwiseCopyable>: @unchecked Sendable {
  private let indices: RingIndices
  private let slots: UnsafeMutablePointer<Element>

  /// Allocates room for `capacity` values, a power of two.
  public init(capacity: Int) {
    indices = RingIndices(capacity: capacity)
    slots = .allocate(capacity: capacity)
  }

  deinit { slots.deallocate() }

  /// Appends a value; false when the ring is full and the value was refused. Producer only.
  ///
  /// - Parameter places: so many are kept for values that matter more; with no other free the value is refused.
  public func push(_ value: Element, leaving places: Int = 0) -> Bool {
    guard let slot = indices.slotToWrite(leaving: places) else { return false }
    (slots + slot).initialize(to: value)
    indices.commitWrite()
    return true
  }

  /// Takes the oldest value, nil when there is none. Consumer only.
  public func pop() -> Element? {
    guard let slot = indices.slotToRead() else { return nil }
    let value = slots[slot]
    indices.commitRead()
    return value
  }

  /// Sleeps until there is a value, at most so long. Consumer only.
  public func waitForData(milliseconds: UInt32) { indices.waitForData(milliseconds: milliseconds) }

  /// Sleeps until there is room, at most so long. Producer only.
  public func waitForSpace(milliseconds: UInt32) {
    indices.waitForSpace(milliseconds: milliseconds)
  }
}
