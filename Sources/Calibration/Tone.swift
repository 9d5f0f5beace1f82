// The amplitude of a wave of known frequency in noise: quadrature demodulation under Hann's window, with the noise
// taken from the frequencies beside it.

import Glibc

/// A wave in a row.
struct Tone: Hashable {
  /// Its frequency.
  var hertz: Double
  /// Its peak.
  var microvolts: Double
  /// Half of the 95 % interval of the peak.
  var uncertaintyMicrovolts: Double
}

extension Tone {
  /// Bins beside the wave from which its noise is taken: Hann's main lobe is two bins wide.
  private static let neighbours = Array(3...10)

  /// Measures a wave. A wave of amplitude A in noise of power v of this frequency shows a mean square of A^2 + v, so
  /// v is taken off; the error of A is normal with variance v/2 (Rice 1944, for A well above v), and for A near 0 the
  /// square of what is shown exceeds 3.2 v in 4 of 100 cases.
  init(in row: [Double], sampleRate: Double, hertz: Double) {
    let width = sampleRate / Double(row.count)
    let shown = Tone.phasor(row, sampleRate: sampleRate, hertz: hertz).power
    var noise = 0.0
    var count = 0.0
    for bin in Tone.neighbours {
      for neighbour in [hertz - Double(bin) * width, hertz + Double(bin) * width]
      where neighbour > 2 * width && neighbour < sampleRate / 2 - width {
        noise += Tone.phasor(row, sampleRate: sampleRate, hertz: neighbour).power
        count += 1
      }
    }
    noise = count > 0 ? noise / count : .infinity
    self.hertz = hertz
    microvolts = max(0, shown - noise).squareRoot()
    // Sixteen neighbours of which two share their noise: about twenty degrees of freedom, factor 2.09.
    uncertaintyMicrovolts = 2.09 * (noise / 2).squareRoot()
  }

  /// The frequency within `within` of `hertz` at which all rows together have most power.
  static func frequency(
    in rows: [[Double]], sampleRate: Double, near hertz: Double, within: Double
  ) -> Double {
    guard let count = rows.first?.count, count > 0 else { return hertz }
    func power(_ at: Double) -> Double {
      rows.reduce(0) { $0 + phasor($1, sampleRate: sampleRate, hertz: at).power }
    }
    let step = sampleRate / Double(count) / 4
    let steps = Int((within / step).rounded(.up))
    var best = hertz
    var highest = -1.0
    for index in -steps...steps {
      let at = hertz + Double(index) * step
      let power = power(at)
      if power > highest {
        highest = power
        best = at
      }
    }
    // A parabola through the logarithms of three points finds the top between them.
    let sides = (log(max(power(best - step), 1e-300)), log(max(power(best + step), 1e-300)))
    let bend = sides.0 - 2 * log(max(highest, 1e-300)) + sides.1
    return bend < 0 ? best + step * min(max((sides.0 - sides.1) / (2 * bend), -1), 1) : best
  }

  /// In-phase and quadrature parts of a row, as peaks of a wave.
  private static func phasor(
    _ row: [Double], sampleRate: Double, hertz: Double
  ) -> (cosine: Double, sine: Double, power: Double) {
    let count = row.count
    let mean = Statistics.mean(row)
    let turn = 2 * Double.pi * hertz / sampleRate
    let windowTurn = 2 * Double.pi / Double(count)
    var (cosine, sine, weights) = (0.0, 0.0, 0.0)
    // Rotations instead of a cosine a sample; they drift by 1e-16 a step.
    var (c, s) = (1.0, 0.0)
    let (stepC, stepS) = (cos(turn), sin(turn))
    var (wc, ws) = (cos(windowTurn / 2), sin(windowTurn / 2))
    let (windowC, windowS) = (cos(windowTurn), sin(windowTurn))
    for value in row {
      let weight = 0.5 - 0.5 * wc
      cosine += weight * (value - mean) * c
      sine += weight * (value - mean) * s
      weights += weight
      (c, s) = (c * stepC - s * stepS, c * stepS + s * stepC)
      (wc, ws) = (wc * windowC - ws * windowS, wc * windowS + ws * windowC)
    }
    let (a, b) = (2 * cosine / weights, 2 * sine / weights)
    return (a, b, a * a + b * b)
  }
}
