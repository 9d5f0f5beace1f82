// The frame of Analog Devices' ADAS1000 at 2 and 16 kHz: eleven 32-bit words, each but the header with its register's
// address in front (data sheet, Tables 20, 24, 41, 45 and 52).

/// Numbers of the layout.
enum ADAS1000Frame {
  static let wordByteCount = 4
  static let byteCount = 44
  static let channelCount = 5
  /// Addresses of the words behind the header: leads or electrodes LA, LL, RA, V1, V2; pace, respiration, lead-off,
  /// GPIO and CRC.
  static let addresses: [UInt8] = [
    0x11, 0x12, 0x13, 0x14, 0x15, 0x1A, 0x1B, 0x1D, 0x06, 0x41,
  ]
  static let leadOffWord = 8

  /// Whether a header word lies here: marked, its reserved bits zero.
  @inline(__always)
  static func isHeader(_ bytes: UnsafePointer<UInt8>) -> Bool {
    bytes[0] & 0x80 != 0 && bytes[1] & 0x0F == 0 && bytes[2] == 0 && bytes[3] == 0
  }

  /// Whether the words behind a header are a frame's.
  @inline(__always)
  static func hasAddresses(_ bytes: UnsafePointer<UInt8>) -> Bool {
    bytes[4] == 0x11 && bytes[8] == 0x12 && bytes[12] == 0x13 && bytes[16] == 0x14
      && bytes[20] == 0x15 && bytes[24] == 0x1A && bytes[28] == 0x1B && bytes[32] == 0x1D
      && bytes[36] == 0x06 && bytes[40] == 0x41
  }

  /// Bit `n`: an electrode of channel `n` is off, by the lead-off word (Table 45: bits 22...18 are LA, LL, RA, V1, V2).
  /// The channels are leads: I of LA and RA, II of LL and RA, III of LL and LA, V1' and V2' of their own electrode and
  /// the three of the limbs, whose mean they are measured against.
  static func leadOff(_ bytes: UnsafePointer<UInt8>) -> UInt32 {
    let word = UInt32(bytes[4 * leadOffWord + 1])
    let la = word &>> 6 & 1
    let ll = word &>> 5 & 1
    let ra = word &>> 4 & 1
    let limbs = la | ll | ra
    return (la | ra) | (ll | ra) &<< 1 | (ll | la) &<< 2 | (word &>> 3 & 1 | limbs) &<< 3
      | (word &>> 2 & 1 | limbs) &<< 4
  }
}

/// What a frame's first word says (Table 52).
public struct ADAS1000Header: Hashable, Sendable, BitwiseCopyable {
  /// The word as it was sent.
  public let word: UInt32

  /// Wraps a word.
  public init(word: UInt32) { self.word = word }

  init(_ bytes: UnsafePointer<UInt8>) {
    word = BigEndian.word32(bytes)
  }

  /// The frame's data are not new: the chip was read before it had measured.
  public var isBusy: Bool { word & 1 << 30 != 0 }
  /// Frames that were measured and not read in time, 3 stands for three or more.
  public var framesMissed: Int { Int(word &>> 28 & 3) }
  /// The chip found a fault in itself.
  public var hasFault: Bool { word & 1 << 27 != 0 }
  /// A pacemaker's pulse was found on one of the three pace channels; bit 0 is channel 1.
  public var pace: Int { Int(word &>> 24 & 7) }
  /// An electrode is off.
  public var hasLeadOff: Bool { word & 3 << 21 != 0 }
  /// A converter left its range.
  public var isOutOfRange: Bool { word & 1 << 20 != 0 }
}
