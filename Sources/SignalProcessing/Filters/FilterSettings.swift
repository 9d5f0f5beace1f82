// Which filters stand between the front-end and what is shown and measured. Not the model's: it has its own, fixed
// with it.

/// What is done about the mains frequency.
public enum MainsSetting: Hashable, Sendable {
  /// The frequency is found in the signal; until then the notch stands at `initialHz`, nil for nowhere.
  case automatic(initialHz: Double?)
  /// A notch at this frequency.
  case fixed(hertz: Double)
  /// No notch.
  case off
}

/// The filters of the display and of every measurement but the model's.
public struct FilterSettings: Hashable, Sendable {
  /// Lower end of the band.
  public var highPassHz: Double
  /// 2 for Butterworth's second order, 1 for a single pole. Only a single pole leaves no more than 100 uV behind
  /// an impulse of 0.3 mVs at 0.05 Hz (second order: 0.13 mV), so that it does not bend the ST segment.
  public var highPassOrder: Int
  /// Upper end of the band: fourth-order Butterworth; at a rate below 2.2 times this it is left out.
  public var lowPassHz: Double
  /// The notch.
  public var mains: MainsSetting

  /// Monitoring, 0.67-40 Hz: the band of IEC 60601-2-27.
  public static let monitoring = FilterSettings(
    highPassHz: 0.67, highPassOrder: 2, lowPassHz: 40, mains: .automatic(initialHz: 50))
  /// Monitoring of ST segments, 0.05-40 Hz.
  public static let st = FilterSettings(
    highPassHz: 0.05, highPassOrder: 1, lowPassHz: 40, mains: .automatic(initialHz: 50))
  /// Diagnostic, 0.05-150 Hz: the band of IEC 60601-2-25.
  public static let diagnostic = FilterSettings(
    highPassHz: 0.05, highPassOrder: 1, lowPassHz: 150, mains: .automatic(initialHz: 50))

  /// The corners (-3 dB) lie 2 % outside the band, so that its ends are within 3 dB with the notch beside them.
  private static let cornerMargin = 1.02
  /// A notch of 1.7 Hz at 50 Hz: the grid's frequency is held to 0.2 Hz.
  private static let notchQuality = 30.0
  /// A filter needs its frequency well below half the rate.
  private static let rateShare = 2.2

  /// The high-pass and, where the rate allows it, the low-pass.
  func bandSections(sampleRate: Double) -> [Biquad] {
    let low = highPassHz / Self.cornerMargin
    let high = lowPassHz * Self.cornerMargin
    let highPass: Biquad =
      highPassOrder == 1
      ? .highPass1(hertz: low, sampleRate: sampleRate)
      : .highPass(hertz: low, sampleRate: sampleRate, quality: Biquad.butterworth)
    return lowPassHz * Self.rateShare < sampleRate
      ? [highPass] + Biquad.lowPass4(hertz: high, sampleRate: sampleRate) : [highPass]
  }

  /// The notch, nil where the rate does not reach it. Allocates nothing.
  static func notch(hertz: Double?, sampleRate: Double) -> Biquad? {
    guard let hertz, hertz > 0, hertz * rateShare < sampleRate else { return nil }
    return .notch(hertz: hertz, sampleRate: sampleRate, quality: notchQuality)
  }

  /// Where the notch stands before anything was heard.
  var initialMainsHz: Double? {
    switch mains {
    case .automatic(let hertz): hertz
    case .fixed(let hertz): hertz
    case .off: nil
    }
  }

  /// What the filters delay a wave of `hertz` by, in milliseconds: their group delay, by default where a QRS complex
  /// has its energy. `mainsHz`: where the notch stands.
  public func delayMilliseconds(
    sampleRate: Double, mainsHz: Double?, atHertz hertz: Double = 10
  ) -> Double {
    let sections =
      bandSections(sampleRate: sampleRate)
      + [Self.notch(hertz: mainsHz, sampleRate: sampleRate)].compactMap(\.self)
    let samples = sections.reduce(0) {
      $0 + $1.groupDelay(hertz: hertz, sampleRate: sampleRate)
    }
    return samples / sampleRate * 1000
  }

  /// The settings in words, as screens and reports print them. `mainsHz`: where the notch stands.
  public func text(mainsHz: Double?) -> String {
    let band = "\(highPassHz)-\(Int(lowPassHz)) Hz"
    guard let mainsHz else { return band }
    if case .automatic = mains { return band + ", notch \(Int(mainsHz)) Hz auto" }
    return band + ", notch \(Int(mainsHz)) Hz"
  }
}
