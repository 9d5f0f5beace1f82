// The fused feature of the last seconds, to look back from a decision to the R peak that caused it.

/// A ring of features by sample index. Allocates only at `init`.
final class FeatureHistory {
  private let capacity: Int
  private let strengths: UnsafeMutablePointer<Float>
  private let amplitudes: UnsafeMutablePointer<Float>
  private var next: Int64 = 0

  init(seconds: Double, sampleRate: Double) {
    capacity = Int((seconds * sampleRate).rounded())
    strengths = .allocate(capacity: capacity)
    strengths.initialize(repeating: 0, count: capacity)
    amplitudes = .allocate(capacity: capacity)
    amplitudes.initialize(repeating: 0, count: capacity)
  }

  deinit {
    strengths.deallocate()
    amplitudes.deallocate()
  }

  func restart(at index: Int64) {
    next = index
    strengths.update(repeating: 0, count: capacity)
    amplitudes.update(repeating: 0, count: capacity)
  }

  func append(_ feature: FusedFeature) {
    let slot = Int(next % Int64(capacity))
    strengths[slot] = feature.strength
    amplitudes[slot] = feature.microvolts
    next &+= 1
  }

  /// The sample at which the signal was strongest.
  func strongest(from first: Int64, to last: Int64) -> Int64 {
    var best = last
    var strength: Float = -1
    var index = max(first, next &- Int64(capacity), 0)
    while index <= min(last, next &- 1) {
      let value = strengths[Int(index % Int64(capacity))]
      if value > strength {
        strength = value
        best = index
      }
      index &+= 1
    }
    return best
  }

  /// The largest band-passed amplitude of any usable row, microvolts.
  func largestMicrovolts(from first: Int64, to last: Int64) -> Float {
    var largest: Float = 0
    var index = max(first, next &- Int64(capacity), 0)
    while index <= min(last, next &- 1) {
      largest = max(largest, amplitudes[Int(index % Int64(capacity))])
      index &+= 1
    }
    return largest
  }
}
