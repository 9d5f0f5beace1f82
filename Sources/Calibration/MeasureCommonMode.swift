// Common-mode rejection: all electrodes on one wave, and what of it is left between a channel's inputs.

import Glibc

extension FieldMeasurement {
  /// Rejection of each channel. `capture`: all electrodes tied together on a wave of `peakVolts` at `hertz` against
  /// the front-end's ground, ten seconds or more. 20 log10 of common over differential peak; where noise hides the
  /// rest, what is stated is the least that the rejection can be.
  public static func commonModeRejection(
    _ capture: Capture, peakVolts: Double, hertz: Double
  ) -> FieldMeasurement {
    let found = Tone.frequency(
      in: capture.rows, sampleRate: capture.sampleRate, near: hertz, within: 0.5)
    let values = capture.names.indices.map { channel -> MeasuredValue in
      let tone = Tone(in: capture.rows[channel], sampleRate: capture.sampleRate, hertz: found)
      let error = tone.uncertaintyMicrovolts
      let isHidden = tone.microvolts < 2 * error
      let shown = isHidden ? tone.microvolts + error : tone.microvolts
      let decibels = 20 * log10(peakVolts * 1e6 / shown)
      return MeasuredValue(
        capture.names[channel], .rejectionDecibels, decibels,
        uncertainty: isHidden ? 0 : 20 * log10(1 / (1 - error / tone.microvolts)),
        limits: .rejectionDecibels,
        note: isHidden ? "at least: the rest is below the noise" : nil,
        fault: capture.fault(channel))
    }
    return FieldMeasurement(
      .cmrr, method: "all electrodes on one wave",
      conditions: [
        "seconds": capture.seconds, "commonModeVolts": peakVolts,
        "commonModeHz": (found * 100).rounded() / 100,
      ], values: values)
  }
}
