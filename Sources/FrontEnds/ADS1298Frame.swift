// The frame of Texas Instruments' ADS129x family, as RDATAC gives it (SBAS459, SBAS499, SBAS502): 24 bits of status,
// then 24 bits a channel.

/// The layout of a frame, and what can be said of bytes that are none.
public enum ADS1298Frame {
  /// The channels of the family's chips: ADS1292R; ADS1294; ADS1296; ADS1298, ADS1298R and ADS1299.
  public static let channelCounts = [2, 4, 6, 8]

  /// The channels of the smallest chip that has `count` of them.
  static func channelCount(atLeast count: Int) -> Int {
    channelCounts.first { $0 >= count } ?? 8
  }

  /// Bytes of a frame of `channelCount` channels: 27 for eight, 9 for two.
  public static func byteCount(channelCount: Int) -> Int { 3 + 3 * channelCount }

  /// Whether a status word can be one: it begins 1100, and an ADS1292R's ends with 13 zeros.
  @inline(__always)
  static func isStatus(_ status: UInt32, channelCount: Int) -> Bool {
    status & 0xF0_0000 == 0xC0_0000 && (channelCount > 2 || status & 0x1FFF == 0)
  }

  @inline(__always)
  static func status(_ bytes: UnsafePointer<UInt8>) -> UInt32 { BigEndian.word24(bytes) }

  /// Bit `n`: an electrode of channel `n` is off, by the inputs that are watched.
  ///
  /// ADS1294 to ADS1299: bits 19...12 are LOFF_STATP[8:1], 11...4 LOFF_STATN[8:1], 3...0 the GPIO pins. ADS1292R: bit
  /// 19 is the right leg's, then IN2N, IN2P, IN1N, IN1P, and two GPIO pins. The right leg's electrode is no channel's.
  static func leadOff(
    _ status: UInt32, channelCount: Int, positive: UInt32, negative: UInt32
  ) -> UInt32 {
    if channelCount > 2 {
      let all = UInt32(1) &<< UInt32(channelCount) &- 1
      return (status &>> 12 & positive | status &>> 4 & negative) & 0xFF & all
    }
    let isPositiveOff = status &>> 15 & 1 | status &>> 16 & 2
    let isNegativeOff = status &>> 16 & 1 | status &>> 17 & 2
    return isPositiveOff & positive | isNegativeOff & negative
  }

  /// What a transfer that should have been a frame tells.
  public enum Diagnosis: Sendable {
    case frame
    /// Every bit came one clock late, as `600000 400000` for `C00000 800000`: the SPI mode is not 1.
    case wrongMode
    /// All zeros: the chip is not powered, in reset, or its DOUT is not connected.
    case allZeros
    /// All ones: DOUT floats, the chip is not selected.
    case allOnes
    /// Anything else.
    case unknown
  }

  /// Looks at one whole transfer.
  public static func diagnose(_ bytes: UnsafeRawBufferPointer) -> Diagnosis {
    guard let first = bytes.first else { return .unknown }
    if bytes.allSatisfy({ $0 == 0 }) { return .allZeros }
    if bytes.allSatisfy({ $0 == 0xFF }) { return .allOnes }
    if first & 0xF0 == 0xC0 { return .frame }
    return first & 0xF8 == 0x60 ? .wrongMode : .unknown
  }
}
