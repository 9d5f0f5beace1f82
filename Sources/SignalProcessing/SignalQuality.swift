// Whether a row measures a heart: saturated, flat, noisy or good. Judged twice a second over the last second. A flat
// row stays usable - a heart that has stopped is flat, too, and must not hide behind "bad signal".

import Glibc

/// What a row looks like now.
public enum RowGrade: UInt8, Sendable, BitwiseCopyable {
  case good
  /// No more than 5 microvolts from top to bottom: a short circuit, a lead that sees nothing, or no heart beat.
  case flat
  /// More than `SignalQuality.noiseMicrovoltsMax` above 40 Hz.
  case noisy
  /// A tenth of the samples at an end of the ADC's range.
  case saturated
  /// Nothing was measured.
  case missing
}

/// Judges every row of a stream.
public final class SignalQuality {
  /// Root mean square above 40 Hz from which a row is not trusted: three times a strong muscle tremor at rest.
  public static let noiseMicrovoltsMax = 150.0
  private static let flatMicrovoltsMax: Float = 5

  private struct RowState: BitwiseCopyable {
    var minimum = Float.infinity
    var maximum = -Float.infinity
    var noiseEnergy = 0.0
    var saturatedCount = 0
    var missingCount = 0
    var filter = BiquadState()
    var isSettled = false
    var grade = RowGrade.good
    var noiseMicrovolts = 0.0
  }

  private let rowCount: Int
  private let rows: UnsafeMutablePointer<RowState>
  private let highPass: Biquad?
  private let windowCount: Int
  private var position = 0
  private var trusted: UInt32
  private var measured: UInt32

  /// All rows are good until half a second says otherwise.
  public init(sampleRate: Double, rowCount: Int) {
    self.rowCount = rowCount
    rows = .allocate(capacity: rowCount)
    rows.initialize(repeating: RowState(), count: rowCount)
    highPass =
      sampleRate > 100
      ? .highPass(hertz: 40, sampleRate: sampleRate, quality: Biquad.butterworth) : nil
    windowCount = max(1, Int((sampleRate / 2).rounded()))
    trusted = UInt32.max >> UInt32(32 - rowCount)
    measured = trusted
  }

  deinit { rows.deallocate() }

  /// Starts to judge anew.
  public func restart() {
    rows.update(repeating: RowState(), count: rowCount)
    trusted = UInt32.max >> UInt32(32 &- rowCount)
    position = 0
  }

  /// Takes one sample of all rows in microvolts; `saturated` bit n: row n stands at its ADC's end.
  public func process(
    _ raw: UnsafePointer<Float>, saturated: UInt32, filtered: UnsafePointer<Float>
  ) {
    measured = 0
    for row in 0..<rowCount {
      let bit: UInt32 = 1 &<< UInt32(row)
      let value = raw[row]
      if value.isNaN {
        rows[row].missingCount &+= 1
        rows[row].isSettled = false
        continue
      }
      measured |= bit
      rows[row].minimum = min(rows[row].minimum, value)
      rows[row].maximum = max(rows[row].maximum, value)
      if saturated & bit != 0 { rows[row].saturatedCount &+= 1 }
      if let highPass { addNoise(row, Double(value), highPass) }
    }
    position &+= 1
    if position == windowCount {
      position = 0
      judge()
    }
  }

  @inline(__always)
  private func addNoise(_ row: Int, _ value: Double, _ highPass: Biquad) {
    if rows[row].isSettled {
      let noise = rows[row].filter.step(highPass, value)
      rows[row].noiseEnergy += noise * noise
    } else {
      _ = rows[row].filter.settle(highPass, on: value)
      rows[row].isSettled = true
    }
  }

  private func judge() {
    trusted = 0
    for row in 0..<rowCount {
      let state = rows[row]
      let noise = (state.noiseEnergy / Double(windowCount)).squareRoot()
      let grade: RowGrade =
        if state.missingCount &* 2 > windowCount {
          .missing
        } else if state.saturatedCount &* 10 > windowCount {
          .saturated
        } else if noise > Self.noiseMicrovoltsMax {
          .noisy
        } else if state.maximum - state.minimum <= Self.flatMicrovoltsMax {
          .flat
        } else {
          .good
        }
      rows[row].grade = grade
      rows[row].noiseMicrovolts = noise
      if grade == .good || grade == .flat { trusted |= 1 &<< UInt32(row) }
      rows[row].minimum = .infinity
      rows[row].maximum = -.infinity
      rows[row].noiseEnergy = 0
      rows[row].saturatedCount = 0
      rows[row].missingCount = 0
    }
  }

  /// Rows that may be trusted and were measured just now, a bit each.
  public var usableMask: UInt32 { trusted & measured }

  /// What a row looks like.
  public func grade(row: Int) -> RowGrade { rows[row].grade }

  /// 0 for nothing usable to 100 for every row clean: the mean over rows of 1 for a clean row, less its noise.
  public var index: Int {
    var sum = 0.0
    for row in 0..<rowCount where usableMask & (1 &<< UInt32(row)) != 0 {
      guard rows[row].grade == .good else { continue }
      sum += 1 - min(1, rows[row].noiseMicrovolts / Self.noiseMicrovoltsMax)
    }
    return Int((100 * sum / Double(rowCount)).rounded())
  }
}
