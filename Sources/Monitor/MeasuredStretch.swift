// Intervals, axes and amplitudes of a recording: ten seconds at a time, as a 12-lead report has them.

import ECGSignal
import SignalProcessing

/// What was measured in one stretch of a recording.
public struct MeasuredStretch: Sendable {
  /// Where the stretch begins, seconds from the start of the recording.
  public let seconds: Double
  /// Its numbers; `leads` in the standard order, nothing in those that were not recorded.
  public let measurements: Measurements
}

/// Gathers a recording's samples and measures each ten seconds of it.
struct StretchMeasurer {
  private static let stretchSeconds = 10.0
  /// The rates that can be delineated.
  private static let rates = 200.0...1000.0
  /// A shorter rest has too few beats for a median one.
  private static let secondsMin = 3.0

  private let layout: RowLayout
  private let assembly: RowAssembly
  private let delineator: Delineator
  private let sampleRate: Double
  private let trueSampleRate: Double
  private let length: Int
  /// `[lead][length]`, NaN where nothing was recorded.
  private var microvolts: [Float]
  private var row: [Float]
  private var count = 0
  private var start = 0
  private var stretches: [MeasuredStretch] = []

  /// Nil for a format that cannot be measured: no standard lead, or a rate outside 200 to 1000 Hz.
  init?(_ format: SignalFormat) {
    layout = RowLayout(format)
    guard Self.rates.contains(format.sampleRate), !layout.leads.isEmpty else { return nil }
    assembly = RowAssembly(format: format, layout: layout)
    sampleRate = format.sampleRate
    trueSampleRate = format.trueSampleRate
    length = Int((Self.stretchSeconds * sampleRate).rounded())
    delineator = Delineator(
      sampleRate: sampleRate, rowCount: Lead.allCases.count, sampleCountMax: length,
      trueSampleRate: trueSampleRate)
    microvolts = [Float](repeating: .nan, count: Lead.allCases.count * length)
    row = [Float](repeating: .nan, count: assembly.rowCount)
  }

  /// Takes the samples of a block.
  mutating func take(_ block: SampleBlock) {
    for sample in 0..<Int(block.header.pointee.sampleCount) {
      assembly.assemble(block, sample: sample, into: &row)
      for (lead, place) in layout.rowOfLead.enumerated() {
        microvolts[lead * length + count] = place < 0 ? .nan : row[place]
      }
      count += 1
      if count == length { measure() }
    }
  }

  /// The stretch that stands for the recording: the one whose heart rate is the median; nil where no beats were
  /// found.
  mutating func result() -> MeasuredStretch? {
    if Double(count) >= Self.secondsMin * sampleRate { measure() }
    let sorted = stretches.sorted {
      ($0.measurements.heartRateBPM ?? 0) < ($1.measurements.heartRateBPM ?? 0)
    }
    return sorted.isEmpty ? nil : sorted[sorted.count / 2]
  }

  private mutating func measure() {
    let beats = BeatDetector.beats(
      ofStretch: microvolts, stride: length, sampleCount: count, rowCount: Lead.allCases.count,
      sampleRate: sampleRate)
    let measurements = beats.withUnsafeBufferPointer {
      delineator.measure(microvolts, stride: length, sampleCount: count, beats: $0)
    }
    if measurements.heartRateBPM != nil {
      stretches.append(
        MeasuredStretch(seconds: Double(start) / trueSampleRate, measurements: measurements))
    }
    start += count
    count = 0
  }
}
