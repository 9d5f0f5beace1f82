// Random numbers for tests: the same at every run, so that a failure comes again.

/// SplitMix64 (Steele et al. 2014) from a seed.
public struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  /// Starts a sequence.
  public init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Uniform between -1 and 1.
  public mutating func value() -> Double {
    Double(Int64(bitPattern: next())) / 9.223372036854775807e18
  }
}
