// Beats whose times and shapes are known: the drawn shapes of the monitor standards, not a model of a heart.

import Glibc

/// An ECG of given beats.
struct SyntheticECG {
  /// Seconds of the R peaks.
  var beats: [Double]
  var rMicrovolts = 1000.0
  /// Base of the triangle that is the QRS.
  var qrsSeconds = 0.1
  var tMicrovolts = 250.0
  /// Where the T wave has its peak after R, and how long it is.
  var tDelaySeconds = 0.23
  var tSeconds = 0.18

  /// Regular beats.
  init(beatsPerMinute: Double, from: Double = 0.3, to: Double) {
    beats = Array(stride(from: from, to: to, by: 60 / beatsPerMinute))
  }

  init(beats: [Double]) { self.beats = beats }

  /// Microvolts at a time.
  func value(at seconds: Double) -> Double {
    var sum = 0.0
    for beat in beats where abs(seconds - beat) < 1 {
      let distance = abs(seconds - beat)
      sum += rMicrovolts * max(0, 1 - distance / (qrsSeconds / 2))
      let t = seconds - beat - tDelaySeconds
      if abs(t) < tSeconds / 2 { sum += tMicrovolts * 0.5 * (1 + cos(2 * .pi * t / tSeconds)) }
    }
    return sum
  }
}
