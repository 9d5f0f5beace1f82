// Blocks of samples to bridge frames: what a bridge's firmware does, for emulators and tests.

import ECGSignal

/// Encoder of the bridge frame. Allocates only at `init`.
public final class BridgeEncoder: FrameEncoder {
  /// The microvolts of an ADS1298 with 2.4 V reference and gain 6: 47.68 nV a code.
  public static let converter = WireConverter(
    sampleRate: nil, channelCountMax: BridgeFrame.channelCountMax,
    microvoltsPerCode: Double(referenceMicrovolts) / gain / Double((1 << 23) - 1),
    codeRange: -8_388_608...8_388_607)
  public static let samplesPerFrameMax = BridgeFrame.sampleCountMax
  public static let frameByteCountMax = BridgeFrame.encodedByteCountMax
  private static let referenceMicrovolts: UInt32 = 2_400_000
  private static let gain = 6.0

  /// What the bridge says of its samples. A change that is not the configuration's own makes the next configuration:
  /// announce it before the first samples that it describes.
  public var hello: BridgeHello {
    didSet {
      precondition(hello.leads.count == oldValue.leads.count)
      if hello != oldValue && hello.configuration == oldValue.configuration {
        hello.configuration &+= 1
      }
    }
  }
  /// What the bridge says of itself.
  public var status = BridgeStatus()

  private let frame = BridgeFrameBuffer()
  private var sequence: UInt32 = 0

  public convenience init(_ format: SignalFormat) {
    self.init(
      hello: BridgeHello(
        frontEnd: format.sourceName, provenance: format.provenance, sampleRate: format.sampleRate,
        referenceMicrovolts: Self.referenceMicrovolts, adcBits: 24,
        leads: format.channels.map(\.lead), gain: Self.gain))
  }

  /// An encoder for the front-end that `hello` describes.
  public init(hello: BridgeHello) {
    precondition((1...BridgeFrame.channelCountMax).contains(hello.leads.count))
    self.hello = hello
  }

  /// Writes a HELLO into `destination` (2048 bytes); returns the bytes written.
  public func announce(into destination: UnsafeMutablePointer<UInt8>) -> Int {
    begin(.hello)
    return frame.seal(hello.write(status, to: frame.bytes), into: destination)
  }

  /// Writes an ACK into `destination` (2048 bytes); returns the bytes written.
  public func acknowledge(
    _ answer: BridgeAcknowledgement, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    begin(.acknowledge)
    let payload = BridgePayload(
      number: answer.id, code: answer.status?.rawValue ?? 255, bytes: answer.data)
    return frame.seal(payload.write(to: frame.bytes), into: destination)
  }

  public func encode(
    _ block: SampleBlock, samples: Range<Int>, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    let channels = block.channelCount
    precondition(
      channels == hello.leads.count && (1...BridgeFrame.sampleCountMax).contains(samples.count))
    begin(.samples)
    let tick = block.header.pointee.firstIndex &+ Int64(samples.lowerBound)
    let microseconds = Double(tick) / Double(hello.rateMillihertz) * 1e9
    let fields = frame.bytes
    LittleEndian.write32(UInt32(truncatingIfNeeded: tick), to: fields + 8)
    LittleEndian.write32(UInt32(truncatingIfNeeded: Int64(microseconds)), to: fields + 12)
    fields[16] = UInt8(channels)
    fields[17] = UInt8(samples.count)
    LittleEndian.write16(
      UInt16(truncatingIfNeeded: block.header.pointee.leadOff), to: fields + 18)
    LittleEndian.write16(0, to: fields + 20)
    var bytes = fields + BridgeFrame.samplesHeaderByteCount
    for sample in samples {
      for channel in 0..<channels {
        BigEndian.write24(block.channel(channel)[sample], to: bytes)
        bytes += 3
      }
    }
    return frame.seal(
      BridgeFrame.samplesHeaderByteCount + 3 * channels * samples.count, into: destination)
  }

  /// The next frame's tick tells it, and the next HELLO how many they are by now.
  public func lose(samples: Int) {
    status.samplesLost &+= UInt32(truncatingIfNeeded: samples)
  }

  private func begin(_ kind: BridgeFrame.Kind) {
    frame.begin(kind, flags: hello.flags, sequence: sequence)
    sequence &+= 1
  }
}
