// Samples to Cyton packets, as the board's dongle gives them.

import ECGSignal

/// Encoder of Cyton packets; of a Daisy's pairs where the format has more than eight channels.
public final class CytonEncoder: FrameEncoder {
  /// ADS1299 with 4.5 V reference and gain 24. The board without a Daisy.
  public static let converter = board(sampleRate: 250, channelCount: CytonLayout.channelCount)
  /// With a Daisy: twice the channels at half the rate.
  public static let daisyConverter = board(
    sampleRate: 125, channelCount: 2 * CytonLayout.channelCount)
  public static let samplesPerFrameMax = 1
  public static let frameByteCountMax = 2 * CytonLayout.packetByteCount

  /// Whether packets end with the board's milliseconds, as after `CytonCommand.startTimeStamps`.
  public var sendsTime = false

  private let hasDaisy: Bool
  private let sampleRate: Double
  private var counter: UInt8 = 0
  /// The first packet after the command says that its time was set.
  private var hasSentTime = false

  public init(_ format: SignalFormat) {
    hasDaisy = format.channels.count > CytonLayout.channelCount
    sampleRate = format.sampleRate
  }

  private static func board(sampleRate: Double, channelCount: Int) -> WireConverter {
    WireConverter(
      sampleRate: sampleRate, channelCountMax: channelCount,
      microvoltsPerCode: 4_500_000 / 24 / Double((1 << 23) - 1),
      codeRange: -8_388_608...8_388_607)
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
    if sendsTime { writeTime(of: block.header.pointee.firstIndex + Int64(sample), to: packet) }
    return CytonLayout.packetByteCount
  }

  /// The milliseconds at which a sample was measured: C3 in the packet that sets the time, then C4.
  private func writeTime(of index: Int64, to packet: UnsafeMutablePointer<UInt8>) {
    let milliseconds = UInt32(truncatingIfNeeded: Int64(Double(index) * 1000 / sampleRate))
    for byte in 0..<4 {
      packet[28 + byte] = UInt8(truncatingIfNeeded: milliseconds >> (24 - 8 * UInt32(byte)))
    }
    packet[32] = CytonLayout.timedStopBytes.lowerBound + (hasSentTime ? 1 : 0)
    hasSentTime = true
  }
}
