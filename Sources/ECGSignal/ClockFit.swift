// How fast a front-end's clock runs: what the arrival of its samples at the host tells of its true rate.

/// A measured sample rate, relative to the nominal one.
public struct ClockFit: Hashable, Sendable, BitwiseCopyable {
  /// True over nominal rate less one, in millionths: 100 for a front-end that gives 100 samples in a million too many.
  public var partsPerMillion: Double
  /// The true value lies so far from `partsPerMillion` at most, in 95 of 100 cases.
  public var uncertaintyPartsPerMillion: Double
  /// How late samples come on average after the earliest that could be, in milliseconds.
  public var residualMilliseconds: Double
  /// Seconds of signal that the fit rests on.
  public var spanSeconds: Double

  /// Describes a fit.
  public init(
    partsPerMillion: Double, uncertaintyPartsPerMillion: Double, residualMilliseconds: Double,
    spanSeconds: Double
  ) {
    self.partsPerMillion = partsPerMillion
    self.uncertaintyPartsPerMillion = uncertaintyPartsPerMillion
    self.residualMilliseconds = residualMilliseconds
    self.spanSeconds = spanSeconds
  }

  /// The true rate of a stream with this nominal one.
  public func sampleRate(nominal: Double) -> Double { nominal * (1 + partsPerMillion * 1e-6) }
}
