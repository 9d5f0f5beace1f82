// Blocks of samples to bridge frames: what a bridge's firmware does, for emulators and tests.

import ECGSignal

/// Encoder of the bridge frame. Allocates only at `init`.
public final class BridgeEncoder {
  private let frame: UnsafeMutablePointer<UInt8>
  private let crc = CRC32()
  private let hello: BridgeHello
  private var sequence: UInt32 = 0

  /// An encoder for the front-end that `hello` describes.
  public init(hello: BridgeHello) {
    precondition((1...BridgeFrame.channelCountMax).contains(hello.leads.count))
    self.hello = hello
    frame = .allocate(capacity: BridgeFrame.encodedByteCountMax)
    frame.initialize(repeating: 0, count: BridgeFrame.encodedByteCountMax)
  }

  deinit { frame.deallocate() }

  /// Writes a HELLO into `destination` (2048 bytes); returns the bytes written.
  public func encodeHello(into destination: UnsafeMutablePointer<UInt8>) -> Int {
    writeHeader(.hello)
    let body = frame + BridgeFrame.headerByteCount
    let id = Array(hello.frontEnd.utf8.prefix(16))
    for index in 0..<16 { body[index] = index < id.count ? id[index] : 0 }
    LittleEndian.write32(hello.rateMillihertz, to: frame + 24)
    LittleEndian.write32(hello.referenceMicrovolts, to: frame + 28)
    frame[32] = hello.adcBits
    frame[33] = UInt8(hello.leads.count)
    for index in 0..<8 { frame[34 + index] = hello.firmware[index] }
    for (index, lead) in hello.leads.enumerated() {
      let entry = frame + BridgeFrame.helloHeaderByteCount + 3 * index
      entry[0] = lead?.rawValue ?? 255
      LittleEndian.write16(hello.gainsSixteenths[index], to: entry + 1)
    }
    return seal(
      BridgeFrame.helloHeaderByteCount + 3 * hello.leads.count, into: destination)
  }

  /// Writes the block's samples into `destination` (2048 bytes); returns the bytes written.
  public func encode(
    _ block: SampleBlock, timeMicroseconds: UInt32,
    into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    let samples = Int(block.header.pointee.sampleCount)
    let channels = block.channelCount
    precondition(
      channels == hello.leads.count && (1...BridgeFrame.sampleCountMax).contains(samples))
    writeHeader(.samples)
    LittleEndian.write32(
      UInt32(truncatingIfNeeded: block.header.pointee.firstIndex), to: frame + 8)
    LittleEndian.write32(timeMicroseconds, to: frame + 12)
    frame[16] = UInt8(channels)
    frame[17] = UInt8(samples)
    LittleEndian.write16(
      UInt16(truncatingIfNeeded: block.header.pointee.leadOff), to: frame + 18)
    LittleEndian.write16(0, to: frame + 20)
    var bytes = frame + BridgeFrame.samplesHeaderByteCount
    for sample in 0..<samples {
      for channel in 0..<channels {
        BigEndian.write24(block.channel(channel)[sample], to: bytes)
        bytes += 3
      }
    }
    return seal(
      BridgeFrame.samplesHeaderByteCount + 3 * channels * samples, into: destination)
  }

  private func writeHeader(_ kind: BridgeFrame.Kind) {
    frame[0] = BridgeFrame.version
    frame[1] = kind.rawValue
    let flags: UInt16 =
      switch hello.provenance {
      case .live: 0
      case .simulated: 1
      case .replay: 2
      }
    LittleEndian.write16(flags, to: frame + 2)
    LittleEndian.write32(sequence, to: frame + 4)
    sequence &+= 1
  }

  private func seal(_ count: Int, into destination: UnsafeMutablePointer<UInt8>) -> Int {
    LittleEndian.write32(crc.checksum(frame, count: count), to: frame + count)
    return COBS.encode(frame, count: count + BridgeFrame.checksumByteCount, into: destination)
  }
}
