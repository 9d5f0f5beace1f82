// OpenEEG's packet format version 2, as Olimex' EKG/EMG shields send it, to blocks: A5 5A | 02 | counter |
// 6 x uint16 of 10 bits | switches, 17 bytes. No check sum.

import ECGSignal

/// The layout of a packet.
struct P2Layout: CountedFrameLayout {
  static let packetByteCount = 17
  static let channelCount = 6
  static let startBytes: (UInt8, UInt8) = (0xA5, 0x5A)
  static let version: UInt8 = 2

  var byteCount: Int { Self.packetByteCount }
  var counterPeriod: Int { 256 }
  var followerByteCount: Int { 4 }

  func isFrame(_ bytes: UnsafePointer<UInt8>) -> Bool {
    // Ten bits: the high bytes are 0 to 3.
    let high = bytes[4] | bytes[6] | bytes[8] | bytes[10] | bytes[12] | bytes[14]
    return isFollower(bytes) && high <= 3
  }

  @inline(__always)
  func isFollower(_ bytes: UnsafePointer<UInt8>) -> Bool {
    bytes[0] == Self.startBytes.0 && bytes[1] == Self.startBytes.1 && bytes[2] == Self.version
  }

  func counter(_ bytes: UnsafePointer<UInt8>) -> Int { Int(bytes[3]) }

  func boardMilliseconds(_ bytes: UnsafePointer<UInt8>) -> UInt32? { nil }

  @inline(__always)
  func read(_ bytes: UnsafePointer<UInt8>, into block: SampleBlock, at position: Int) {
    for channel in 0..<min(Self.channelCount, block.channelCount) {
      let code = bytes + 4 + 2 &* channel
      block.channel(channel)[position] = Int32(code[0]) &<< 8 | Int32(code[1])
    }
  }
}

/// Decoder of P2 packets; codes 0 to 1023, 512 is the middle. One thread.
///
/// The counter tells lost packets modulo 256, the host's clock the rest. The switches are not read.
public final class P2Decoder: FrameDecoder {
  private var frames: CountedFrames<P2Layout>

  public init(_ settings: WireSettings) {
    frames = CountedFrames(P2Layout(), settings)
  }

  public var counters: FrameCounters { frames.stream.counters }
  public var nextIndex: Int64 { frames.stream.nextIndex }
  /// P2 does not tell its format: it is in the board's profile.
  public var announcedFormat: SignalFormat? { nil }

  public func feed(_ bytes: UnsafeRawBufferPointer, arrivalNanoseconds: UInt64) -> Int {
    frames.stream.feed(bytes, arrivalNanoseconds: arrivalNanoseconds)
  }

  public func skip(samples: Int64, cause: GapCause) { frames.skip(samples: samples, cause: cause) }

  public func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome {
    frames.next(into: block, isQuiet: isQuiet)
  }
}
