// Millivolts to the codes that the encoder reads.

/// The rounding of the encoder's input.
public struct InputQuantiser: BitwiseCopyable, Sendable {
  private let millivoltsPerCode: Double

  /// The rounding that a graph was trained with.
  public init(_ graph: Graph) { millivoltsPerCode = graph.millivoltsPerCode }

  /// Rounds half away from zero and clamps to -127...127. Never NaN: the samples are finite floats, and
  /// no sum the preprocessing makes of them comes near the end of the doubles.
  @inline(__always)
  public func code(_ millivolts: Double) -> Int8 {
    let rounded = (millivolts / millivoltsPerCode).rounded(.toNearestOrAwayFromZero)
    return Int8(truncatingIfNeeded: Int(max(-127, min(127, rounded))))
  }
}
