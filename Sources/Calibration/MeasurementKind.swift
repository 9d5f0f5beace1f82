// What can be measured of a front-end in the field, and the numbers that come of it.

/// A kind of measurement: the word after `ecgclip calibrate`.
public enum MeasurementKind: String, CaseIterable, Sendable {
  case gain, offset, noise, clock, mains, leads, impedance, cmrr, supply, temperature
  /// From a sample to the lamp, and the sounder. Their commands stand beside these; the file has their place.
  case latency, audio
}

/// A number that a measurement gives, named with its unit as the file's key is.
public enum Quantity: String, CaseIterable, Sendable {
  /// True microvolts over nominal ones.
  case gainCorrection
  /// How far zero is from the middle of two equal and opposite steps, as a share of a step.
  case nonlinearityPercent
  /// What a channel shows with shorted inputs, nominal microvolts.
  case offsetMicrovolts
  /// Noise with shorted inputs, in the diagnostic band.
  case noiseMicrovoltsRMS
  /// The same from peak to valley, the worst of the stretches of 10 s.
  case noiseMicrovoltsPeakToValley
  /// How much faster the front-end samples than it says.
  case clockPartsPerMillion
  /// Peak of the mains hum.
  case mainsMicrovolts
  /// Peak of what the notch leaves of it.
  case mainsResidualMicrovolts
  /// Channels whose lead-off signal is not what the electrode that was taken off should show.
  case wrongChannels
  /// Impedance of the electrodes in a channel's path.
  case impedanceKilohms
  /// Common-mode signal over what is left of it between a channel's inputs.
  case rejectionDecibels
  /// A supply rail of the chip.
  case supplyVolts
  /// Temperature of the chip.
  case temperatureCelsius
  /// From a sample to what follows from it.
  case latencyMilliseconds
  /// Frequency of a tone of the sounder.
  case toneHertz

  /// The end of the keys of its uncertainty and limits in a file: `uncertaintyMicrovolts`, `atMostMicrovolts`.
  public var unit: String {
    switch self {
    case .gainCorrection, .wrongChannels: ""
    case .nonlinearityPercent: "Percent"
    case .offsetMicrovolts, .mainsMicrovolts, .mainsResidualMicrovolts: "Microvolts"
    case .noiseMicrovoltsRMS: "MicrovoltsRMS"
    case .noiseMicrovoltsPeakToValley: "MicrovoltsPeakToValley"
    case .clockPartsPerMillion: "PartsPerMillion"
    case .impedanceKilohms: "Kilohms"
    case .rejectionDecibels: "Decibels"
    case .supplyVolts: "Volts"
    case .temperatureCelsius: "Celsius"
    case .latencyMilliseconds: "Milliseconds"
    case .toneHertz: "Hertz"
    }
  }

  /// The unit as people write it.
  public var symbol: String {
    switch self {
    case .gainCorrection, .wrongChannels: ""
    case .nonlinearityPercent: "%"
    case .offsetMicrovolts, .mainsMicrovolts, .mainsResidualMicrovolts: "uV"
    case .noiseMicrovoltsRMS: "uV RMS"
    case .noiseMicrovoltsPeakToValley: "uV p-v"
    case .clockPartsPerMillion: "ppm"
    case .impedanceKilohms: "kOhm"
    case .rejectionDecibels: "dB"
    case .supplyVolts: "V"
    case .temperatureCelsius: "C"
    case .latencyMilliseconds: "ms"
    case .toneHertz: "Hz"
    }
  }

  /// What it is, in the words of a report.
  public var title: String {
    switch self {
    case .gainCorrection: "gain correction"
    case .nonlinearityPercent: "nonlinearity"
    case .offsetMicrovolts: "offset"
    case .noiseMicrovoltsRMS, .noiseMicrovoltsPeakToValley: "noise"
    case .clockPartsPerMillion: "clock"
    case .mainsMicrovolts: "mains"
    case .mainsResidualMicrovolts: "after the notch"
    case .wrongChannels: "wrong channels"
    case .impedanceKilohms: "impedance"
    case .rejectionDecibels: "rejection"
    case .supplyVolts: "supply"
    case .temperatureCelsius: "temperature"
    case .latencyMilliseconds: "latency"
    case .toneHertz: "tone"
    }
  }
}
