// How sure a mean is: from the scatter of stretches of the signal, which holds for noise that is not white, too.

import Glibc

/// A value and half of its 95 % interval.
struct Estimate: Hashable {
  var value: Double
  var uncertainty: Double
}

enum Statistics {
  static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// Standard deviation of a sample.
  static func deviation(_ values: [Double]) -> Double {
    guard values.count > 1 else { return .infinity }
    let mean = mean(values)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// Student's factor for an interval of 95 % (Abramowitz and Stegun 26.7.5): within 0.5 % from three degrees of
  /// freedom on.
  static func studentFactor(degreesOfFreedom: Int) -> Double {
    let z = 1.959964
    let n = Double(degreesOfFreedom)
    let g1 = (pow(z, 3) + z) / 4
    let g2 = (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / 96
    let g3 = (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / 384
    return z + g1 / n + g2 / (n * n) + g3 / (n * n * n)
  }

  /// The mean of what stretches of the signal gave, and how sure it is. Fewer than four say nothing about that.
  static func estimate(_ stretches: [Double]) -> Estimate {
    guard stretches.count >= 4 else {
      return Estimate(value: stretches.isEmpty ? .nan : mean(stretches), uncertainty: .infinity)
    }
    let count = Double(stretches.count)
    let factor = studentFactor(degreesOfFreedom: stretches.count - 1)
    return Estimate(
      value: mean(stretches), uncertainty: factor * deviation(stretches) / count.squareRoot())
  }

  /// The means of equal stretches of a row; what is left over at the end is not used.
  static func stretchMeans(_ row: [Double], count: Int) -> [Double] {
    let length = row.count / count
    guard length > 0 else { return [] }
    return (0..<count).map { mean(Array(row[$0 * length..<($0 + 1) * length])) }
  }
}
