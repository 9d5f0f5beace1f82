// HealthyPi 5 in its OpenView format: one sample of ECG and of BioZ a frame, 128 times a second, 29 bytes.

import ECGSignal

/// Decoder of HealthyPi 5: channels ECG and, if the profile has two, BioZ. An electrode that is off is not on the wire.
public final class HealthyPi5Decoder: CESDecoder, FrameDecoder {
  public init(_ settings: WireSettings) { super.init(settings, .healthyPi5) }
}

/// The ECG converter of HealthyPi 5.
enum HealthyPi5 {
  /// MAX30001 with 1 V reference and gain 80, 18 bits: 0.0954 uV a code. The firmware's driver shifts its words down to
  /// 18 bits (max30001_async.c); the gain is a setting of the board's device tree, and older drivers sent codes 64
  /// times as large: check by calibration.
  static let converter = WireConverter(
    sampleRate: 128, channelCountMax: 2, microvoltsPerCode: 1_000_000 / 80 / Double(1 << 17),
    codeRange: -131_072...131_071)
}

/// Encoder of HealthyPi 5.
public final class HealthyPi5Encoder: FrameEncoder {
  /// As the board's MAX30001 is set: 0.0954 uV a code, not measured on a board.
  public static let converter = HealthyPi5.converter
  public static let samplesPerFrameMax = 1
  public static let frameByteCountMax = CESPayload.healthyPi5.byteCount + CESFrame.overheadByteCount

  public init(_ format: SignalFormat) {}

  public func encode(
    _ block: SampleBlock, samples: Range<Int>, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    let kind = CESPayload.healthyPi5
    let payload = CESFrame.open(
      type: kind.type, payloadByteCount: kind.byteCount, in: destination)
    for channel in 0..<min(2, block.channelCount) {
      let code = block.channel(channel)[samples.lowerBound]
      LittleEndian.write32(UInt32(bitPattern: code), to: payload + 4 * channel)
    }
    return Self.frameByteCountMax
  }
}
