// Samples to frames of the ADS129x family, as the chip gives them in RDATAC mode.

import ECGSignal

/// Encoder of the family's frames: of an ADS1292R, ADS1294, ADS1296 or ADS1298, by the format's channels.
public final class ADS1298Encoder: FrameEncoder {
  /// ADS1298 with its 2.4 V reference and gain 6.
  public static let converter = WireConverter(
    sampleRate: nil, channelCountMax: 8,
    microvoltsPerCode: 2_400_000 / 6 / Double((1 << 23) - 1), codeRange: -8_388_608...8_388_607)
  public static let samplesPerFrameMax = 1
  public static let frameByteCountMax = ADS1298Frame.byteCount(channelCount: 8)

  private let channelCount: Int

  public init(_ format: SignalFormat) {
    channelCount = ADS1298Frame.channelCount(atLeast: format.channels.count)
  }

  public func encode(
    _ block: SampleBlock, samples: Range<Int>, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    let leadOff = block.header.pointee.leadOff
    let positive =
      channelCount > 2 ? (leadOff & 0xFF) << 12 : (leadOff & 1) << 15 | (leadOff & 2) << 16
    BigEndian.write24(Int32(bitPattern: 0xC0_0000 | positive), to: destination)
    for channel in 0..<channelCount {
      let code = channel < block.channelCount ? block.channel(channel)[samples.lowerBound] : 0
      BigEndian.write24(code, to: destination + 3 + 3 * channel)
    }
    return ADS1298Frame.byteCount(channelCount: channelCount)
  }
}
