// Seconds of signal by sample index. The rate of the wire is nominal; the true one becomes known while a stream
// runs. From then on time goes by that rate: it neither jumps nor goes back.

/// The time of a stream. Constant rates between the samples at which a better one became known.
struct StreamTime: BitwiseCopyable, Sendable {
  /// The rate as best known.
  private(set) var sampleRate: Double
  private var knownIndex: Int64 = 0
  private var knownSeconds = 0.0

  init(sampleRate: Double) { self.sampleRate = sampleRate }

  /// From a sample on the rate is another.
  mutating func setSampleRate(_ newest: Double, at index: Int64) {
    knownSeconds = seconds(at: index)
    knownIndex = index
    sampleRate = newest
  }

  func seconds(at index: Int64) -> Double {
    knownSeconds + Double(index &- knownIndex) / sampleRate
  }
}
