// What a measured number may be. calibration/limits.md tells the same with more words; a test holds both together.

import Devices

/// A range that a number must lie in; an end that is nil is open.
public struct Limits: Hashable, Sendable {
  /// The smallest value that passes.
  public let atLeast: Double?
  /// The largest value that passes.
  public let atMost: Double?

  /// A range.
  public init(atLeast: Double? = nil, atMost: Double? = nil) {
    self.atLeast = atLeast
    self.atMost = atMost
  }

  /// Whether a value passes. The value itself decides, its uncertainty is stated beside it (simple acceptance,
  /// ILAC-G8:09/2019).
  public func allow(_ value: Double) -> Bool {
    value.isFinite && value >= atLeast ?? -.infinity && value <= atMost ?? .infinity
  }

  /// No limit: the number is for information.
  public static let none = Limits()

  /// The calibration voltage of IEC 60601-2-25 is 1 mV within 5 %; so is what a channel makes of it.
  public static let gainCorrection = Limits(atLeast: 0.95, atMost: 1.05)
  /// Our own choice: a tenth of what IEC 60601-2-27 allows a signal of 5 mV to change by with an offset (10 %).
  public static let nonlinearityPercent = Limits(atMost: 1)
  /// Our own choice: a sixtieth of the electrode offset that a channel must bear (+-300 mV, IEC 60601-2-25 and -27).
  /// More with shorted inputs is a damaged input.
  public static let offsetMicrovolts = Limits(atLeast: -5000, atMost: 5000)
  /// IEC 60601-2-25 and IEC 60601-2-27: at most 30 uV from peak to valley over 10 s, referred to the input.
  public static let noiseMicrovoltsPeakToValley = Limits(atMost: 30)
  /// What a sample clock may be off, in parts per million: by what makes it. Beyond, it is defective or the profile's
  /// rate is wrong, and the measured rate is not used.
  ///
  /// Our own choices: five times what a crystal is off at most (100); twice what the oscillator of an ADS1298 (0.5 % at
  /// 25 C, data sheet SBAS459, from memory) or a resonator (0.5 %) is. It is also what the counting of frames without
  /// numbers follows (docs/front-ends.md).
  public static func clockPartsPerMillion(_ clock: SampleClockSource) -> Limits {
    switch clock {
    case .crystal: Limits(atLeast: -500, atMost: 500)
    case .internal: Limits(atLeast: -10_000, atMost: 10_000)
    }
  }
  /// Our own choice: a hum as large as a QRS complex is a fault of cables or electrodes.
  public static let mainsMicrovolts = Limits(atMost: 1000)
  /// Half of 30 uV from peak to valley: IEC 60601-2-27's noise is measured with the notch on.
  public static let mainsResidualMicrovolts = Limits(atMost: 15)
  /// An electrode that is taken off must show where it belongs and nowhere else.
  public static let wrongChannels = Limits(atMost: 0)
  /// The skin that IEC 60601-2-25 and -27 test with is 51 kOhm beside 47 nF; two of them lie in a limb lead.
  public static let impedanceKilohms = Limits(atMost: 51)
  /// IEC 60601-2-25 as manufacturers disclose it: at least 89 dB.
  public static let rejectionDecibels = Limits(atLeast: 89)
  /// AVDD - AVSS of an ADS1298: 2.7-5.25 V (data sheet SBAS459, recommended operating conditions).
  public static let analogSupplyVolts = Limits(atLeast: 2.7, atMost: 5.25)
  /// DVDD of an ADS1298: 1.65-3.6 V (the same).
  public static let digitalSupplyVolts = Limits(atLeast: 1.65, atMost: 3.6)
  /// A chip in a closed housing in a warm room: beyond it a short circuit or a sensor that is not read rightly. The
  /// chip itself is specified for 0-70 or -40-85 C.
  public static let temperatureCelsius = Limits(atLeast: 0, atMost: 60)
}
