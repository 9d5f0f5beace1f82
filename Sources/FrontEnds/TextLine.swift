// One line of whole numbers, read in a single pass straight into a block.

import ECGSignal

/// What stands at the front of the bytes.
struct TextLine {
  enum Kind {
    /// The line feed has not come yet.
    case incomplete
    /// A number for each channel, written into the block.
    case samples
    /// "!": an electrode is off; `SampleBlock.missing` was written for each channel.
    case leadOff
    /// Nothing but white space.
    case blank
    /// Up to the line feed, but something else than numbers, or too few.
    case malformed
    /// No line feed within the longest line.
    case overlong
  }

  static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
  private static let minus = UInt8(ascii: "-")
  private static let plus = UInt8(ascii: "+")
  /// Digits that always fit 32 bits.
  private static let digitCountMax = 9

  let kind: Kind
  /// Bytes of the line with its line feed; 0 where it has none.
  let byteCount: Int

  /// Reads the line at the front of `bytes` and writes its first `channels` numbers to `position` of the channels.
  @inline(__always)
  static func read(
    _ bytes: UnsafePointer<UInt8>, count: Int, byteCountMax: Int, channels: Int,
    into block: SampleBlock, at position: Int
  ) -> TextLine {
    let limit = min(count, byteCountMax)
    var place = 0
    var columns = 0
    var isLeadOff = false
    // What stands between the last number and the next one.
    var isSeparated = true
    var hasComma = false
    while place < limit {
      let byte = bytes[place]
      if isDigit(byte) || byte == minus || byte == plus {
        guard isSeparated else { break }
        let digits = readNumber(
          bytes, &place, limit, into: columns < channels ? block.channel(columns) + position : nil)
        guard digits > 0, digits <= digitCountMax || columns >= channels else { break }
        columns &+= 1
        isSeparated = false
        hasComma = false
        continue
      }
      switch byte {
      case lineFeed:
        return end(
          place &+ 1, columns, isLeadOff: isLeadOff, channels: channels, block, position)
      case carriageReturn:
        if place &+ 1 < limit && bytes[place &+ 1] != lineFeed { isSeparated = false }
      case UInt8(ascii: " "), UInt8(ascii: "\t"): isSeparated = true
      case UInt8(ascii: ","), UInt8(ascii: ";"):
        if hasComma || columns == 0 { return rest(bytes, from: place, limit, byteCountMax) }
        hasComma = true
        isSeparated = true
      case UInt8(ascii: "!"):
        if isLeadOff || columns > 0 { return rest(bytes, from: place, limit, byteCountMax) }
        isLeadOff = true
      default: return rest(bytes, from: place, limit, byteCountMax)
      }
      place &+= 1
    }
    return rest(bytes, from: place, limit, byteCountMax)
  }

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

  /// Reads sign and digits; returns how many digits there were. The value is right for up to `digitCountMax`.
  @inline(__always)
  private static func readNumber(
    _ bytes: UnsafePointer<UInt8>, _ place: inout Int, _ limit: Int,
    into code: UnsafeMutablePointer<Int32>?
  ) -> Int {
    let isNegative = bytes[place] == minus
    if !isDigit(bytes[place]) { place &+= 1 }
    let first = place
    var value: Int32 = 0
    while place < limit && isDigit(bytes[place]) {
      value = value &* 10 &+ Int32(bytes[place] &- UInt8(ascii: "0"))
      place &+= 1
    }
    code?.pointee = isNegative ? 0 &- value : value
    return place &- first
  }

  /// The line feed has come, and nothing but numbers and separators before it.
  @inline(__always)
  private static func end(
    _ byteCount: Int, _ columns: Int, isLeadOff: Bool, channels: Int, _ block: SampleBlock,
    _ position: Int
  ) -> TextLine {
    if columns >= channels && !isLeadOff { return TextLine(kind: .samples, byteCount: byteCount) }
    if columns > 0 { return TextLine(kind: .malformed, byteCount: byteCount) }
    guard isLeadOff else { return TextLine(kind: .blank, byteCount: byteCount) }
    for channel in 0..<channels { block.channel(channel)[position] = SampleBlock.missing }
    return TextLine(kind: .leadOff, byteCount: byteCount)
  }

  /// The line is not one, or goes on beyond the bytes: looks for its end.
  private static func rest(
    _ bytes: UnsafePointer<UInt8>, from start: Int, _ limit: Int, _ byteCountMax: Int
  ) -> TextLine {
    var place = start
    while place < limit && bytes[place] != lineFeed { place &+= 1 }
    if place < limit { return TextLine(kind: .malformed, byteCount: place &+ 1) }
    return TextLine(kind: limit < byteCountMax ? .incomplete : .overlong, byteCount: 0)
  }
}
