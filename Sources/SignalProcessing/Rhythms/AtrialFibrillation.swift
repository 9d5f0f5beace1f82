// Atrial fibrillation by its intervals: with hysteresis, so that one regular stretch does not end it, and dated back
// to the beat at which the intervals changed.

/// Follows the intervals between conducted beats.
struct AtrialFibrillation {
  /// In the recordings at hand the entropy of 32 intervals is above -0.5 somewhere in every fibrillation and above
  /// -1.0 in 49 of 50 of its windows; that of other rhythms, ectopic beats left out, is below -0.8 in most. From
  /// -0.6 to -0.4 and from -1.2 to -0.9 nothing changes by more than a percent.
  private static let entropy = (begins: Float(-0.5), ends: Float(-1.0))
  /// A rhythm that varies less is regular, however random the little that it varies.
  private static let variation = (begins: Float(0.1), ends: Float(0.08))
  /// An interval outside is no conducted one, or a beat between was missed.
  private static let intervalSeconds = 0.2..<2.5
  /// After so long without a conducted interval the old ones say nothing of now.
  private static let silenceSeconds = 15.0

  private let sampleRate: Double
  private var irregularity = Irregularity()
  private var lastConducted: Int64 = 0
  /// Whether it holds.
  private(set) var isPresent = false
  /// Where it began, or ended.
  private(set) var changedAt: Int64 = 0

  init(sampleRate: Double) { self.sampleRate = sampleRate }

  /// Takes the interval between two beats. Only those between conducted ones say something of the atria.
  mutating func take(from start: Int64, to end: Int64, isConducted: Bool) {
    let seconds = Double(end &- start) / sampleRate
    guard isConducted, Self.intervalSeconds.contains(seconds) else {
      irregularity.skip()
      if Double(end &- lastConducted) > Self.silenceSeconds * sampleRate { forget() }
      return
    }
    lastConducted = end
    irregularity.add(Float(seconds), from: start)
    guard irregularity.isFilled else { return }
    // The entropy costs most and is only asked where the intervals vary enough.
    let variation = irregularity.variation
    if !isPresent && variation > Self.variation.begins
      && irregularity.entropy > Self.entropy.begins
    {
      isPresent = true
      changedAt = max(changedAt, irregularity.change(toIrregular: true))
    } else if isPresent
      && (variation < Self.variation.ends || irregularity.entropy < Self.entropy.ends)
    {
      isPresent = false
      changedAt = max(changedAt &+ 1, irregularity.change(toIrregular: false))
    }
  }

  /// Other rhythms hold: what was, ends with the last conducted beat.
  mutating func forget() {
    irregularity.restart()
    if isPresent {
      isPresent = false
      changedAt = max(changedAt &+ 1, lastConducted)
    }
  }

  /// The stream starts anew.
  mutating func restart(at index: Int64) {
    irregularity.restart()
    isPresent = false
    changedAt = index
    lastConducted = index
  }
}
