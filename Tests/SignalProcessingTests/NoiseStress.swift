// Real electrode motion to add to other signals: what the noise stress test added to record 118 (Moody, Muldrow and
// Mark 1984), as the difference between 118e06 and 118.

import Foundation
import Recordings
import TestSupport

/// The noise of 118e06: 6 dB by the convention of WFDB's nst(1), which compares it with the peaks of the QRS.
struct NoiseStress {
  private static let sampleRate = 360.0
  /// Mean QRS of record 118, peak to peak, of both signals.
  private static let qrsMicrovolts: [Float] = [2717, 2236]

  /// In units of a QRS, of the two-minute periods that have noise, one behind the other.
  private let values: [[Float]]

  static var isPresent: Bool { TestData.isPresent }
  /// Read once; nil where the recordings are not here.
  static let recorded = try? NoiseStress()

  private init() throws {
    let noisy = try Signal(path: TestData.path("nstdb/118e06"))
    let clean = try Signal(path: TestData.path("mitdb/118"))
    values = Self.qrsMicrovolts.enumerated().map { row, height in
      (0..<clean.sampleCount).compactMap { sample in
        let seconds = Double(sample) / Self.sampleRate
        guard seconds >= 300, Int((seconds - 300) / 120) % 2 == 0 else { return nil }
        return (noisy.microvolts[2 * sample + row] - clean.microvolts[2 * sample + row]) / height
      }
    }
  }

  /// Adds noise to every row from a time on, as strong against the row's QRS as in 118e06. Each
  /// row gets another stretch of it, and the rows in turn the one and the other of its signals.
  func add(
    to signal: inout Signal, fromSeconds start: Double, offsetSeconds: Double,
    qrsMicrovolts: [Float], firstSignal: Int = 0
  ) {
    for sample in Int(start * signal.sampleRate)..<signal.sampleCount {
      let seconds = Double(sample) / signal.sampleRate - start + offsetSeconds
      for row in 0..<signal.rowCount {
        signal.microvolts[sample * signal.rowCount + row] +=
          qrsMicrovolts[row] * value((row + firstSignal) % 2, seconds + Double(row / 2) * 60)
      }
    }
  }

  private func value(_ signal: Int, _ seconds: Double) -> Float {
    let place = seconds * Self.sampleRate
    let first = Int(place)
    let noise = values[signal]
    let a = noise[first % noise.count]
    return a + Float(place - Double(first)) * (noise[(first + 1) % noise.count] - a)
  }
}
