// The model's high-pass: one second-order section, transposed direct form II.

/// The coefficients of the section (a0 = 1).
struct HighPass: BitwiseCopyable {
  /// What the section remembers of one lead.
  struct State: BitwiseCopyable {
    var first = 0.0
    var second = 0.0
  }

  private let b0, b1, b2, a1, a2: Double

  init(_ preprocessing: Preprocessing) {
    b0 = preprocessing.numerator[0]
    b1 = preprocessing.numerator[1]
    b2 = preprocessing.numerator[2]
    a1 = preprocessing.denominator[0]
    a2 = preprocessing.denominator[1]
  }

  /// The state after a constant `input` that has lasted forever.
  @inline(__always)
  func steadyState(_ input: Double) -> State {
    let output = input * (b0 + b1 + b2) / (1 + a1 + a2)
    let second = b2 * input - a2 * output
    return State(first: b1 * input - a1 * output + second, second: second)
  }

  /// One sample.
  @inline(__always)
  func step(_ input: Double, _ state: inout State) -> Double {
    let output = b0 * input + state.first
    state.first = b1 * input - a1 * output + state.second
    state.second = b2 * input - a2 * output
    return output
  }
}
