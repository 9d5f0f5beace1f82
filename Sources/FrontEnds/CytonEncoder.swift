// Samples to Cyton packets, as the board's dongle gives them.

import ECGSignal

/// Encoder of Cyton packets; of a Daisy's pairs where the format has more than eight channels.
public final class CytonEncoder: FrameEncoder {
  /// ADS1299 with 4.5 V reference and gain 24. The board without a Daisy, which would halve the rate.
  public static let converter = WireConverter(
    sampleRate: 250, channelCountMax: CytonLayout.channelCount,
    microvoltsPerCode: 4_500_000 / 24 / Double((1 << 23) - 1), codeRange: -8_388_608...8_388_607)
  public static let samplesPerFrameMax = 1
  public static let frameByteCountMax = 2 * CytonLayout.packetByteCount

  private let hasDaisy: Bool
  private var counter: UInt8 = 0

  public init(_ format: SignalFormat) {
    hasDaisy = format.channels.count > CytonLayout.channelCount
  }

  public func encode(
    _ block: SampleBlock, samples: Range<Int>, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var count = 0
    if hasDaisy { count = write(block, samples.lowerBound, channels: 8..<16, to: destination) }
    return count + write(block, samples.lowerBound, channels: 0..<8, to: destination + count)
  }

  public func lose(samples: Int) {
    counter &+= UInt8(truncatingIfNeeded: hasDaisy ? 2 * samples : samples)
  }

  private func write(
    _ block: SampleBlock, _ sample: Int, channels: Range<Int>,
    to packet: UnsafeMutablePointer<UInt8>
  ) -> Int {
    packet[0] = CytonLayout.startByte
    packet[1] = counter
    counter &+= 1
    for (index, channel) in channels.enumerated() {
      let code = channel < block.channelCount ? block.channel(channel)[sample] : 0
      BigEndian.write24(code, to: packet + 2 + 3 * index)
    }
    for index in 26..<32 { packet[index] = 0 }
    packet[32] = CytonLayout.stopBytes.lowerBound
    return CytonLayout.packetByteCount
  }
}
