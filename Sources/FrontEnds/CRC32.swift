// CRC-32/ISO-HDLC, as in zlib and Ethernet: the check value of "123456789" is CBF43926. Eight bytes at a time with
// eight tables (Kounavis and Berry, "A systematic approach to building high performance software-based CRC generators",
// 2005).

/// The check sum with its tables.
final class CRC32 {
  private static let sliceCount = 8
  /// `[slice][byte]`: what a byte adds to the register that `slice` more bytes follow.
  private let table: UnsafeMutablePointer<UInt32>

  init() {
    table = .allocate(capacity: 256 * Self.sliceCount)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for slice in 0..<Self.sliceCount {
        for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
        (table + 256 * slice + byte).initialize(to: value)
      }
    }
  }

  deinit { table.deallocate() }

  func checksum(_ bytes: UnsafePointer<UInt8>, count: Int) -> UInt32 {
    let raw = UnsafeRawPointer(bytes)
    var value: UInt32 = 0xFFFF_FFFF
    var index = 0
    while index &+ 8 <= count {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let mixed = word ^ UInt64(value)
      let first = entry(7, mixed) ^ entry(6, mixed &>> 8) ^ entry(5, mixed &>> 16)
      let second = entry(4, mixed &>> 24) ^ entry(3, mixed &>> 32) ^ entry(2, mixed &>> 40)
      value = first ^ second ^ entry(1, mixed &>> 48) ^ entry(0, mixed &>> 56)
      index &+= 8
    }
    while index < count {
      value = entry(0, UInt64(value ^ UInt32(bytes[index]))) ^ (value &>> 8)
      index &+= 1
    }
    return ~value
  }

  /// The entry of a slice for the lowest byte of `bits`.
  @inline(__always)
  private func entry(_ slice: Int, _ bits: UInt64) -> UInt32 {
    table[256 &* slice &+ Int(UInt8(truncatingIfNeeded: bits))]
  }
}
