// Second-order filter sections: coefficients by the bilinear transform with prewarping, and their state.

import Glibc

/// Coefficients of one section, a0 = 1.
public struct Biquad: BitwiseCopyable, Hashable, Sendable {
  /// Numerator and denominator.
  public var b0, b1, b2, a1, a2: Double

  /// Passes everything as it is.
  static let unity = Biquad(b0: 1, b1: 0, b2: 0, a1: 0, a2: 0)

  /// Second-order low-pass; `quality` 1/sqrt(2) is Butterworth's.
  public static func lowPass(hertz: Double, sampleRate: Double, quality: Double) -> Biquad {
    let k = tan(.pi * hertz / sampleRate)
    let norm = 1 / (1 + k / quality + k * k)
    return Biquad(
      b0: k * k * norm, b1: 2 * k * k * norm, b2: k * k * norm, a1: 2 * (k * k - 1) * norm,
      a2: (1 - k / quality + k * k) * norm)
  }

  /// Second-order high-pass; `quality` 1/sqrt(2) is Butterworth's.
  public static func highPass(hertz: Double, sampleRate: Double, quality: Double) -> Biquad {
    let k = tan(.pi * hertz / sampleRate)
    let norm = 1 / (1 + k / quality + k * k)
    return Biquad(
      b0: norm, b1: -2 * norm, b2: norm, a1: 2 * (k * k - 1) * norm,
      a2: (1 - k / quality + k * k) * norm)
  }

  /// A single pole.
  public static func highPass1(hertz: Double, sampleRate: Double) -> Biquad {
    let k = tan(.pi * hertz / sampleRate)
    return Biquad(b0: 1 / (1 + k), b1: -1 / (1 + k), b2: 0, a1: (k - 1) / (1 + k), a2: 0)
  }

  /// Notch of bandwidth `hertz / quality`.
  public static func notch(hertz: Double, sampleRate: Double, quality: Double) -> Biquad {
    let angle = 2 * .pi * hertz / sampleRate
    let gain = 1 / (1 + tan(angle / quality / 2))
    return Biquad(
      b0: gain, b1: -2 * gain * cos(angle), b2: gain, a1: -2 * gain * cos(angle),
      a2: 2 * gain - 1)
  }

  /// Butterworth's fourth-order low-pass as two sections.
  public static func lowPass4(hertz: Double, sampleRate: Double) -> [Biquad] {
    [1 / (2 * cos(.pi / 8)), 1 / (2 * cos(3 * .pi / 8))].map {
      lowPass(hertz: hertz, sampleRate: sampleRate, quality: $0)
    }
  }

  /// Quality of a second-order Butterworth section.
  public static let butterworth = 0.5.squareRoot()

  /// What a constant input leaves in a section's state when it has always been there, and its output.
  func settled(on input: Double) -> (first: Double, second: Double, output: Double) {
    let output = (b0 + b1 + b2) / (1 + a1 + a2) * input
    let second = b2 * input - a2 * output
    return (b1 * input - a1 * output + second, second, output)
  }

  /// What the section leaves of the power at a frequency.
  func powerGain(hertz: Double, sampleRate: Double) -> Double {
    let angle = 2 * .pi * hertz / sampleRate
    func power(_ c0: Double, _ c1: Double, _ c2: Double) -> Double {
      let real = c0 + c1 * cos(angle) + c2 * cos(2 * angle)
      let imaginary = c1 * sin(angle) + c2 * sin(2 * angle)
      return real * real + imaginary * imaginary
    }
    return power(b0, b1, b2) / power(1, a1, a2)
  }

  /// Delay of the section at a frequency, in samples: the negative slope of its phase.
  func groupDelay(hertz: Double, sampleRate: Double) -> Double {
    func phase(_ hertz: Double) -> Double {
      let angle = 2 * .pi * hertz / sampleRate
      let numerator = atan2(
        -b1 * sin(angle) - b2 * sin(2 * angle), b0 + b1 * cos(angle) + b2 * cos(2 * angle))
      let denominator = atan2(
        -a1 * sin(angle) - a2 * sin(2 * angle), 1 + a1 * cos(angle) + a2 * cos(2 * angle))
      return numerator - denominator
    }
    let step = 0.01
    var difference = phase(hertz + step) - phase(hertz - step)
    if difference > .pi { difference -= 2 * .pi }
    if difference < -.pi { difference += 2 * .pi }
    return -difference / (2 * step) * sampleRate / (2 * .pi)
  }
}

/// State of one section for one row, transposed direct form II.
struct BiquadState: BitwiseCopyable {
  private var first = 0.0
  private var second = 0.0

  /// The state in which a constant input would always have been.
  mutating func settle(_ section: Biquad, on input: Double) -> Double {
    let settled = section.settled(on: input)
    first = settled.first
    second = settled.second
    return settled.output
  }

  @inline(__always)
  mutating func step(_ section: Biquad, _ input: Double) -> Double {
    let output = section.b0 * input + first
    first = section.b1 * input - section.a1 * output + second
    second = section.b2 * input - section.a2 * output
    // In silence the state would sink below what a processor computes at full speed.
    if abs(first) < Self.negligible { first = 0 }
    if abs(second) < Self.negligible { second = 0 }
    return output
  }

  private static let negligible = 1e-30
}
