// Sine and exponential from IEEE 754 additions and multiplications alone. Those round alike on every machine, while the
// functions of C libraries differ in the last bit; so a simulated patient is the same bits everywhere.

/// Functions whose results are the same bits on every machine with IEEE 754 doubles. (Swift does not fuse
/// multiplications with additions unless it is asked to.)
enum ExactMath {
  /// sin(2 pi `turns`), good to 1e-12 for arguments below a thousand turns.
  static func sine(turns: Double) -> Double {
    var turn = turns - turns.rounded()
    if turn > 0.25 { turn = 0.5 - turn } else if turn < -0.25 { turn = -0.5 - turn }
    let angle = 2 * Double.pi * turn
    let square = angle * angle
    // Taylor's series up to the 17th power: the next term is below 1e-13 for a quarter turn.
    var sum = square * (1 / 355_687_428_096_000.0)
    sum = square * (sum - 1 / 1_307_674_368_000.0)
    sum = square * (sum + 1 / 6_227_020_800.0)
    sum = square * (sum - 1 / 39_916_800.0)
    sum = square * (sum + 1 / 362_880.0)
    sum = square * (sum - 1 / 5040.0)
    sum = square * (sum + 1 / 120.0)
    sum = square * (sum - 1 / 6.0)
    return angle * (1 + sum)
  }

  /// cos(2 pi `turns`).
  static func cosine(turns: Double) -> Double { sine(turns: turns + 0.25) }

  /// e to the power of `exponent`, good to 1e-13 of the result; 0 below -700, its value at 700 above.
  static func exponential(_ exponent: Double) -> Double {
    if exponent < -700 { return 0 }
    let bounded = min(exponent, 700)
    let halvings = (bounded * 1.442695040888963).rounded()
    // ln 2 in two parts, so that the remainder keeps its digits.
    let rest =
      (bounded - halvings * 0.693147180369123816490) - halvings * 1.90821492927058770002e-10
    // Taylor's series up to the 11th power; the next term is below 1e-14.
    var sum = rest * (1 / 39_916_800.0) + 1 / 3_628_800.0
    sum = rest * sum + 1 / 362_880.0
    sum = rest * sum + 1 / 40_320.0
    sum = rest * sum + 1 / 5040.0
    sum = rest * sum + 1 / 720.0
    sum = rest * sum + 1 / 120.0
    sum = rest * sum + 1 / 24.0
    sum = rest * sum + 1 / 6.0
    sum = rest * sum + 0.5
    sum = rest * sum + 1
    sum = rest * sum + 1
    return Double(sign: .plus, exponent: Int(halvings), significand: sum)
  }
}
