// Whether anything can be said of the heart at all. Noise that passes for beats would hide a heart that stands still or
// fibrillates: so what is told as beats must look like beats, or it is told that nobody knows how the patient is.

/// Watches over the last eight seconds. Never silences a rhythm: it is an alarm of its own.
///
/// Beats are no beats when hardly one is like this heart's, many are blunt and broad, and between them the signal is
/// nearly as large; where their intervals are random, fewer and less will do; and where not one has a shape that was
/// seen in a calm signal, they may be as sharp as they want, as waves of fibrillation are. In noise of 6 dB by the
/// noise stress test's convention this holds for a heart without beats; with beats the first does not. The limits lie
/// between both: docs/signal-quality.md.
struct Analysability {
  private static let slotSeconds = 0.5
  private static let slotCount = 16
  /// More beats in eight seconds that are like this heart's are some to go by: 8 a minute.
  private static let usualMax = 1
  /// So much of the eight seconds without a row that can be trusted.
  private static let blindShare = 0.25
  private static let strangeMin = 3
  /// Strange beats of all, and the usual peak between beats as a share of a beat's.
  private static let strangeShare = (evenly: 0.5, atRandom: 0.4)
  private static let noiseShareMin: (evenly: Float, atRandom: Float) = (0.25, 0.16)
  /// The same where no beat has a shape that was seen, and how many must be told.
  private static let unseen: (noiseShareMin: Float, beatsMin: Int) = (0.21, 4)
  /// Intervals are alike that differ from their median by no more than this share of it. With fewer such ones than
  /// this share beats come at random.
  private static let alike = 0.12
  private static let alikeShareMax = 0.5
  /// Strangeness must have lasted for so many half seconds; then it is told until it is gone for as many.
  private static let slotsToTell = 3

  private let sampleRate: Double
  private let slotSamples: Int
  /// What is seen for less between two blind stretches may hold no beat of a heart that beats.
  private let wholeSamples: Int
  private var seenRun: Int
  private var position = 0
  private var slot = 0
  private var filled = 0
  private var slots: InlineArray<16, Slot> = .init(repeating: Slot())
  private var beats: InlineArray<32, Int64> = .init(repeating: .min)
  private var beatCount = 0
  private var strangeSlots = 0
  private var isBlind = false
  /// Whether too little is known of the heart.
  private(set) var isLacking = false

  /// What half a second brought.
  private struct Slot: BitwiseCopyable {
    var usual = 0
    var strange = 0
    var seen = 0
    var beats = 0
    var blindSamples = 0
    var noiseShare: Float = 0
  }

  init(sampleRate: Double) {
    self.sampleRate = sampleRate
    slotSamples = max(1, Int((Self.slotSeconds * sampleRate).rounded()))
    wholeSamples = Int((Sight.wholeSeconds * sampleRate).rounded(.up))
    seenRun = wholeSamples
  }

  /// Nothing is asked of the past.
  mutating func restart() { self = Analysability(sampleRate: sampleRate) }

  /// Takes one sample: whether no row can be trusted, what was told of a beat, and how large is what lies between beats
  /// as a share of them.
  mutating func take(isBlind: Bool, beat: Beat?, noiseShare: Float, at index: Int64) {
    if isBlind {
      slots[slot].blindSamples &+= 1 &+ (seenRun < wholeSamples ? seenRun : 0)
      seenRun = 0
    } else {
      seenRun = min(seenRun &+ 1, wholeSamples)
    }
    if let beat {
      slots[slot].beats &+= 1
      if beat.familiarity == .usual { slots[slot].usual &+= 1 }
      if beat.familiarity == .strange { slots[slot].strange &+= 1 }
      if beat.isOfSeenShape { slots[slot].seen &+= 1 }
      beats[beatCount & 31] = beat.sampleIndex
      beatCount &+= 1
    }
    position &+= 1
    guard position == slotSamples else { return }
    slots[slot].noiseShare = noiseShare
    position = 0
    judge(at: index)
    slot = (slot &+ 1) % Self.slotCount
    slots[slot] = Slot()
  }

  private mutating func judge(at index: Int64) {
    filled = min(filled &+ 1, Self.slotCount)
    guard filled == Self.slotCount else { return }
    var sum = Slot()
    for place in 0..<Self.slotCount {
      sum.usual &+= slots[place].usual
      sum.strange &+= slots[place].strange
      sum.seen &+= slots[place].seen
      sum.beats &+= slots[place].beats
      sum.blindSamples &+= slots[place].blindSamples
      sum.noiseShare += slots[place].noiseShare / Float(Self.slotCount)
    }
    let isWithoutBeats = sum.usual <= Self.usualMax
    let isStrange = isWithoutBeats && isNoise(sum, at: index)
    strangeSlots =
      isStrange ? min(strangeSlots &+ 1, 2 &* Self.slotsToTell) : max(strangeSlots &- 1, 0)
    let samples = Double(Self.slotCount &* slotSamples)
    // What is seen of a fibrillation in moments may look familiar after a while: that is no reason to trust it.
    isBlind = (isWithoutBeats || isBlind) && Double(sum.blindSamples) >= Self.blindShare * samples
    isLacking = isBlind || strangeSlots >= Self.slotsToTell
  }

  /// Whether what was told as beats looks like noise.
  private func isNoise(_ sum: Slot, at index: Int64) -> Bool {
    func reaches(_ share: Double, _ noiseShare: Float) -> Bool {
      sum.strange >= Self.strangeMin && Double(sum.strange) >= share * Double(sum.beats)
        && sum.noiseShare >= noiseShare
    }
    let isUnseen = sum.usual == 0 && sum.seen == 0 && sum.beats >= Self.unseen.beatsMin
    return isUnseen && sum.noiseShare >= Self.unseen.noiseShareMin
      || reaches(Self.strangeShare.evenly, Self.noiseShareMin.evenly)
      || reaches(Self.strangeShare.atRandom, Self.noiseShareMin.atRandom)
        && alikeShare(at: index) <= Self.alikeShareMax
  }

  /// The share of the intervals between the last beats that are about as long as their median.
  private func alikeShare(at index: Int64) -> Double {
    let since = index &- Int64(Self.slotCount &* slotSamples)
    var intervals = InlineArray<32, Int64>(repeating: 0)
    var count = 0
    for back in 1..<max(1, min(beatCount, 32)) {
      let start = beats[(beatCount &- 1 &- back) & 31]
      guard start >= since else { break }
      var place = count
      let interval = beats[(beatCount &- back) & 31] &- start
      while place > 0, intervals[place &- 1] > interval {
        intervals[place] = intervals[place &- 1]
        place &-= 1
      }
      intervals[place] = interval
      count &+= 1
    }
    guard count > 0 else { return 0 }
    let median = Double(intervals[count / 2])
    var alike = 0
    for place in 0..<count where abs(Double(intervals[place]) - median) <= Self.alike * median {
      alike &+= 1
    }
    return Double(alike) / Double(count)
  }
}
