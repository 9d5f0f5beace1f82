// The hum of the mains in each channel, as the electrodes bring it, and what the notch leaves of it.

import SignalProcessing

extension FieldMeasurement {
  /// A hum below this is no hum (the detector's own limit), microvolts of its peak.
  private static let humMicrovolts = 5.0
  private static let notchSettlingSeconds = 2.0

  /// Amplitudes at the stronger of 50 and 60 Hz before and after the monitor's diagnostic filter with its automatic
  /// notch. `capture`: from the electrodes, ten seconds or more. The grid keeps its frequency within 0.5 Hz; it is
  /// looked for there.
  public static func mains(_ capture: Capture) -> FieldMeasurement {
    let rate = capture.sampleRate
    let candidates = [50.0, 60.0].filter { $0 < 0.45 * rate }.map { nominal in
      let hertz = Tone.frequency(in: capture.rows, sampleRate: rate, near: nominal, within: 0.5)
      return (nominal, hertz, capture.rows.map { Tone(in: $0, sampleRate: rate, hertz: hertz) })
    }
    guard let (_, hertz, tones) = candidates.max(by: { strongest($0.2) < strongest($1.2) }) else {
      return FieldMeasurement(
        .mains, method: "this rate tells no mains", conditions: ["sampleRateHz": rate], values: [])
    }
    let after = capture.filtered(settlingSeconds: notchSettlingSeconds) { rows in
      filtered(rows, sampleRate: rate, mains: .automatic(initialHz: nil))
    }
    let values = capture.names.indices.flatMap { channel -> [MeasuredValue] in
      let left = Tone(in: after.rows[channel], sampleRate: rate, hertz: hertz)
      let name = capture.names[channel]
      return [
        MeasuredValue(
          name, .mainsMicrovolts, tones[channel].microvolts,
          uncertainty: tones[channel].uncertaintyMicrovolts, limits: .mainsMicrovolts,
          fault: capture.fault(channel)),
        MeasuredValue(
          name, .mainsResidualMicrovolts, left.microvolts,
          uncertainty: left.uncertaintyMicrovolts, limits: .mainsResidualMicrovolts,
          fault: capture.fault(channel)),
      ]
    }
    var conditions = ["seconds": capture.seconds]
    if strongest(tones) >= humMicrovolts { conditions["mainsHz"] = (hertz * 100).rounded() / 100 }
    return FieldMeasurement(
      .mains,
      method: conditions["mainsHz"] == nil ? "no hum of 50 or 60 Hz" : "hum at the electrodes",
      conditions: conditions, values: values)
  }

  private static func strongest(_ tones: [Tone]) -> Double { tones.map(\.microvolts).max() ?? 0 }
}
