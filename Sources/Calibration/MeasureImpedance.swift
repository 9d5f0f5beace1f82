// The impedance of the electrodes in each channel's path, from the alternating lead-off current of the chip.

import Glibc

/// The chip's alternating lead-off current.
public struct LeadOffCurrent: Hashable, Sendable {
  /// Amplitude of the square wave, nanoamperes.
  public let nanoamperes: Double
  /// Its frequency.
  public let hertz: Double
  /// Its tolerance, percent.
  public let tolerancePercent: Double
  /// Resistors that the board has in a channel's path beside the electrodes, kilo-ohms.
  public let seriesKilohms: Double

  /// An ADS1298's sources give 6, 12, 18 or 24 nA within 20 % (data sheet SBAS459, from memory).
  public init(
    nanoamperes: Double, hertz: Double, tolerancePercent: Double = 20, seriesKilohms: Double = 0
  ) {
    self.nanoamperes = nanoamperes
    self.hertz = hertz
    self.tolerancePercent = tolerancePercent
    self.seriesKilohms = seriesKilohms
  }
}

extension FieldMeasurement {
  /// Peak at fDR/4 of a square wave of amplitude 1 behind a third-order sinc filter: the fundamental 4/pi times
  /// (sin(x)/x)^3 with x = pi/4. The square wave's third and fifth harmonics fold onto fDR/4, too, with 1.3 % of that
  /// together; their phase is not known.
  static let squareWaveShown = 4 / Double.pi * pow(sin(Double.pi / 4) / (Double.pi / 4), 3)
  private static let foldedHarmonicsPercent = 1.3

  /// Impedance of each channel's path: peak over current (TI E2E 720944: the ADC's peak over the current is the
  /// differential impedance of the channel). `capture`: with the current at fDR/4, four seconds or more.
  public static func impedance(
    _ capture: Capture, current: LeadOffCurrent, paths: [[String]]
  ) -> FieldMeasurement {
    let values = capture.names.indices.map { channel -> MeasuredValue in
      let tone = Tone(
        in: capture.rows[channel], sampleRate: capture.sampleRate, hertz: current.hertz)
      // A microvolt over a nanoampere is a kilo-ohm.
      let kilohms = 1 / (current.nanoamperes * squareWaveShown)
      let whole = tone.microvolts * kilohms
      let scatter = tone.uncertaintyMicrovolts * kilohms
      let share = hypot(current.tolerancePercent, foldedHarmonicsPercent) / 100
      return MeasuredValue(
        capture.names[channel], .impedanceKilohms, max(0, whole - current.seriesKilohms),
        uncertainty: hypot(scatter, whole * share),
        limits: Limits(
          atMost: Double(max(1, paths[channel].count)) * (Limits.impedanceKilohms.atMost ?? 0)),
        note: paths[channel].joined(separator: " + "), fault: capture.fault(channel))
    }
    return FieldMeasurement(
      .impedance, method: "alternating lead-off current of the chip",
      conditions: [
        "seconds": capture.seconds, "currentNanoamperes": current.nanoamperes,
        "currentHz": current.hertz,
        "tolerancePercent": current.tolerancePercent, "seriesKilohms": current.seriesKilohms,
      ], values: values)
  }

  /// The electrodes that explain the paths that are too high: those of which every path fails.
  public func suspectedElectrodes() -> [String] {
    var paths: [String: [Bool]] = [:]
    for value in values(of: .impedanceKilohms).values {
      for electrode in (value.note ?? "").split(separator: " + ") {
        paths[String(electrode), default: []].append(value.passed)
      }
    }
    let all = paths.filter { !$0.value.contains(true) }
    // An electrode of several paths explains more than one of a single path.
    let most = all.map(\.value.count).max() ?? 0
    let shared = all.filter { $0.value.count == most && most > 1 }.keys
    return (shared.isEmpty ? all.keys.sorted() : shared.sorted())
  }
}
