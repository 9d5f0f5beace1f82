// The words of a MAX30003's and MAX30001's ECG FIFO (data sheet, "ECG FIFO", Table 48): 18 bits of sample, three of
// ETAG, three of PTAG.

/// One FIFO word, most significant byte first on the wire.
enum MAX30003Word {
  static let byteCount = 3
  /// Words that the FIFO holds.
  static let fifoCount = 32
  /// The words for no sample and for lost samples, as a stream of bytes has them: all 24 bits, so that they stand out.
  static let empty: UInt32 = 0x00_0030
  static let overflow: UInt32 = 0x00_0038

  /// Table 48.
  enum Tag {
    /// A measured sample.
    static let valid: UInt32 = 0
    /// A time step without a usable voltage: the amplifier recovers from an overload.
    static let fast: UInt32 = 1
    /// The same two, the last in the FIFO.
    static let lastValid: UInt32 = 2
    static let lastFast: UInt32 = 3
    /// There is no sample.
    static let empty: UInt32 = 6
    /// Samples were lost since the FIFO was read; it must be reset.
    static let overflow: UInt32 = 7
  }

  @inline(__always)
  static func read(_ bytes: UnsafePointer<UInt8>) -> UInt32 { BigEndian.word24(bytes) }

  @inline(__always)
  static func tag(_ word: UInt32) -> UInt32 { word &>> 3 & 7 }

  /// The sample, sign-extended.
  @inline(__always)
  static func code(_ word: UInt32) -> Int32 { Int32(bitPattern: word &<< 8) &>> 14 }
}
