// Which rhythms hold, and the changes that are told: for each rhythm a beginning, then an end, in the order of the
// stream.

/// Keeps the books of a rhythm detector. Allocates only at `init`. One thread.
final class RhythmEpisodes {
  private static let capacity = 64

  /// Bit n: the rhythm of raw value n holds.
  private var open: UInt32 = 0
  /// Where each rhythm changed last: nothing is told of what was before.
  private let changedAt: UnsafeMutablePointer<Int64>
  private let changes: UnsafeMutablePointer<RhythmChange>
  /// Changes that were not taken away yet.
  private(set) var count = 0

  init() {
    changedAt = .allocate(capacity: 32)
    changedAt.initialize(repeating: .min, count: 32)
    changes = .allocate(capacity: Self.capacity)
    changes.initialize(
      repeating: RhythmChange(rhythm: .pause, isOnset: false, sampleIndex: 0),
      count: Self.capacity)
  }

  deinit {
    changedAt.deallocate()
    changes.deallocate()
  }

  /// A change at a position below `count`.
  func change(_ position: Int) -> RhythmChange { changes[position] }

  /// Takes the changes away.
  func clear() { count = 0 }

  /// Whether a rhythm holds.
  func holds(_ rhythm: Rhythm) -> Bool { open & (1 &<< UInt32(rhythm.rawValue)) != 0 }

  /// A rhythm holds, or holds no longer. Its beginning or end is at a sample; one that is told already stays.
  func set(_ rhythm: Rhythm, _ holds: Bool, at sample: Int64) {
    guard self.holds(rhythm) != holds, count < Self.capacity else { return }
    let number = Int(rhythm.rawValue)
    open ^= 1 &<< UInt32(number)
    changedAt[number] = max(sample, changedAt[number] &+ (holds ? 0 : 1))
    changes[count] = RhythmChange(
      rhythm: rhythm, isOnset: holds, sampleIndex: changedAt[number])
    count &+= 1
  }

  /// A rhythm that was over before it could be told.
  func tell(_ rhythm: Rhythm, from onset: Int64, to end: Int64) {
    set(rhythm, true, at: onset)
    set(rhythm, false, at: end)
  }

  /// The stream is interrupted.
  func endAll(at sample: Int64) {
    while open != 0, let rhythm = Rhythm(rawValue: UInt8(open.trailingZeroBitCount)),
      count < Self.capacity
    {
      set(rhythm, false, at: sample)
    }
  }
}
