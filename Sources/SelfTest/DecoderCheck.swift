// Frames that others made, read by our decoders: the example of firmware-config/bridge-frame.md, OpenBCI's documented
// Cyton packet, and a damaged frame that must be refused.

import ECGSignal
import FrontEnds

enum DecoderCheck {
  private static let hello =
    "040201010101010109656d756c61746564010101010101010420a10701039f240318020101010101010101010101"
    + "0101010101010101026003ff600555fb472400"
  private static let samples =
    "040202010207010103e803010480841e04020202010101010f01ffffff123456edcbaa71e0a9c100"
  private static let cyton = "a02a000000000001ffffff7fffff8000000186a0fe79600030390010fff00100c0"

  static func run() throws -> String {
    let two = SampleBlockStorage(channelCount: 2)
    try bridge(two.block)
    try damaged(two.block)
    let eight = SampleBlockStorage(channelCount: 8)
    try cyton(eight.block)
    return "bridge frame and Cyton packet read as specified, a damaged frame refused and counted"
  }

  private static func bridge(_ block: SampleBlock) throws(SelfTestFailure) {
    let decoder = BridgeDecoder()
    feed(decoder, bytes(hello))
    try require(
      decoder.next(into: block, isQuiet: false) == .format
        && decoder.announcedFormat?.sampleRate == 500
        && decoder.announcedFormat?.channels.map(\.lead) == [.I, nil],
      "the bridge's HELLO is not read as specified")
    feed(decoder, bytes(samples))
    let codes: [Int32] =
      decoder.next(into: block, isQuiet: false) == .samples
      ? [0, 1].flatMap { [block.channel($0)[0], block.channel($0)[1]] } : []
    try require(
      codes == [1, 0x123456, -1, -0x123456] && block.header.pointee.leadOff == 0b10,
      "the bridge's samples are not read as specified")
  }

  /// One bit of a frame is wrong: the check sum must tell.
  private static func damaged(_ block: SampleBlock) throws(SelfTestFailure) {
    let decoder = BridgeDecoder()
    feed(decoder, bytes(hello))
    _ = decoder.next(into: block, isQuiet: false)
    var frame = bytes(samples)
    frame[frame.count - 10] ^= 0x10
    feed(decoder, frame)
    try require(
      decoder.next(into: block, isQuiet: false) == .needsBytes
        && decoder.counters.framesCorrupt == 1,
      "a damaged frame is not refused and counted")
  }

  private static func cyton(_ block: SampleBlock) throws(SelfTestFailure) {
    let decoder = CytonDecoder(
      WireSettings(sampleRate: 250, channelCount: 8, usesHostTime: false))
    feed(decoder, bytes(cyton))
    let outcome = decoder.next(into: block, isQuiet: true)
    try require(
      outcome == .samples
        && (0..<8).map { block.channel($0)[0] }
          == [0, 1, -1, 0x7FFFFF, -0x800000, 100_000, -100_000, 12_345],
      "the Cyton packet is not read as documented")
  }

  private static func feed(_ decoder: some FrameDecoder, _ bytes: [UInt8]) {
    _ = bytes.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: 1) }
  }

  private static func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }
}
