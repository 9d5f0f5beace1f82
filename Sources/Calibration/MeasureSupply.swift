// The chip's supply and temperature, by the formulas of its data sheet.

extension FieldMeasurement {
  /// Both rails. `capture`: with the inputs on the supply. `analogShare`, `digitalShare`: what a channel shows of AVDD
  /// and of DVDD.
  ///
  /// In an ADS1298 MVDDP - MVDDN is half of AVDD + AVSS in channels 1, 2 and 5 to 8, and DVDD/4 in channels 3 and 4
  /// (SBAS459 and SBAS499C, "Supply measurements"); in an ADS1292R it is the first in channel 1, the second in
  /// channel 2 (SBAS502C). Of a bipolar supply (AVSS = -AVDD) the first shows 0: such a board cannot be measured so.
  public static func supply(
    _ capture: Capture, analogShare: Double, digitalShare: Double, digitalChannels: [Int]
  ) -> FieldMeasurement {
    let all = Array(capture.names.indices)
    let digital = all.filter(digitalChannels.contains)
    let analog = all.filter { !digitalChannels.contains($0) }
    return FieldMeasurement(
      .supply, method: "the chip's own supply measurement",
      conditions: ["seconds": capture.seconds],
      values: [
        rail("AVDD", capture, analog, factor: 1 / analogShare, .analogSupplyVolts),
        rail("DVDD", capture, digital, factor: 1 / digitalShare, .digitalSupplyVolts),
      ].compactMap(\.self))
  }

  private static func rail(
    _ name: String, _ capture: Capture, _ channels: [Int], factor: Double, _ limits: Limits
  ) -> MeasuredValue? {
    guard !channels.isEmpty else { return nil }
    let means = channels.map { channel in
      Statistics.estimate(Statistics.stretchMeans(capture.rows[channel], count: 10))
    }
    let volts = factor * Statistics.mean(means.map(\.value)) / 1e6
    let scatter = factor * Statistics.mean(means.map(\.uncertainty)) / 1e6
    // The reference and the divider are within 1 % together (data sheet, from memory).
    return MeasuredValue(
      name, .supplyVolts, volts, uncertainty: scatter + 0.01 * abs(volts), limits: limits,
      fault: channels.compactMap(capture.fault).first)
  }

  /// Temperature of the chip: (reading - 145,300 uV) / (490 uV/C) + 25 C for an ADS1298 (data sheet SBAS459,
  /// "Temperature sensor"; from memory, as the page could not be read again for this version). `capture`: with the
  /// inputs on the sensor.
  public static func temperature(
    _ capture: Capture, microvoltsAt25Celsius: Double, microvoltsPerCelsius: Double
  ) -> FieldMeasurement {
    let means = capture.rows.map { Statistics.estimate(Statistics.stretchMeans($0, count: 10)) }
    let microvolts = Statistics.mean(means.map(\.value))
    let scatter = Statistics.mean(means.map(\.uncertainty)) / microvoltsPerCelsius
    let celsius = (microvolts - microvoltsAt25Celsius) / microvoltsPerCelsius + 25
    // The sensor's own tolerance is not specified; diodes of this kind are within a few degrees.
    return FieldMeasurement(
      .temperature, method: "the chip's own sensor", conditions: ["seconds": capture.seconds],
      values: [
        MeasuredValue(
          "chip", .temperatureCelsius, celsius, uncertainty: scatter + 3,
          limits: .temperatureCelsius, fault: capture.names.indices.compactMap(capture.fault).first)
      ])
  }
}
