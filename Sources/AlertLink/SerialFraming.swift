// Datagrams on a serial line: each with a CRC-16 behind it, in consistent overhead byte stuffing (Cheshire and Baker
// 1999), between two zeros. A zero is nowhere else, so a reader finds the next frame after any damage.

/// Puts a datagram into the bytes of a line.
public enum SerialFraming {
  /// The longest datagram that a line carries: the longest of the link.
  public static let datagramByteCountMax = LinkCipher.datagramByteCountMax

  /// Zero, the stuffed datagram and CRC (most significant byte first), zero.
  public static func frame(_ datagram: [UInt8]) -> [UInt8] {
    precondition(datagram.count <= datagramByteCountMax)
    let crc = checksum(datagram)
    let content = datagram + [UInt8(crc >> 8), UInt8(truncatingIfNeeded: crc)]
    var frame: [UInt8] = [0, 0]
    frame.reserveCapacity(content.count + content.count / 254 + 4)
    /// Where the count of the block that is being written stands.
    var countPosition = 1
    for byte in content {
      if byte != 0 { frame.append(byte) }
      let count = frame.count - countPosition
      if byte == 0 || count == 255 {
        frame[countPosition] = UInt8(count)
        countPosition = frame.count
        frame.append(0)
      }
    }
    frame[countPosition] = UInt8(frame.count - countPosition)
    frame.append(0)
    return frame
  }

  /// CRC-16/IBM-3740 (polynomial 1021, preset FFFF, check of "123456789" 29B1): `binascii.crc_hqx(bytes, 0xFFFF)`.
  public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
    var register: UInt16 = 0xFFFF
    for byte in bytes {
      register ^= UInt16(byte) << 8
      for _ in 0..<8 {
        register = register & 0x8000 == 0 ? register << 1 : register << 1 ^ 0x1021
      }
    }
    return register
  }
}

/// Finds datagrams in the bytes of a line. Bounded memory, whatever comes.
public struct SerialFrameReader {
  /// Stuffed bytes of the longest frame: datagram and CRC, a count every 254 and one at the start.
  private static let byteCountMax =
    SerialFraming.datagramByteCountMax + 2 + (SerialFraming.datagramByteCountMax + 2) / 254 + 1
  private var stuffed: [UInt8] = []
  private var isOverlong = false
  /// Frames that were damaged, too long or cut.
  public private(set) var framesCorrupt = 0

  /// A reader that waits for the first zero.
  public init() { stuffed.reserveCapacity(Self.byteCountMax) }

  /// Takes bytes as they come and returns the datagrams that they complete.
  public mutating func take(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
    var datagrams: [[UInt8]] = []
    for byte in bytes {
      if byte != 0 {
        isOverlong = isOverlong || stuffed.count == Self.byteCountMax
        if !isOverlong { stuffed.append(byte) }
        continue
      }
      if let datagram = finish() { datagrams.append(datagram) }
    }
    return datagrams
  }

  /// What stood between two zeros, if it is whole; nothing between them is no frame.
  private mutating func finish() -> [UInt8]? {
    defer {
      stuffed.removeAll(keepingCapacity: true)
      isOverlong = false
    }
    if stuffed.isEmpty { return nil }
    guard !isOverlong, let content = Self.unstuffed(stuffed), content.count >= 2,
      SerialFraming.checksum(content.dropLast(2))
        == UInt16(content[content.count - 2]) << 8 | UInt16(content[content.count - 1])
    else {
      framesCorrupt += 1
      return nil
    }
    return Array(content.dropLast(2))
  }

  /// The content of a stuffed frame without its zeros; nil where a count leads beyond its end.
  private static func unstuffed(_ stuffed: [UInt8]) -> [UInt8]? {
    var content: [UInt8] = []
    content.reserveCapacity(stuffed.count)
    var position = 0
    while position < stuffed.count {
      let next = position + Int(stuffed[position])
      guard next <= stuffed.count else { return nil }
      content += stuffed[position + 1..<next]
      if next < stuffed.count && stuffed[position] != 255 { content.append(0) }
      position = next
    }
    return content
  }
}
