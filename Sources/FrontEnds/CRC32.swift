// CRC-32/ISO-HDLC, as in zlib and Ethernet: the check value of "123456789" is CBF43926.

/// The check sum with its table.
final class CRC32 {
  private let table: UnsafeMutablePointer<UInt32>

  init() {
    table = .allocate(capacity: 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
      (table + byte).initialize(to: value)
    }
  }

  deinit { table.deallocate() }

  func checksum(_ bytes: UnsafePointer<UInt8>, count: Int) -> UInt32 {
    var value: UInt32 = 0xFFFF_FFFF
    for index in 0..<count {
      value = table[Int(UInt8(truncatingIfNeeded: value) ^ bytes[index])] ^ (value &>> 8)
    }
    return ~value
  }
}
