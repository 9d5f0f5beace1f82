// Consistent Overhead Byte Stuffing (Cheshire and Baker, IEEE/ACM Transactions on Networking 1999): a frame
// without zeros, so that a zero can end it.

/// Encoding and decoding between two buffers of the caller.
enum COBS {
  /// Bytes that an encoded frame of `count` bytes can have at most, without the delimiter.
  static func encodedByteCountMax(_ count: Int) -> Int { count + count / 254 + 1 }

  /// Decodes `count` bytes that hold no zero; returns the decoded length, or nil when a block's length
  /// points beyond the end. Source and destination may be the same.
  ///
  /// Every byte but the first is a byte of the result in its place, or a block's length where the result has a zero: so
  /// all are copied at once, and the lengths are then followed from one to the next.
  static func decode(
    _ source: UnsafePointer<UInt8>, count: Int, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int? {
    guard count > 0 else { return 0 }
    var code = Int(source[0])
    var length = count &- 1
    destination.update(from: source + 1, count: length)
    var position = code &- 1
    guard code > 0 else { return nil }
    while position < length {
      let next = Int(destination[position])
      guard next > 0 else { return nil }
      if code < 255 {
        destination[position] = 0
        position &+= next
      } else {
        // A block of 254 bytes ends without a zero: its successor's length is no byte of the result.
        length &-= 1
        (destination + position).update(
          from: destination + position + 1, count: length &- position)
        position &+= next &- 1
      }
      code = next
    }
    return position == length ? length : nil
  }

  /// Encodes `count` bytes and the delimiter; returns the length written.
  static func encode(
    _ source: UnsafePointer<UInt8>, count: Int, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var written = 1
    var codePosition = 0
    var code: UInt8 = 1
    for index in 0..<count {
      let byte = source[index]
      if byte != 0 {
        destination[written] = byte
        written &+= 1
        code &+= 1
      }
      if byte == 0 || (code == 255 && index &+ 1 < count) {
        destination[codePosition] = code
        codePosition = written
        written &+= 1
        code = 1
      }
    }
    destination[codePosition] = code
    destination[written] = 0
    return written &+ 1
  }
}
