// Samples to ADAS1000 frames, as the chip gives them at 2 and 16 kHz.

import ECGSignal

/// Encoder of the default frame of 44 bytes.
public final class ADAS1000Encoder: FrameEncoder {
  /// 1.8 V reference, gain 1.4, lead format, by the data sheet's size of a code: 4 x reference / gain / (2^24 - 1).
  public static let converter = WireConverter(
    sampleRate: 2000, channelCountMax: ADAS1000Frame.channelCount,
    microvoltsPerCode: 4 * 1_800_000 / 1.4 / Double((1 << 24) - 1),
    codeRange: -8_388_608...8_388_607)
  public static let samplesPerFrameMax = 1
  public static let frameByteCountMax = ADAS1000Frame.byteCount

  private let crc = CRC24()
  private var missed = 0

  public init(_ format: SignalFormat) {}

  public func encode(
    _ block: SampleBlock, samples: Range<Int>, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    let leadOff = block.header.pointee.leadOff & 0x1F
    let flags = UInt8(0x80 | min(missed, 3) << 4)
    writeWord(0, address: flags, data: leadOff == 0 ? 0 : 1 << 22, destination)
    missed = 0
    for (index, address) in ADAS1000Frame.addresses.enumerated() {
      var data: UInt32 = 0
      if index < min(ADAS1000Frame.channelCount, block.channelCount) {
        data = UInt32(bitPattern: block.channel(index)[samples.lowerBound]) & 0xFF_FFFF
      }
      if index + 1 == ADAS1000Frame.leadOffWord { data = Self.electrodesOff(leadOff) }
      writeWord(index + 1, address: address, data: data, destination)
    }
    let register = crc.register(destination, count: ADAS1000Frame.byteCount - 3)
    let check = Int32(truncatingIfNeeded: ~register)
    BigEndian.write24(check, to: destination + ADAS1000Frame.byteCount - 3)
    return ADAS1000Frame.byteCount
  }

  public func lose(samples: Int) { missed += samples }

  /// Electrodes that take at least these leads with them, as few as there are.
  private static func electrodesOff(_ leads: UInt32) -> UInt32 {
    let (one, two, three) = (leads & 1, leads >> 1 & 1, leads >> 2 & 1)
    let ra = one & two
    let la = one & ~(two & ~three)
    let ll = (two | three) & ~one
    return la << 22 | ll << 21 | ra << 20 | (leads >> 3 & 1) << 19 | (leads >> 4 & 1) << 18
  }

  private func writeWord(
    _ index: Int, address: UInt8, data: UInt32, _ frame: UnsafeMutablePointer<UInt8>
  ) {
    frame[4 * index] = address
    BigEndian.write24(Int32(bitPattern: data), to: frame + 4 * index + 1)
  }
}
