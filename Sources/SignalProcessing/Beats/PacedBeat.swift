// Whether a pacemaker started a beat: a pulse of a few milliseconds stands alone shortly before the complex. Pulses
// that the front-end's filter or sample rate has swallowed cannot be seen.

/// Looks for the pulse that started a beat among the spikes that were taken out of the rows.
struct PacedBeat {
  /// From the pulse to R, seconds: a paced complex is slow, and one led by a paced atrium has its PR interval
  /// before it. Notches of a complex of its own are nearer.
  private static let leadSeconds = 0.04...0.25
  /// Smaller ones are lost among muscle noise and notches of the QRS.
  private static let pulseMicrovolts: Float = 200
  /// A pulse is so much larger than whatever else is short around the beat; a sharp QRS has several such places.
  private static let standsOut: Float = 3
  private static let apartSeconds = 0.012

  let sampleRate: Double
  /// Samples by which the spikes of a feature are late.
  let spikeDelay: Int64

  /// The sample of the pulse that started the beat whose R peak is at `rPeak`, nil without one.
  func pulse(before rPeak: Int64, _ history: FeatureHistory) -> Int64? {
    func samples(_ seconds: Double) -> Int64 { Int64((seconds * sampleRate).rounded()) }
    let first = rPeak &+ spikeDelay &- samples(Self.leadSeconds.upperBound)
    let last = rPeak &+ spikeDelay &- samples(Self.leadSeconds.lowerBound)
    let found = history.largestSpike(from: first, to: last)
    guard found.value >= Self.pulseMicrovolts else { return nil }
    let apart = samples(Self.apartSeconds) &+ 2 &* spikeDelay
    let before = history.largestSpike(from: first, to: found.index &- apart)
    let after = history.largestSpike(
      from: found.index &+ apart, to: rPeak &+ samples(Self.leadSeconds.upperBound) / 2)
    let rest = max(before.value, after.value)
    return found.value >= Self.standsOut * rest ? found.index &- spikeDelay : nil
  }
}
