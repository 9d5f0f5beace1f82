// The noise of each channel with shorted inputs, in the diagnostic band of 0.05-150 Hz.

import SignalProcessing

extension FieldMeasurement {
  /// IEC 60601-2-25 and -27 look at stretches of ten seconds.
  private static let noiseStretchSeconds = 10.0
  /// What the diagnostic filter's 0.05 Hz need of a constant input: it starts where the first sample would have
  /// brought it, and this lets the difference of that sample from the mean die away.
  public static let noiseSettlingSeconds = 5.0

  /// RMS and peak to valley of each channel. `capture`: with shorted inputs, the settling and at least three stretches.
  ///
  /// RMS: the root of the mean of the squares of one-second stretches; its uncertainty comes from their scatter.
  /// Peak to valley: the largest of the stretches of 10 s; its uncertainty is what another stretch would differ by,
  /// Student's factor times the scatter times (1 + 1/n)^(1/2).
  static func noise(_ capture: Capture, short: Short) -> FieldMeasurement {
    let rate = capture.sampleRate
    let quiet = capture.filtered(settlingSeconds: noiseSettlingSeconds) { rows in
      filtered(rows, sampleRate: rate, mains: .off)
    }
    let values = capture.names.indices.flatMap { channel -> [MeasuredValue] in
      let row = quiet.rows[channel]
      let fault =
        capture.fault(channel) ?? short.fault(quiet, channel) ?? deadFault(capture.rows[channel])
      let (rms, valley) = (rootMeanSquare(row, rate), peakToValley(row, rate))
      return [
        MeasuredValue(
          capture.names[channel], .noiseMicrovoltsRMS, rms.value, uncertainty: rms.uncertainty,
          limits: .none, fault: fault),
        MeasuredValue(
          capture.names[channel], .noiseMicrovoltsPeakToValley, valley.value,
          uncertainty: valley.uncertainty, limits: .noiseMicrovoltsPeakToValley, fault: fault),
      ]
    }
    return FieldMeasurement(
      .noise, method: "\(short.rawValue), 0.05-150 Hz, stretches of 10 s",
      conditions: ["seconds": quiet.seconds], values: values)
  }

  /// A converter always has noise: a row that never changes is no measurement.
  private static func deadFault(_ row: [Double]) -> String? {
    row.allSatisfy { $0 == row[0] } ? "the same code all the time: the channel is dead" : nil
  }

  private static func rootMeanSquare(_ row: [Double], _ sampleRate: Double) -> Estimate {
    let squares = Statistics.stretchMeans(
      row.map { $0 * $0 }, count: Int(Double(row.count) / sampleRate))
    let power = Statistics.estimate(squares)
    let value = power.value.squareRoot()
    return Estimate(value: value, uncertainty: power.uncertainty / (2 * value))
  }

  private static func peakToValley(_ row: [Double], _ sampleRate: Double) -> Estimate {
    let length = Int(noiseStretchSeconds * sampleRate)
    let count = row.count / max(1, length)
    guard count >= 3 else { return Estimate(value: .nan, uncertainty: .nan) }
    let extents = (0..<count).map { index -> Double in
      let stretch = row[index * length..<(index + 1) * length]
      return (stretch.max() ?? 0) - (stretch.min() ?? 0)
    }
    let factor = Statistics.studentFactor(degreesOfFreedom: count - 1)
    let another = (1 + 1 / Double(count)).squareRoot()
    return Estimate(
      value: extents.max() ?? .nan, uncertainty: factor * another * Statistics.deviation(extents))
  }

  /// The diagnostic filter of the monitor over rows `[channel][sample]`.
  static func filtered(
    _ rows: [[Double]], sampleRate: Double, mains: MainsSetting
  ) -> [[Double]] {
    var settings = FilterSettings.diagnostic
    settings.mains = mains
    // Single precision: the mean goes first, as offsets can be a thousand times the noise.
    let means = rows.map(Statistics.mean)
    let filter = RowFilter(settings: settings, sampleRate: sampleRate, rowCount: rows.count)
    var result = rows
    var input = [Float](repeating: 0, count: rows.count)
    var output = input
    for sample in rows[0].indices {
      for channel in rows.indices {
        input[channel] = Float(rows[channel][sample] - means[channel])
      }
      filter.process(input, into: &output)
      for channel in rows.indices { result[channel][sample] = Double(output[channel]) }
    }
    return result
  }
}
