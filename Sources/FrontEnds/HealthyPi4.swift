// HealthyPi v4: one lead that its firmware has already filtered, 125 times a second, 27 bytes.

import ECGSignal

/// Decoder of HealthyPi v4: channels ECG and, if the profile has two, respiration.
public final class HealthyPi4Decoder: CESDecoder, FrameDecoder {
  public init(_ settings: WireSettings) { super.init(settings, .healthyPi4) }
}

/// Encoder of HealthyPi v4.
public final class HealthyPi4Encoder: FrameEncoder {
  /// ADS1292R with 2.42 V reference and gain 12 (CH2SET 60 in the firmware, whose comment says 6): 0.02404 uV a bit.
  /// The firmware drops eight bits, removes the baseline, drops two more and filters with gain 1 below 40 Hz
  /// (Protocentral_ecg_resp_signal_processing.cpp): 24.6 uV a code. Not measured on a board. Of respiration it keeps
  /// the lowest 16 of 24 bits, which wrap around.
  public static let converter = WireConverter(
    sampleRate: 125, channelCountMax: 2,
    microvoltsPerCode: 2_420_000 / 12 / Double((1 << 23) - 1) * 1024,
    codeRange: -32_768...32_767)
  public static let samplesPerFrameMax = 1
  public static let frameByteCountMax = CESPayload.healthyPi4.byteCount + CESFrame.overheadByteCount

  public init(_ format: SignalFormat) {}

  public func encode(
    _ block: SampleBlock, samples: Range<Int>, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    let kind = CESPayload.healthyPi4
    let payload = CESFrame.open(
      type: kind.type, payloadByteCount: kind.byteCount, in: destination)
    // The constants that the firmware calls blood pressure.
    payload[17] = 80
    payload[18] = 120
    let leadOff = block.header.pointee.leadOff
    payload[19] = (leadOff & 1 != 0 ? 0b00100 : 0) | (leadOff & 2 != 0 ? 0b00001 : 0)
    if payload[19] == 0 {
      for channel in 0..<min(2, block.channelCount) {
        let code = block.channel(channel)[samples.lowerBound]
        LittleEndian.write16(UInt16(truncatingIfNeeded: code), to: payload + 2 * channel)
      }
    }
    return Self.frameByteCountMax
  }
}
