// What a wire does to single frames: loses them, doubles them, changes bytes of them.

/// The seeded noise of a wire.
struct WireNoise {
  /// Whether the last frame was changed.
  private(set) var hasDamaged = false
  /// Runs of damaged bytes so far.
  private(set) var burstCount: Int64 = 0
  private let faults: LineFaults
  private var generator: SeededGenerator
  /// Bytes until the next run of damaged ones begins, and how many it still has.
  private var burst = (distance: 0, length: 0)

  init(_ faults: LineFaults) {
    self.faults = faults
    generator = SeededGenerator(seed: faults.seed)
  }

  /// Sends a frame, changed in place; returns how many times it arrives.
  ///
  /// - Parameter isFaulty: whether anything may happen to it.
  mutating func pass(_ frame: UnsafeMutableBufferPointer<UInt8>, isFaulty: Bool) -> Int {
    hasDamaged = false
    guard isFaulty else { return 1 }
    if generator.uniform() < faults.drop { return 0 }
    if generator.uniform() < faults.corrupt {
      change(&frame[Int(generator.next() % UInt64(frame.count))])
    }
    if faults.burst > 0 { runBurst(frame) }
    return generator.uniform() < faults.duplicate ? 2 : 1
  }

  private mutating func runBurst(_ frame: UnsafeMutableBufferPointer<UInt8>) {
    if burst.length == 0 && generator.uniform() < faults.burst {
      burst = (Int(generator.next() % UInt64(frame.count)), 2 + Int(generator.next() % 63))
      burstCount += 1
    }
    for index in frame.indices where burst.length > 0 {
      if burst.distance > 0 {
        burst.distance -= 1
      } else {
        change(&frame[index])
        burst.length -= 1
      }
    }
  }

  /// To any other value.
  private mutating func change(_ byte: inout UInt8) {
    byte ^= UInt8(truncatingIfNeeded: 1 + generator.next() % 255)
    hasDamaged = true
  }
}
