// Which rhythms hold, and the changes that are told: for each rhythm a beginning, then an end, in the order of the
// stream.

/// Keeps the books of a rhythm detector. Never grows.
struct RhythmEpisodes {
  private static let capacity = 64

  private var isOpen: InlineArray<16, Bool> = .init(repeating: false)
  /// Where each rhythm changed last: nothing is told of what was before.
  private var changedAt: InlineArray<16, Int64> = .init(repeating: .min)
  private var changes: InlineArray<64, RhythmChange> = .init(
    repeating: RhythmChange(rhythm: .pause, isOnset: false, sampleIndex: 0))
  /// Changes that were not taken away yet.
  private(set) var count = 0

  /// A change at a position below `count`.
  func change(_ position: Int) -> RhythmChange { changes[position] }

  /// Takes the changes away.
  mutating func clear() { count = 0 }

  /// Whether a rhythm holds.
  func holds(_ rhythm: Rhythm) -> Bool { isOpen[Int(rhythm.rawValue)] }

  /// A rhythm holds, or holds no longer. Its beginning or end is at a sample; one that is told already stays.
  mutating func set(_ rhythm: Rhythm, _ holds: Bool, at sample: Int64) {
    let number = Int(rhythm.rawValue)
    guard isOpen[number] != holds, count < Self.capacity else { return }
    isOpen[number] = holds
    changedAt[number] = max(sample, changedAt[number] &+ (holds ? 0 : 1))
    changes[count] = RhythmChange(
      rhythm: rhythm, isOnset: holds, sampleIndex: changedAt[number])
    count &+= 1
  }

  /// A rhythm that was over before it could be told.
  mutating func tell(_ rhythm: Rhythm, from onset: Int64, to end: Int64) {
    set(rhythm, true, at: onset)
    set(rhythm, false, at: end)
  }

  /// The stream is interrupted.
  mutating func endAll(at sample: Int64) {
    for number in 0..<isOpen.count where isOpen[number] {
      if let rhythm = Rhythm(rawValue: UInt8(number)) { set(rhythm, false, at: sample) }
    }
  }
}
