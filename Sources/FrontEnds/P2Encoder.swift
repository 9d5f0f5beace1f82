// Samples to OpenEEG P2 packets, as an Arduino with an Olimex shield sends them.

import ECGSignal

/// Encoder of P2 packets.
public final class P2Encoder: FrameEncoder {
  /// A 10-bit converter of 5 V behind a gain of 2848 (SHIELD-EKG-EMG with its potentiometer at the factory's mark).
  public static let converter = WireConverter(
    sampleRate: 256, channelCountMax: P2Layout.channelCount,
    microvoltsPerCode: 5_000_000 / 1024 / 2848, baseline: 512, codeRange: 0...1023)
  public static let samplesPerFrameMax = 1
  public static let frameByteCountMax = P2Layout.packetByteCount

  private var counter: UInt8 = 0

  public init(_ format: SignalFormat) {}

  public func encode(
    _ block: SampleBlock, samples: Range<Int>, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    destination[0] = P2Layout.startBytes.0
    destination[1] = P2Layout.startBytes.1
    destination[2] = P2Layout.version
    destination[3] = counter
    counter &+= 1
    for channel in 0..<P2Layout.channelCount {
      // A channel that the block has not is a pin that is not connected: it reads 0.
      let code = channel < block.channelCount ? block.channel(channel)[samples.lowerBound] : 0
      destination[4 + 2 * channel] = UInt8(truncatingIfNeeded: code &>> 8) & 3
      destination[5 + 2 * channel] = UInt8(truncatingIfNeeded: code)
    }
    destination[16] = 0
    return P2Layout.packetByteCount
  }

  public func lose(samples: Int) { counter &+= UInt8(truncatingIfNeeded: samples) }
}
