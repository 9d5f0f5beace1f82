// Normal random numbers from a seed.

import Foundation
import TestSupport

struct NormalRandom {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Uniform between -1 and 1.
  mutating func value() -> Double { random.value() }

  /// Variance 1 (Box and Muller).
  mutating func normal() -> Double {
    let radius = (-2 * log(max(abs(random.value()), 1e-300))).squareRoot()
    return radius * cos(Double.pi * random.value())
  }
}
