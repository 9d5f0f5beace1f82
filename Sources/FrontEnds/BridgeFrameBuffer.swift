// One decoded bridge frame in memory of its own: opened from the bytes of a line, or filled and sealed for it.

/// A frame between its COBS bytes and its fields. Allocates only at `init`. One thread.
struct BridgeFrameBuffer: ~Copyable {
  /// What the bytes between two delimiters were.
  enum Opened {
    /// A frame of so many bytes, its check sum included.
    case frame(Int)
    /// A frame of this version whose check sum is wrong.
    case failedChecksum
    /// No frame of this version.
    case refused
  }

  /// The decoded frame: header, body, check sum.
  let bytes: UnsafeMutablePointer<UInt8>
  private let crc = CRC32()

  init() {
    bytes = .allocate(capacity: BridgeFrame.encodedByteCountMax)
    bytes.initialize(repeating: 0, count: BridgeFrame.encodedByteCountMax)
  }

  deinit { bytes.deallocate() }

  var flags: UInt16 { LittleEndian.read16(bytes + 2) }
  var sequence: UInt32 { LittleEndian.read32(bytes + 4) }

  /// Decodes and checks what stood before a delimiter: at most `encodedByteCountMax` bytes, none of them 0.
  func open(_ encoded: UnsafePointer<UInt8>, count: Int) -> Opened {
    let checksum = BridgeFrame.checksumByteCount
    guard let decoded = COBS.decode(encoded, count: count, into: bytes),
      decoded >= BridgeFrame.headerByteCount + checksum
    else { return .refused }
    guard
      LittleEndian.read32(bytes + decoded - checksum)
        == crc.checksum(bytes, count: decoded - checksum)
    else { return .failedChecksum }
    return bytes[0] == BridgeFrame.version ? .frame(decoded) : .refused
  }

  /// Writes the header; the body is the caller's.
  func begin(_ kind: BridgeFrame.Kind, flags: UInt16, sequence: UInt32) {
    bytes[0] = BridgeFrame.version
    bytes[1] = kind.rawValue
    LittleEndian.write16(flags, to: bytes + 2)
    LittleEndian.write32(sequence, to: bytes + 4)
  }

  /// Closes a frame of `count` bytes with its check sum and writes it, its delimiter included. Returns the bytes
  /// written.
  func seal(_ count: Int, into destination: UnsafeMutablePointer<UInt8>) -> Int {
    LittleEndian.write32(crc.checksum(bytes, count: count), to: bytes + count)
    return COBS.encode(bytes, count: count + BridgeFrame.checksumByteCount, into: destination)
  }
}
