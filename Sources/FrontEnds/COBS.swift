// Consistent Overhead Byte Stuffing (Cheshire and Baker, IEEE/ACM Transactions on Networking 1999): a frame
// without zeros, so that a zero can end it.

/// Encoding and decoding between two buffers of the caller.
enum COBS {
  /// Bytes that an encoded frame of `count` bytes can have at most, without the delimiter.
  static func encodedByteCountMax(_ count: Int) -> Int { count + count / 254 + 1 }

  /// Decodes `count` bytes that hold no zero; returns the decoded length, or nil when a block's length
  /// points beyond the end. Source and destination may be the same.
  static func decode(
    _ source: UnsafePointer<UInt8>, count: Int, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int? {
    var read = 0
    var written = 0
    while read < count {
      let code = Int(source[read])
      if code == 0 || read &+ code > count { return nil }
      for offset in 1..<max(code, 1) {
        destination[written] = source[read &+ offset]
        written &+= 1
      }
      read &+= code
      if code < 255 && read < count {
        destination[written] = 0
        written &+= 1
      }
    }
    return written
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
