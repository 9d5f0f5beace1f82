// The layout of our bridge frame, version 1: offsets and limits of firmware-config/bridge-frame.md, and what
// a HELLO says.

import ECGSignal

/// Numbers of the frame layout.
public enum BridgeFrame {
  /// The version that this code speaks.
  static let version: UInt8 = 1
  /// Longest encoded frame, delimiter included.
  public static let encodedByteCountMax = 2048
  /// Samples in a frame at most.
  public static let sampleCountMax = SampleBlock.sampleCountMax
  /// Channels at most.
  public static let channelCountMax = SignalFormat.channelCountMax
  static let headerByteCount = 8
  static let samplesHeaderByteCount = 22
  static let helloHeaderByteCount = 42
  static let checksumByteCount = 4

  enum Kind: UInt8 { case hello = 1, samples = 2, command = 3, acknowledge = 4 }
}

/// What a front-end says of itself once a second.
public struct BridgeHello: Hashable, Sendable {
  /// The front-end's id, at most 16 ASCII characters.
  public var frontEnd: String
  /// Where its samples come from.
  public var provenance: Provenance
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
    let channelCount = Int(frame[33])
    let bodyCount = BridgeFrame.helloHeaderByteCount + 3 * channelCount
    guard count == bodyCount + BridgeFrame.checksumByteCount,
      (1...BridgeFrame.channelCountMax).contains(channelCount), (8...24).contains(frame[32])
    else { return nil }
    frontEnd = String(decoding: (8..<24).map { frame[$0] }.filter { $0 != 0 }, as: UTF8.self)
    let flags = frame[2]
    provenance = flags & 1 != 0 ? .simulated : flags & 2 != 0 ? .replay : .live
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

/// Little-endian numbers at any address.
enum LittleEndian {
  @inline(__always)
  static func read16(_ bytes: UnsafePointer<UInt8>) -> UInt16 {
    UInt16(bytes[0]) | UInt16(bytes[1]) &<< 8
  }

  @inline(__always)
  static func read32(_ bytes: UnsafePointer<UInt8>) -> UInt32 {
    UInt32(read16(bytes)) | UInt32(read16(bytes + 2)) &<< 16
  }

  @inline(__always)
  static func write16(_ value: UInt16, to bytes: UnsafeMutablePointer<UInt8>) {
    bytes[0] = UInt8(truncatingIfNeeded: value)
    bytes[1] = UInt8(truncatingIfNeeded: value &>> 8)
  }

  @inline(__always)
  static func write32(_ value: UInt32, to bytes: UnsafeMutablePointer<UInt8>) {
    write16(UInt16(truncatingIfNeeded: value), to: bytes)
    write16(UInt16(truncatingIfNeeded: value &>> 16), to: bytes + 2)
  }
}

/// 24-bit two's complement numbers, most significant byte first, as ADCs send them.
enum BigEndian {
  @inline(__always)
  static func read24(_ bytes: UnsafePointer<UInt8>) -> Int32 {
    let bits =
      UInt32(bytes[0]) &<< 24 | UInt32(bytes[1]) &<< 16 | UInt32(bytes[2]) &<< 8
    return Int32(bitPattern: bits) &>> 8
  }

  @inline(__always)
  static func write24(_ value: Int32, to bytes: UnsafeMutablePointer<UInt8>) {
    bytes[0] = UInt8(truncatingIfNeeded: value &>> 16)
    bytes[1] = UInt8(truncatingIfNeeded: value &>> 8)
    bytes[2] = UInt8(truncatingIfNeeded: value)
  }
}
