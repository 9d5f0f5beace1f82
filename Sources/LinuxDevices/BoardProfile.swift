// What is known about a board before it says a word: firmware-config/*.yaml. Every number has its unit in its
// key, and a key that nobody knows is an error, because a misspelt gain is a wrong voltage.

import Devices
import ECGSignal
import Foundation
import FrontEnds

/// A board's profile.
public struct BoardProfile: Sendable {
  /// One channel of the board.
  public struct BoardChannel: Sendable, Hashable {
    /// The lead that its electrodes make, nil where they make none of the twelve.
    public let lead: Lead?
    /// The name to print.
    public let name: String
    /// The electrode at the positive input (`LA`, `V1`), nil where the profile does not say.
    public let positiveElectrode: String?
    /// The electrode at the negative input, or `WCT` for Wilson's central terminal.
    public let negativeElectrode: String?
    /// How the lead follows from them; nil where they are not those of the lead.
    public var placement: LeadPlacement? {
      LeadPlacement(lead, positive: positiveElectrode, negative: negativeElectrode)
    }

    /// The name of its samples: a chest lead against RA, LA or LL is named with it.
    public var channelName: String {
      placement?.limbReference.map { "\(name)-\($0.rawValue)" } ?? name
    }

    /// The channel with a code of so many microvolts between its inputs.
    func channel(
      microvoltsPerCode: Double, baseline: Int32 = 0,
      codeRange: ClosedRange<Int32> = -8_388_608...8_388_607
    ) -> Channel {
      let isInverted = placement?.isInverted ?? false
      var channel = Channel(
        name: channelName, lead: lead,
        microvoltsPerCode: isInverted ? -microvoltsPerCode : microvoltsPerCode,
        baseline: baseline, codeRange: codeRange)
      channel.limbReference = placement?.limbReference
      return channel
    }
  }

  /// What a board can be used for.
  public enum Use: String, Sendable, CaseIterable {
    /// One to three leads to watch: never read as if they were twelve.
    case monitoringLeads
    /// All that a 12-lead ECG needs.
    case twelveLeads

    /// The leads that findings may rest on: a chest lead of a board that is for watching is anywhere on the chest.
    public var diagnosticLeads: LeadSet { self == .twelveLeads ? .twelve : .limb }
  }

  /// Whether what a board sends tells of an electrode that is off.
  public enum LeadOffReport: String, Sendable, CaseIterable {
    /// Its frames say so.
    case inFrames
    /// They do not: it shows, if at all, as an input at the end of its range.
    case notTold
  }

  /// The board's name, by which its calibration is found.
  public let board: String
  /// What a user calls it.
  public let title: String
  /// What its leads are enough for.
  public let use: Use
  /// What it sends.
  public let format: WireFormat
  /// Bits a second of its serial line, nil for a board without one.
  public let baud: UInt32?
  /// Samples a second and channel; nil where the frames tell.
  public let sampleRateHz: Double?
  /// What makes its sample clock.
  public let clock: SampleClockSource
  /// Reference voltage of the ADC, nil where the profile gives the scale itself or the frames tell it.
  public let referenceMicrovolts: Double?
  /// The scale of its codes; nil where the frames tell.
  public let scale: CodeScaling?
  /// The channels in the order of the wire.
  public let channels: [BoardChannel]
  /// The converter chip, nil where the board hides it.
  public let chip: ConverterChip?
  /// Its SPI bus and lines, nil for a board on a serial port.
  public let spi: SPIWiring?
  /// Whether it tells of an electrode that is off; nil where its registers or a bridge's firmware decide.
  public let leadOff: LeadOffReport?
  /// What its registers are to hold, in the order in which they are written.
  public let registers: [RegisterSetting]
  /// What it has to alarm with, nil where the profile does not say.
  public let alarm: AlarmWiring?
  /// The profile's own text: what its hash is taken of.
  public let text: String

  /// The format of the samples, nil where the front-end tells it itself.
  public var signalFormat: SignalFormat? {
    guard let sampleRateHz, let scale else { return nil }
    var format = SignalFormat(
      sampleRate: sampleRateHz,
      channels: channels.map {
        $0.channel(
          microvoltsPerCode: scale.microvoltsPerCode, baseline: scale.baseline,
          codeRange: scale.codeRange)
      }, provenance: .live, sourceName: board)
    format.diagnosticLeads = use.diagnosticLeads
    return format
  }

  /// Loads a profile.
  public static func load(_ path: String) throws(SourceError) -> BoardProfile {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw SourceError("No board profile at \(path): name one of firmware-config, or a path.")
    }
    return try parse(text, name: URL(filePath: path).lastPathComponent)
  }
}

/// What a converter's codes stand for.
public struct CodeScaling: Sendable, Hashable {
  /// Microvolts at the input that a code stands for.
  public let microvoltsPerCode: Double
  /// The code that stands for 0 microvolts.
  public let baseline: Int32
  /// The smallest and largest code: at either the input is saturated.
  public let codeRange: ClosedRange<Int32>

  /// The codes of a converter of `bits` bits, two's complement unless unsigned.
  init(microvoltsPerCode: Double, baseline: Int32, bits: Int, isUnsigned: Bool) {
    self.microvoltsPerCode = microvoltsPerCode
    self.baseline = baseline
    let half = Int32(1) << Int32(bits - 1)
    codeRange = isUnsigned ? 0...(half - 1 + half) : -half...(half - 1)
  }
}
