// The fused features of the last seconds, to look back from a decision to the R peak that caused it and to the pacing
// pulse before that.

/// A ring of features by sample index. Allocates only at `init`.
final class FeatureHistory {
  private let mask: Int64
  private let features: UnsafeMutablePointer<FusedFeature>
  private var next: Int64 = 0

  init(seconds: Double, sampleRate: Double) {
    var capacity = 2
    while Double(capacity) < seconds * sampleRate { capacity *= 2 }
    mask = Int64(capacity - 1)
    features = .allocate(capacity: capacity)
    features.initialize(repeating: FusedFeature(), count: capacity)
  }

  deinit { features.deallocate() }

  func restart(at index: Int64) {
    next = index
    features.update(repeating: FusedFeature(), count: Int(mask) &+ 1)
  }

  func append(_ feature: FusedFeature) {
    features[Int(next & mask)] = feature
    next &+= 1
  }

  /// The sample at which the band-passed signal was strongest.
  func strongest(from first: Int64, to last: Int64) -> Int64 {
    largest(from: first, to: last) { $0.strength }.index
  }

  /// The largest band-passed amplitude of any usable row, microvolts.
  func largestMicrovolts(from first: Int64, to last: Int64) -> Float {
    largest(from: first, to: last) { $0.microvolts }.value
  }

  /// The largest spike of any row, microvolts.
  func largestSpike(from first: Int64, to last: Int64) -> (index: Int64, value: Float) {
    largest(from: first, to: last) { $0.spike }
  }

  /// Where a feature was largest among what is kept, and how large; `last` and 0 where nothing is.
  @inline(__always)
  private func largest(
    from first: Int64, to last: Int64, _ value: (FusedFeature) -> Float
  ) -> (index: Int64, value: Float) {
    var best = (index: last, value: Float(0))
    var index = max(first, next &- mask &- 1, 0)
    while index <= min(last, next &- 1) {
      let now = value(features[Int(index & mask)])
      if now > best.value { best = (index, now) }
      index &+= 1
    }
    return best
  }
}
