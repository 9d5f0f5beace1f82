// How WFDB packs samples into bytes (physionet.org/physiotools/wag/signal-5.htm), and which value of each
// packing means that nothing was measured.

import ECGSignal

/// A packing of samples.
enum WFDBSampleFormat: Int, CaseIterable {
  /// 8 bits, offset binary.
  case offsetBinary8 = 80
  /// 16 bits, little-endian.
  case littleEndian16 = 16
  /// 16 bits, big-endian.
  case bigEndian16 = 61
  /// 16 bits, offset binary.
  case offsetBinary16 = 160
  /// Two 12-bit samples in three bytes.
  case pairs12 = 212
  /// 24 bits, little-endian.
  case littleEndian24 = 24
  /// 32 bits, little-endian.
  case littleEndian32 = 32

  /// Bits of a sample.
  var bits: Int {
    switch self {
    case .offsetBinary8: 8
    case .pairs12: 12
    case .littleEndian16, .bigEndian16, .offsetBinary16: 16
    case .littleEndian24: 24
    case .littleEndian32: 32
    }
  }

  /// Bytes before sample `index` of a file; of format 212 before the pair that holds it.
  func byteOffset(ofSample index: Int) -> Int {
    self == .pairs12 ? index / 2 * 3 : index * bits / 8
  }

  /// Bytes that `count` samples take; an unpaired last 12-bit sample takes two.
  func byteCount(samples count: Int) -> Int {
    self == .pairs12 ? count / 2 * 3 + (count % 2) * 2 : count * bits / 8
  }

  /// Whole samples in so many bytes.
  func sampleCount(bytes: Int) -> Int {
    self == .pairs12 ? bytes / 3 * 2 + (bytes % 3 == 2 ? 1 : 0) : bytes * 8 / bits
  }

  /// The sample that starts at these bytes; `isSecond` picks the second of a pair of format 212. The
  /// format's value for "not measured", its smallest, becomes `SampleBlock.missing`.
  @inline(__always)
  func decode(_ bytes: UnsafePointer<UInt8>, isSecond: Bool) -> Int32 {
    let value: Int32
    switch self {
    case .offsetBinary8: value = Int32(bytes[0]) - 128
    case .littleEndian16: value = Int32(Int16(truncatingIfNeeded: Self.word(bytes[0], bytes[1])))
    case .bigEndian16: value = Int32(Int16(truncatingIfNeeded: Self.word(bytes[1], bytes[0])))
    case .offsetBinary16: value = Self.word(bytes[0], bytes[1]) - 32768
    case .pairs12:
      let bits =
        isSecond
        ? Int32(bytes[2]) | Int32(bytes[1] & 0xF0) << 4
        : Int32(bytes[0]) | Int32(bytes[1] & 0x0F) << 8
      value = (bits << 20) >> 20
    case .littleEndian24:
      value =
        Int32(bitPattern: UInt32(Self.word(bytes[0], bytes[1])) << 8 | UInt32(bytes[2]) << 24) >> 8
    case .littleEndian32:
      value = Self.word(bytes[0], bytes[1]) | Self.word(bytes[2], bytes[3]) << 16
    }
    return value == -1 << (Int32(bits) - 1) ? SampleBlock.missing : value
  }

  private static func word(_ low: UInt8, _ high: UInt8) -> Int32 { Int32(low) | Int32(high) << 8 }
}
