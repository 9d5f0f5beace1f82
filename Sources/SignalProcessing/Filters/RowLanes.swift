// Filter sections over four rows at once: the rows are the lanes of a vector, so that a section costs four rows
// little more than one.

/// Four rows.
typealias RowLanes = SIMD4<Double>

/// State of one section for four rows, transposed direct form II.
struct LaneState: BitwiseCopyable {
  private var first = RowLanes.zero
  private var second = RowLanes.zero

  /// In silence a state would sink below what a processor computes at full speed.
  private static let negligible = RowLanes(repeating: 1e-30)

  @inline(__always)
  mutating func step(_ section: Biquad, _ input: RowLanes) -> RowLanes {
    let output = section.b0 * input + first
    first = section.b1 * input - section.a1 * output + second
    second = section.b2 * input - section.a2 * output
    return output
  }

  /// One row's state in which a constant input would always have been. Returns its output.
  mutating func settle(_ section: Biquad, lane: Int, on input: Double) -> Double {
    let settled = section.settled(on: input)
    first[lane] = settled.first
    second[lane] = settled.second
    return settled.output
  }

  /// Goes on as if the input of one row had always been so much higher: a high-pass lets its output sink by it.
  mutating func raiseBaseline(_ section: Biquad, lane: Int, by input: Double) {
    let settled = section.settled(on: input)
    first[lane] += settled.first
    second[lane] += settled.second
  }

  /// Sets what has nearly died away to zero. Often enough every few milliseconds: between two calls no section of
  /// an ECG filter decays from here to the end of a Double's range.
  mutating func sweep() {
    first.replace(with: 0, where: pointwiseMax(first, -first) .< Self.negligible)
    second.replace(with: 0, where: pointwiseMax(second, -second) .< Self.negligible)
  }
}
