// What a stream of samples is: its rate, its channels and where it comes from. Known once a source is
// open, constant while it streams.

/// One channel of an ADC or one signal of a recording.
public struct Channel: Hashable, Sendable {
  /// The name as the source gives it ("MLII", "ECG1", "V3").
  public var name: String
  /// The standard lead it is, nil where the placement is unknown.
  public var lead: Lead?
  /// The limb electrode that a chest lead is measured against; nil for Wilson's central terminal, and for every other
  /// lead.
  public var limbReference: LimbElectrode?
  /// Microvolts a code stands for: 1e6 / (WFDB's `adcGain` in codes per volt). Before calibration. Negative where the
  /// lead's positive electrode is at the negative input.
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

  /// Creates the channel of a recording, whose place is in its name (`V1`; `V1-RA` for V1 against the right arm).
  public init(
    signalName name: String, microvoltsPerCode: Double, baseline: Int32,
    codeRange: ClosedRange<Int32>
  ) {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    let against = parts.count == 2 ? LimbElectrode(rawValue: parts[1]) : nil
    let chest =
      against == nil ? nil : Lead(signalName: parts[0]).flatMap { $0.isOnChest ? $0 : nil }
    self.init(
      name: name, lead: chest ?? Lead(signalName: name), microvoltsPerCode: microvoltsPerCode,
      baseline: baseline, codeRange: codeRange)
    if chest != nil { limbReference = against }
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
  /// A real front-end whose inputs are on its own test signal, shorted, or on its supply: nobody's heart.
  case testSignal
}

/// Format of a stream of samples.
public struct SignalFormat: Hashable, Sendable {
  /// Limits that size every buffer behind a source.
  public static let channelCountMax = 16

  /// Samples per second and channel, as the front-end states it: what filters and the model are made for.
  public var sampleRate: Double
  /// What calibration, or the recorder of the session that is played, found the rate to be; nil where nobody measured
  /// it. Times and rates that people read follow from it.
  public var measuredSampleRate: Double?
  /// The channels, in the order of the codes in a `SampleBlock`.
  public var channels: [Channel]
  /// The leads that findings may rest on: of a board that is for watching leads only those of the limbs, whatever its
  /// channels are called.
  public var diagnosticLeads = LeadSet.twelve
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

  /// The rate by which time goes: the measured one where it is known.
  public var trueSampleRate: Double { measuredSampleRate ?? sampleRate }

  /// The standard leads among the channels, derived limb leads not counted.
  public var leads: LeadSet {
    channels.reduce(into: LeadSet()) { set, channel in
      if let lead = channel.lead { set.insert(LeadSet(lead)) }
    }
  }
}
