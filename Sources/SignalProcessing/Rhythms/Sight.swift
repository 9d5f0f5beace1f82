// When the heart could be seen and when not: a row that is untrusted for a moment, an electrode that flickers and
// samples that are missing hide beats, and must neither pass for a heart that stands still nor hide one that does.

/// Follows whether any row can be trusted.
struct Sight: BitwiseCopyable {
  /// A stretch so short that a beat cannot hide in it.
  static let glanceSeconds = 0.1
  /// Unseen for so long, what was known of the heart is old.
  static let lostSeconds = 2.0
  /// Between two stretches that were not seen only a whole one counts as silence: in a shorter one there may be no
  /// beat of a slow heart, and beats at the rate of the flicker would hide for ever.
  static let wholeSeconds = 2.0
  /// So soon after what was not seen an interval says nothing of the rate: only a short one could have been seen.
  private static let biasedSeconds = 1.2

  private let glanceSamples: Int64
  private let lostSamples: Int64
  private let wholeSamples: Int64
  private let biasedSamples: Int64
  private var unseenRun: Int64 = 0
  /// Where the stretch that is seen now began.
  private var seenFrom: Int64
  private var lastBeat: Int64
  /// The first sample after the last beat that was not seen, and the newest beginning of such a stretch.
  private var firstUnseen = Int64.max
  private var newestUnseen = Int64.min
  /// Silence since the last beat in whole stretches that are over.
  private var silentBefore: Int64 = 0

  init(sampleRate: Double) {
    glanceSamples = Int64((Self.glanceSeconds * sampleRate).rounded(.down))
    lostSamples = Int64((Self.lostSeconds * sampleRate).rounded(.up))
    wholeSamples = Int64((Self.wholeSeconds * sampleRate).rounded(.up))
    biasedSamples = Int64((Self.biasedSeconds * sampleRate).rounded(.up))
    seenFrom = .min / 2
    lastBeat = 0
  }

  /// What was seen before a sample counts no more.
  mutating func restart(at index: Int64) {
    seenFrom = .min / 2
    lastBeat = index
    firstUnseen = .max
    newestUnseen = .min
    silentBefore = 0
  }

  /// Takes one sample: whether no row could be trusted.
  mutating func take(isUnseen: Bool, at index: Int64) {
    guard isUnseen else {
      if unseenRun > glanceSamples { seenFrom = index }
      unseenRun = 0
      return
    }
    unseenRun &+= 1
    guard unseenRun == glanceSamples &+ 1 else { return }
    newestUnseen = index &- glanceSamples
    firstUnseen = min(firstUnseen, newestUnseen)
    let length = newestUnseen &- max(seenFrom, lastBeat)
    if length >= wholeSamples { silentBefore &+= length }
  }

  /// Takes a beat that was decided.
  mutating func take(beat sample: Int64) {
    lastBeat = sample
    silentBefore = 0
    firstUnseen = newestUnseen > sample ? newestUnseen : .max
  }

  /// Whether nothing was seen for too long.
  var isLost: Bool { unseenRun >= lostSamples }

  /// Whether everything since the last beat was seen up to this one.
  func isUnbroken(to beat: Int64) -> Bool { beat <= firstUnseen }

  /// Whether the interval that ends with this beat is one by which the rate may be told.
  func measuresRate(to beat: Int64) -> Bool {
    isUnbroken(to: beat) && beat &- seenFrom >= biasedSamples
  }

  /// Samples without a beat, as far as they were seen.
  func silence(at index: Int64) -> Int64 {
    guard unseenRun <= glanceSamples else { return silentBefore }
    let here = index &- max(seenFrom, lastBeat)
    return silentBefore &+ (seenFrom <= lastBeat || here >= wholeSamples ? here : 0)
  }
}
