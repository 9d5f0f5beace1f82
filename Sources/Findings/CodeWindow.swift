// The newest samples of a stream as input codes, contiguous in memory for the encoder. A linear buffer
// of two windows: when it is full, the newest window moves to its front. That is one move of 12 kB
// every ten seconds; a ring that writes every sample twice would cost as much and be harder to follow.

/// A stream's newest codes, `[sample][12]`, addressed by the sample's index since the restart.
final class CodeWindow {
  private static let leadCount = 12

  /// Samples of a full window.
  let windowSamples: Int
  /// Samples appended since the restart.
  private(set) var sampleCount = 0

  private let millivoltsPerCode: Double
  private let keptSamples: Int
  private let capacity: Int
  private let memory: UnsafeMutablePointer<Int8>
  /// Index of the sample at the front of the memory.
  private var firstSample = 0

  /// Makes the memory. The newest window on the frame grid starts at most `frameStride - 1` samples
  /// before the newest `windowSamples`.
  init(windowSamples: Int, frameStride: Int, millivoltsPerCode: Double) {
    self.windowSamples = windowSamples
    self.millivoltsPerCode = millivoltsPerCode
    keptSamples = windowSamples + frameStride - 1
    capacity = 2 * keptSamples
    memory = .allocate(capacity: capacity * Self.leadCount)
    memory.initialize(repeating: 0, count: capacity * Self.leadCount)
  }

  deinit { memory.deallocate() }

  /// Forgets the stream.
  func restart() {
    sampleCount = 0
    firstSample = 0
  }

  /// Appends one sample of `[12]` millivolts.
  func append(_ millivolts: UnsafePointer<Double>) {
    if sampleCount &- firstSample == capacity {
      let dropped = capacity &- keptSamples
      memory.update(from: memory + dropped &* Self.leadCount, count: keptSamples &* Self.leadCount)
      firstSample &+= dropped
    }
    let row = memory + (sampleCount &- firstSample) &* Self.leadCount
    for lead in 0..<Self.leadCount { row[lead] = code(millivolts[lead]) }
    sampleCount &+= 1
  }

  /// The codes from a sample on, up to the newest. The sample must still be kept.
  func codes(from sample: Int) -> UnsafePointer<Int8> {
    precondition(sample >= firstSample && sample <= sampleCount, "sample no longer kept")
    return UnsafePointer(memory + (sample &- firstSample) &* Self.leadCount)
  }

  /// Rounds half away from zero and clamps to -127...127. Never NaN: the samples are finite floats, and
  /// no sum the preprocessing makes of them comes near the end of the doubles.
  @inline(__always)
  private func code(_ millivolts: Double) -> Int8 {
    let rounded = (millivolts / millivoltsPerCode).rounded(.toNearestOrAwayFromZero)
    return Int8(truncatingIfNeeded: Int(max(-127, min(127, rounded))))
  }
}
