// What a stream of samples is: its rate, its channels and where it comes from. Known once a source is
// open, constant while it streams.

/// One channel of an ADC or one signal of a recording.
public struct Channel: Hashable, Sendable {
  /// The name as the source gives it ("MLII", "ECG1", "V3").
  public var name: String
  /// The standard lead it is, nil where the placement is unknown.
  public var lead: Lead?
  /// Microvolts a code stands for: 1e6 / (WFDB's `adcGain` in codes per volt). Before calibration.
  public var microvoltsPerCode: Double
  /// The code that stands for 0 microvolts (WFDB's `baseline`).
  public var baseline: Int32
  /// Added after scaling: what calibration found the channel to be off, in microvolts.
  public var offsetMicrovolts: Double = 0
  /// The smallest and largest code the ADC can give: at either the input is saturated.
  public var codeRange: ClosedRange<Int32>

  /// Creates a channel; the default range is that of a 24-bit two's complement ADC.
  public init(
    name: String, lead: Lead?, microvoltsPerCode: Double, baseline: Int32 = 0,
    codeRange: ClosedRange<Int32> = -8_388_608...8_388_607
  ) {
    self.name = name
    self.lead = lead
    self.microvoltsPerCode = microvoltsPerCode
    self.baseline = baseline
    self.codeRange = codeRange
  }
}

/// Where samples come from. Everything but `.live` is marked on every output.
public enum Provenance: String, Sendable, BitwiseCopyable {
  /// Electrodes on somebody, through a real front-end.
  case live
  /// A simulated patient.
  case simulated
  /// A recording played back, directly or through an emulated front-end.
  case replay
}

/// Format of a stream of samples.
public struct SignalFormat: Hashable, Sendable {
  /// Limits that size every buffer behind a source.
  public static let channelCountMax = 16

  /// Samples per second and channel, as the front-end states it.
  public var sampleRate: Double
  /// The channels, in the order of the codes in a `SampleBlock`.
  public var channels: [Channel]
  /// Where the samples come from.
  public var provenance: Provenance
  /// A name for the source: the front-end's id or the record's name.
  public var sourceName: String

  /// Creates a format.
  public init(
    sampleRate: Double, channels: [Channel], provenance: Provenance, sourceName: String
  ) {
    self.sampleRate = sampleRate
    self.channels = channels
    self.provenance = provenance
    self.sourceName = sourceName
  }

  /// The standard leads among the channels, derived limb leads not counted.
  public var leads: LeadSet {
    channels.reduce(into: LeadSet()) { set, channel in
      if let lead = channel.lead { set.insert(LeadSet(lead)) }
    }
  }
}
