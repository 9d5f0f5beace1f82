// OpenBCI Cyton packets to blocks: A0 | counter | 8 x int24 | 6 auxiliary bytes | C0...C6, 33 bytes, 250 a second
// (docs.openbci.com/Cyton/CytonDataFormat). With a Daisy two packets are a sample of 16 channels, 125 a second.

import ECGSignal

/// The layout of a packet, or of a Daisy's pair of packets.
struct CytonLayout: CountedFrameLayout {
  static let packetByteCount = 33
  static let channelCount = 8
  /// What the dongle sends first; a board wired straight to a serial port sends `boardStartByte`.
  static let startByte: UInt8 = 0xA0
  static let boardStartByte: UInt8 = 0x41
  static let stopBytes: ClosedRange<UInt8> = 0xC0...0xC6
  /// The stop bytes of packets whose last four auxiliary bytes are the board's milliseconds.
  static let timedStopBytes: ClosedRange<UInt8> = 0xC3...0xC6

  /// Whether the even packet of a pair carries channels 9 to 16, and the odd one after it channels 1 to 8, each the
  /// mean of two conversions: the board alternates to keep the rate of its radio.
  let hasDaisy: Bool

  var byteCount: Int { hasDaisy ? 2 * Self.packetByteCount : Self.packetByteCount }
  var counterPeriod: Int { hasDaisy ? 128 : 256 }
  var followerByteCount: Int { 2 }

  func isFrame(_ bytes: UnsafePointer<UInt8>) -> Bool {
    guard isPacket(bytes) else { return false }
    if !hasDaisy { return true }
    let second = bytes + Self.packetByteCount
    return isPacket(second) && bytes[1] & 1 == 0 && second[1] == bytes[1] &+ 1
  }

  @inline(__always)
  private func isPacket(_ bytes: UnsafePointer<UInt8>) -> Bool {
    isStart(bytes[0]) && Self.stopBytes.contains(bytes[Self.packetByteCount - 1])
  }

  @inline(__always)
  private func isStart(_ byte: UInt8) -> Bool {
    byte == Self.startByte || byte == Self.boardStartByte
  }

  func isFollower(_ bytes: UnsafePointer<UInt8>) -> Bool {
    isStart(bytes[0]) && (!hasDaisy || bytes[1] & 1 == 0)
  }

  func counter(_ bytes: UnsafePointer<UInt8>) -> Int {
    hasDaisy ? Int(bytes[1] &>> 1) : Int(bytes[1])
  }

  func boardMilliseconds(_ bytes: UnsafePointer<UInt8>) -> UInt32? {
    guard Self.timedStopBytes.contains(bytes[Self.packetByteCount - 1]) else { return nil }
    return BigEndian.word32(bytes + 28)
  }

  @inline(__always)
  func read(_ bytes: UnsafePointer<UInt8>, into block: SampleBlock, at position: Int) {
    let board = hasDaisy ? bytes + Self.packetByteCount : bytes
    for channel in 0..<min(Self.channelCount, block.channelCount) {
      block.channel(channel)[position] = BigEndian.read24(board + 2 + 3 &* channel)
    }
    if !hasDaisy { return }
    for channel in Self.channelCount..<max(min(2 * Self.channelCount, block.channelCount), 8) {
      let code = bytes + 2 + 3 &* (channel &- Self.channelCount)
      block.channel(channel)[position] = BigEndian.read24(code)
    }
  }
}

/// Decoder of Cyton packets, of a Daisy's pairs where the board sends more than eight channels. One thread.
///
/// The counter tells lost packets modulo 256; the host's clock tells 258 from 2, and the board's own clock, where a
/// firmware sends it (`CytonCommand.startTimeStamps`), keeps a late reader from looking like a loss. The auxiliary
/// bytes (accelerometer, analogue pins) are not read. The first Daisy packet after a start averages with nothing: half
/// an amplitude, for one sample.
public final class CytonDecoder: FrameDecoder {
  private let layout: CytonLayout
  private let settings: WireSettings
  private var frames: CountedFrames<CytonLayout>

  public init(_ settings: WireSettings) {
    self.settings = settings
    layout = CytonLayout(hasDaisy: settings.channelCount > CytonLayout.channelCount)
    frames = CountedFrames(layout, settings)
  }

  public var counters: FrameCounters { frames.stream.counters }
  public var nextIndex: Int64 { frames.stream.nextIndex }
  /// Cyton does not tell its format: it is in the board's profile.
  public var announcedFormat: SignalFormat? { nil }

  public func feed(_ bytes: UnsafeRawBufferPointer, arrivalNanoseconds: UInt64) -> Int {
    frames.stream.feed(bytes, arrivalNanoseconds: arrivalNanoseconds)
  }

  /// Allocates: a board that was stopped begins anew, its counter too.
  public func beginStream() { frames = CountedFrames(layout, settings) }

  public func skip(samples: Int64, cause: GapCause) { frames.skip(samples: samples, cause: cause) }

  public func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome {
    frames.next(into: block, isQuiet: isQuiet)
  }
}
