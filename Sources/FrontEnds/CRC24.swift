// The CRC-24 of the ADAS1000 at 2 and 16 kHz (data sheet, Table 22; AN-1251): most significant bit first, preset to
// ones, sent inverted. Over a frame and its check sum the register ends at `residue`.

/// The check sum with its table.
final class CRC24 {
  static let polynomial: UInt32 = 0x5D_6DCB
  static let residue: UInt32 = 0x15_A0BA
  /// Each entry is shifted up by 8, so that the register's top byte is the word's.
  private let table: UnsafeMutablePointer<UInt32>

  init() {
    table = .allocate(capacity: 256)
    for byte in 0..<256 {
      var value = UInt32(byte) << 24
      for _ in 0..<8 {
        value = value >> 31 == 1 ? value << 1 ^ Self.polynomial << 8 : value << 1
      }
      (table + byte).initialize(to: value)
    }
  }

  deinit { table.deallocate() }

  /// The register after `count` bytes, not inverted.
  func register(_ bytes: UnsafePointer<UInt8>, count: Int) -> UInt32 {
    var value: UInt32 = 0xFFFF_FF00
    for index in 0..<count {
      value = table[Int(value &>> 24) ^ Int(bytes[index])] ^ value &<< 8
    }
    return value &>> 8
  }
}
