// Sines through the monitoring filter: what passes, what is held back, and that nothing is heard of a constant.

import Glibc
import SignalProcessing

enum FilterCheck {
  private static let sampleRate = 500.0
  /// Frequency, least and greatest gain: 0.67-40 Hz within 3 dB (IEC 60601-2-27's band), the notch closed.
  private static let bands: [(hertz: Double, gain: ClosedRange<Double>)] = [
    (0.05, 0...0.01), (1, 0.8...1.05), (10, 0.97...1.03), (35, 0.8...1.05), (50, 0...0.01),
    (100, 0...0.03),
  ]

  static func run() throws -> String {
    for band in bands {
      let gain = gain(hertz: band.hertz)
      try require(
        band.gain.contains(gain), "the filter's gain at \(band.hertz) Hz is \(gain)")
    }
    return "gain of the monitoring filter with the 50 Hz notch right at \(bands.count) frequencies"
  }

  /// Amplitude that comes out for one that goes in, once the filter has settled.
  private static func gain(hertz: Double) -> Double {
    let filter = RowFilter(settings: .monitoring, sampleRate: sampleRate, rowCount: 1)
    // Whole periods, so that sine and cosine are told apart exactly.
    let settling = 30 * sampleRate
    let measured = max(1, (20 * hertz).rounded()) / hertz * sampleRate
    var sine = 0.0
    var cosine = 0.0
    for sample in 0..<Int(settling + measured) {
      let angle = 2 * .pi * hertz * Double(sample) / sampleRate
      var input = Float(1000 * sin(angle))
      var output: Float = 0
      filter.process(&input, into: &output)
      if Double(sample) >= settling {
        sine += Double(output) * sin(angle)
        cosine += Double(output) * cos(angle)
      }
    }
    return (sine * sine + cosine * cosine).squareRoot() * 2 / measured / 1000
  }
}
