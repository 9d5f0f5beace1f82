// How many true microvolts a nominal one of each channel is: with the chip's own test signal, which checks, and with a
// source of known voltage, which calibrates.

/// A source of known voltage at the electrodes.
public struct VoltageSource: Hashable, Sendable {
  /// The wave that it gives.
  public enum Wave: String, CaseIterable, Sendable { case square, sine }

  /// From peak to valley, microvolts.
  public let microvoltsPeakToValley: Double
  /// Its wave.
  public let wave: Wave
  /// Frequency of a sine; a square wave's is found.
  public let hertz: Double
  /// What its maker warrants, percent of the voltage.
  public let tolerancePercent: Double

  /// Describes a source.
  public init(
    microvoltsPeakToValley: Double, wave: Wave, hertz: Double, tolerancePercent: Double
  ) {
    self.microvoltsPeakToValley = microvoltsPeakToValley
    self.wave = wave
    self.hertz = hertz
    self.tolerancePercent = tolerancePercent
  }
}

extension FieldMeasurement {
  /// Tolerance of the ADS1298's test signal against its own reference (data sheet SBAS459, from memory: not read
  /// again for this version).
  static let testSignalTolerancePercent = 2.0
  /// A test signal of 1 Hz has the four whole periods that are needed, wherever it is when the stretch begins.
  static let testSignalSecondsMin = 5.0

  /// Gain and linearity with the chip's test signal, a square wave of +-VREF/2400. It is made from the reference that
  /// the converter measures against, so an error of the reference does not show: this checks the amplifiers and
  /// calibrates nothing.
  ///
  /// - Parameters:
  ///   - test: with the test signal, ten seconds or more.
  ///   - shorted: with shorted inputs; its mean is the zero between the two levels.
  ///   - testSignalMicrovolts: VREF/2400 of the nominal reference.
  public static func internalGain(
    test: Capture, shorted: Capture, testSignalMicrovolts: Double
  ) -> FieldMeasurement {
    let values = test.names.indices.flatMap { channel -> [MeasuredValue] in
      let name = test.names[channel]
      let fault = test.fault(channel) ?? shorted.fault(channel)
      guard let wave = SquareWave(test.rows[channel], sampleRate: test.sampleRate) else {
        return [noSignal(name, noTestSignal(seconds: test.seconds))]
      }
      let zero = Statistics.estimate(Statistics.stretchMeans(shorted.rows[channel], count: 10))
      return [
        gain(name, wave.amplitude, testSignalMicrovolts, testSignalTolerancePercent, fault),
        nonlinearity(name, wave, zero, fault),
      ]
    }
    return FieldMeasurement(
      .gain, method: "internal test signal, against the chip's own reference",
      conditions: [
        "seconds": test.seconds, "testSignalMicrovolts": testSignalMicrovolts,
        "tolerancePercent": testSignalTolerancePercent,
      ], values: values)
  }

  /// Gain with a source of known voltage. `captures`: each with the channels whose leads it was connected for.
  public static func externalGain(
    _ captures: [(capture: Capture, channels: [Int])], source: VoltageSource
  ) -> FieldMeasurement {
    let expected = source.microvoltsPeakToValley / 2
    var values: [(channel: Int, value: MeasuredValue)] = []
    for (capture, channels) in captures {
      let rate = capture.sampleRate
      let rows = channels.map { capture.rows[$0] }
      let hertz =
        source.wave == .sine
        ? Tone.frequency(in: rows, sampleRate: rate, near: source.hertz, within: 0.5) : 0
      for channel in channels {
        let name = capture.names[channel]
        let row = capture.rows[channel]
        let amplitude: Estimate?
        switch source.wave {
        case .square: amplitude = SquareWave(row, sampleRate: rate)?.amplitude
        case .sine:
          let tone = Tone(in: row, sampleRate: rate, hertz: hertz)
          amplitude = Estimate(value: tone.microvolts, uncertainty: tone.uncertaintyMicrovolts)
        }
        let value =
          amplitude.map {
            gain(name, $0, expected, source.tolerancePercent, capture.fault(channel))
          } ?? noSignal(name, "no wave of the source arrives: check how it is connected")
        values.append((channel, value))
      }
    }
    return FieldMeasurement(
      .gain, method: "external \(source.wave.rawValue) wave",
      conditions: [
        "seconds": captures.first?.capture.seconds ?? 0,
        "sourceMicrovoltsPeakToValley": source.microvoltsPeakToValley,
        "tolerancePercent": source.tolerancePercent,
      ], values: values.sorted { $0.channel < $1.channel }.map(\.value))
  }

  /// True over nominal. The tolerance of the source and the scatter are independent: their squares add
  /// (GUM, JCGM 100:2008, 5.1.2).
  private static func gain(
    _ name: String, _ amplitude: Estimate, _ expected: Double, _ tolerancePercent: Double,
    _ fault: String?
  ) -> MeasuredValue {
    // A tenth of what is expected is no gain of a channel that works, and its inverse says nothing.
    guard amplitude.value > expected / 10 else {
      return noSignal(name, "next to nothing arrives")
    }
    let correction = expected / amplitude.value
    let scatter = amplitude.uncertainty / amplitude.value
    let tolerance = tolerancePercent / 100
    return MeasuredValue(
      name, .gainCorrection, correction,
      uncertainty: correction * (scatter * scatter + tolerance * tolerance).squareRoot(),
      limits: .gainCorrection, fault: fault)
  }

  /// Three points must lie on a line: both levels, and zero with shorted inputs.
  private static func nonlinearity(
    _ name: String, _ wave: SquareWave, _ zero: Estimate, _ fault: String?
  ) -> MeasuredValue {
    let scatter =
      (wave.middle.uncertainty * wave.middle.uncertainty + zero.uncertainty * zero.uncertainty)
      .squareRoot()
    return MeasuredValue(
      name, .nonlinearityPercent, 100 * abs(wave.middle.value - zero.value) / wave.amplitude.value,
      uncertainty: 100 * scatter / wave.amplitude.value, limits: .nonlinearityPercent, fault: fault)
  }

  private static func noTestSignal(seconds: Double) -> String {
    seconds < testSignalSecondsMin
      ? "\(seconds) s are too short for four periods of the chip's test signal: measure for ten"
      : "the chip's test signal does not arrive"
  }

  private static func noSignal(_ name: String, _ reason: String) -> MeasuredValue {
    MeasuredValue(
      name, .gainCorrection, .nan, uncertainty: .nan, limits: .gainCorrection, fault: reason)
  }
}
