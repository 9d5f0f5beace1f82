// What a channel shows with shorted inputs: its offset.

/// How inputs were put on nothing.
enum Short: String {
  case inChip = "inputs shorted in the chip"
  /// With cables and electrodes, whose hum is then in it, too.
  case byHand = "electrodes tied together by hand"

  /// More than this from peak to valley is no short: a QRS complex, or the hum of open lead wires.
  private static let extentMicrovoltsMax = 500.0

  /// Why a channel was not shorted; nil where it was, as far as it shows.
  func fault(_ capture: Capture, _ channel: Int) -> String? {
    guard self == .byHand else { return nil }
    if capture.leadOff[channel] > 0 {
      return "its electrode is told to be off: tie it to the others"
    }
    let row = capture.rows[channel]
    let extent = (row.max() ?? 0) - (row.min() ?? 0)
    return extent > Self.extentMicrovoltsMax
      ? "\(Int(extent)) uV from peak to valley are on it: tie the electrodes together" : nil
  }
}

extension FieldMeasurement {
  /// The mean of each channel. `capture`: with shorted inputs, ten seconds or more; the scatter of twenty stretches
  /// tells how sure it is, so that drift slower than one of them counts as uncertainty.
  static func offset(_ capture: Capture, short: Short) -> FieldMeasurement {
    let values = capture.names.indices.map { channel in
      let means = Statistics.stretchMeans(capture.rows[channel], count: 20)
      let estimate = Statistics.estimate(means)
      return MeasuredValue(
        capture.names[channel], .offsetMicrovolts, estimate.value,
        uncertainty: estimate.uncertainty, limits: .offsetMicrovolts,
        fault: capture.fault(channel) ?? short.fault(capture, channel))
    }
    return FieldMeasurement(
      .offset, method: "mean, \(short.rawValue)",
      conditions: ["seconds": capture.seconds], values: values)
  }
}
