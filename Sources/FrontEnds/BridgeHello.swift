// What a bridge says of itself once a second, and at once when it changes: how to read its samples, and how it is.

import ECGSignal

/// The part of a HELLO that the samples are read by.
public struct BridgeHello: Hashable, Sendable {
  /// The front-end's id, at most 16 ASCII characters.
  public var frontEnd: String
  /// Whether no other front-end has this id.
  public var namesUnit = false
  /// Where its samples come from.
  public var provenance: Provenance
  /// Counts the changes of the description, modulo 256: samples that another description belongs to are told by it.
  public var configuration: UInt8 = 0
  /// Samples a second, in thousandths.
  public var rateMillihertz: UInt32
  /// Reference voltage of the ADC.
  public var referenceMicrovolts: UInt32
  /// Bits of the ADC.
  public var adcBits: UInt8
  /// First eight bytes of the firmware's SHA-256.
  public var firmware: [UInt8]
  /// The lead of each channel, nil where it is not placed.
  public var leads: [Lead?]
  /// The gain of each channel in sixteenths.
  public var gainsSixteenths: [UInt16]

  /// Describes a front-end whose channels have the same gain.
  public init(
    frontEnd: String, provenance: Provenance, sampleRate: Double, referenceMicrovolts: UInt32,
    adcBits: UInt8, leads: [Lead?], gain: Double
  ) {
    self.frontEnd = frontEnd
    self.provenance = provenance
    rateMillihertz = UInt32((sampleRate * 1000).rounded())
    self.referenceMicrovolts = referenceMicrovolts
    self.adcBits = adcBits
    firmware = Array(repeating: 0, count: 8)
    self.leads = leads
    gainsSixteenths = leads.map { _ in UInt16((gain * 16).rounded()) }
  }

  /// Reads a HELLO's body from a checked frame; nil when its fields contradict each other.
  init?(_ frame: UnsafePointer<UInt8>, count: Int) {
    guard count >= BridgeFrame.helloHeaderByteCount else { return nil }
    let channelCount = Int(frame[33])
    let bodyCount = BridgeFrame.helloHeaderByteCount + 3 * channelCount
    guard count == bodyCount + BridgeFrame.checksumByteCount,
      (1...BridgeFrame.channelCountMax).contains(channelCount), (8...24).contains(frame[32])
    else { return nil }
    frontEnd = String(decoding: (8..<24).map { frame[$0] }.filter { $0 != 0 }, as: UTF8.self)
    provenance = Self.provenance(flags: LittleEndian.read16(frame + 2))
    namesUnit = LittleEndian.read16(frame + 2) & Self.unitFlag != 0
    configuration = frame[3]
    rateMillihertz = LittleEndian.read32(frame + 24)
    referenceMicrovolts = LittleEndian.read32(frame + 28)
    adcBits = frame[32]
    firmware = (34..<42).map { frame[$0] }
    let channels = (0..<channelCount).map { frame + BridgeFrame.helloHeaderByteCount + 3 * $0 }
    leads = channels.map { Lead(rawValue: $0[0]) }
    gainsSixteenths = channels.map { LittleEndian.read16($0 + 1) }
    guard rateMillihertz > 0, referenceMicrovolts > 0, gainsSixteenths.allSatisfy({ $0 > 0 })
    else { return nil }
  }

  /// Writes the body of a HELLO into a frame; returns the bytes of the frame so far.
  func write(_ status: BridgeStatus, to frame: UnsafeMutablePointer<UInt8>) -> Int {
    let id = Array(frontEnd.utf8.prefix(16))
    for index in 0..<16 { frame[8 + index] = index < id.count ? id[index] : 0 }
    LittleEndian.write32(rateMillihertz, to: frame + 24)
    LittleEndian.write32(referenceMicrovolts, to: frame + 28)
    frame[32] = adcBits
    frame[33] = UInt8(leads.count)
    for index in 0..<8 { frame[34 + index] = firmware[index] }
    status.write(to: frame)
    for (index, lead) in leads.enumerated() {
      let entry = frame + BridgeFrame.helloHeaderByteCount + 3 * index
      entry[0] = lead?.rawValue ?? 255
      LittleEndian.write16(gainsSixteenths[index], to: entry + 1)
    }
    return BridgeFrame.helloHeaderByteCount + 3 * leads.count
  }

  /// The id is of this unit alone.
  private static let unitFlag: UInt16 = 8

  /// What the header of every frame says: provenance, whose id it is, and configuration.
  var flags: UInt16 {
    let bits: UInt16 =
      switch provenance {
      case .live: 0
      case .simulated: 1
      case .replay: 2
      case .testSignal: 4
      }
    return bits | (namesUnit ? Self.unitFlag : 0) | UInt16(configuration) << 8
  }

  /// The worst that the flags say: what is on a test signal is nobody's heart, whoever simulates it.
  static func provenance(flags: UInt16) -> Provenance {
    flags & 4 != 0
      ? .testSignal : flags & 1 != 0 ? .simulated : flags & 2 != 0 ? .replay : .live
  }

  /// The format of the samples that follow.
  public var format: SignalFormat {
    let codeMaximum = Int32(1) << Int32(adcBits - 1) - 1
    let channels = leads.indices.map { index in
      Channel(
        name: leads[index]?.name ?? "channel \(index + 1)", lead: leads[index],
        microvoltsPerCode: Double(referenceMicrovolts) * 16 / Double(gainsSixteenths[index])
          / Double(codeMaximum), codeRange: (-codeMaximum - 1)...codeMaximum)
    }
    return SignalFormat(
      sampleRate: Double(rateMillihertz) / 1000, channels: channels, provenance: provenance,
      sourceName: frontEnd)
  }
}

/// The part of a HELLO that says how the bridge is.
public struct BridgeStatus: Hashable, Sendable, BitwiseCopyable {
  /// What is wrong with a bridge.
  public enum Fault: UInt8, Sendable, BitwiseCopyable {
    case none
    /// The converter does not answer, or is another than the firmware is for.
    case chipSilent
    /// A register does not hold what was written to it.
    case registersDiffer
    /// The converter answers, but gives no conversions.
    case noConversions
  }

  /// Drawn at random when the bridge starts: another number is another start.
  public var start: UInt32 = 0
  /// Samples that the bridge itself lost since its start, modulo 2^32.
  public var samplesLost: UInt32 = 0
  /// The converter's id register, 0 where there is none to read.
  public var chipID: UInt8 = 0
  /// Why the bridge started.
  public var startCause = RestartCause.unknown
  /// What is wrong with it.
  public var fault = Fault.none

  /// A bridge that tells nothing of itself.
  public init() {}

  /// Reads it from a checked HELLO; a cause that is not known is unknown, a fault that is not known is a silent chip.
  init(_ frame: UnsafePointer<UInt8>) {
    start = LittleEndian.read32(frame + 42)
    samplesLost = LittleEndian.read32(frame + 46)
    chipID = frame[50]
    startCause = RestartCause(rawValue: frame[51]) ?? .unknown
    fault = Fault(rawValue: frame[52]) ?? .chipSilent
  }

  func write(to frame: UnsafeMutablePointer<UInt8>) {
    LittleEndian.write32(start, to: frame + 42)
    LittleEndian.write32(samplesLost, to: frame + 46)
    frame[50] = chipID
    frame[51] = startCause.rawValue
    frame[52] = fault.rawValue
  }
}
