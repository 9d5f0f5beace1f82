// Twelve leads of waves whose onsets, offsets, axes and heights are known in closed form: each wave is a raised cosine
// along one direction of the frontal plane, ST is a plateau. The V leads see fixed shares of it.

import Glibc

/// A heart that is one dipole a wave.
struct DipoleECG {
  /// A wave from `onset` to `offset`, seconds from the QRS onset, of `microvolts` towards `axisDegrees`.
  struct Wave {
    var onset, offset, microvolts, axisDegrees: Double

    /// Share of its height at a time.
    func shape(_ seconds: Double) -> Double {
      guard seconds > onset, seconds < offset else { return 0 }
      return 0.5 * (1 - cos(2 * .pi * (seconds - onset) / (offset - onset)))
    }
  }

  var sampleRate = 500.0
  var beatsPerMinute = 60.0
  var beatCount = 10
  var pWave: Wave? = Wave(onset: -0.16, offset: -0.06, microvolts: 150, axisDegrees: 60)
  var qrs = Wave(onset: 0, offset: 0.09, microvolts: 1200, axisDegrees: 30)
  var tWave = Wave(onset: 0.18, offset: 0.38, microvolts: 300, axisDegrees: 40)
  /// A plateau from the end of QRS to the onset of T, towards 90 degrees.
  var stMicrovolts = 0.0

  var sampleCount: Int { Int(Double(beatCount) * 60 / beatsPerMinute * sampleRate) }
  /// Samples of the R peaks.
  var beats: [Int] { (0..<beatCount).map { Int((start($0) + 0.045) * sampleRate) } }

  /// Seconds of the onset of QRS, in the middle of each beat's stretch.
  private func start(_ beat: Int) -> Double { (Double(beat) + 0.5) * 60 / beatsPerMinute }

  /// Degrees of the lead in the frontal plane and how long it is; the V leads look along 0, 30 and so on.
  private static let leads: [(degrees: Double, length: Double)] = [
    (0, 1), (60, 1), (120, 1), (-150, 0.75.squareRoot()), (-30, 0.75.squareRoot()),
    (90, 0.75.squareRoot()), (150, 1), (100, 1.5), (70, 1.5), (50, 1.5), (30, 1.2), (10, 1),
  ]

  /// A lead's share of what points towards a direction.
  static func share(_ lead: Int, _ axisDegrees: Double) -> Double {
    leads[lead].length * cos((leads[lead].degrees - axisDegrees) * .pi / 180)
  }

  /// `[lead][sample]` microvolts.
  func rows(offset: Double = 0) -> [Float] {
    var rows = [Float](repeating: Float(offset), count: 12 * sampleCount)
    for lead in 0..<12 {
      for sample in 0..<sampleCount {
        let seconds = Double(sample) / sampleRate
        let beat = min(beatCount - 1, Int(seconds * beatsPerMinute / 60))
        let time = seconds - start(beat)
        var value = 0.0
        for wave in [pWave, qrs, tWave].compactMap(\.self) {
          value += wave.microvolts * wave.shape(time) * Self.share(lead, wave.axisDegrees)
        }
        value += stMicrovolts * plateau(time) * Self.share(lead, 90)
        rows[lead * sampleCount + sample] += Float(value)
      }
    }
    return rows
  }

  /// Up within the last 20 ms of QRS, down within the first 40 ms of T.
  private func plateau(_ time: Double) -> Double {
    let rise = (time - (qrs.offset - 0.02)) / 0.02
    let fall = (tWave.onset + 0.04 - time) / 0.04
    return max(0, min(1, rise, fall))
  }
}
