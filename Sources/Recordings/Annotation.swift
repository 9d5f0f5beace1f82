// A mark on a recording: a beat, a change of rhythm, noise, a note; with the codes of WFDB's ecgcodes.h.

/// One annotation of a recording.
public struct Annotation: Hashable, Sendable {
  /// The sample it marks, counted from the record's start.
  public var sample: Int
  /// The WFDB code, 0 to 49: 1 normal beat, 5 premature ventricular beat, 28 rhythm change.
  public var code: UInt8
  /// A kind within the code; 0 where the code has none.
  public var subtype: Int8
  /// The signal it belongs to, 0 where it is of no certain one.
  public var channel: Int8
  /// A number that the annotator uses as it likes.
  public var number: Int8
  /// Text, such as "(AFIB" at a change of rhythm; empty where there is none.
  public var auxiliary: String

  /// The one-letter symbol that programs print for the code ("N", "V", "+", "~"), "[15]" for a code
  /// without a symbol.
  public var symbol: String { Self.symbol(ofCode: code) }

  /// Creates an annotation from a code.
  public init(
    sample: Int, code: UInt8, subtype: Int8 = 0, channel: Int8 = 0, number: Int8 = 0,
    auxiliary: String = ""
  ) {
    self.sample = sample
    self.code = code
    self.subtype = subtype
    self.channel = channel
    self.number = number
    self.auxiliary = auxiliary
  }

  /// Creates an annotation from a symbol; nil where WFDB has no such symbol.
  public init?(
    sample: Int, symbol: String, subtype: Int8 = 0, channel: Int8 = 0, number: Int8 = 0,
    auxiliary: String = ""
  ) {
    guard let code = Self.symbols.firstIndex(of: symbol), !symbol.isEmpty else { return nil }
    self.init(
      sample: sample, code: UInt8(code), subtype: subtype, channel: channel, number: number,
      auxiliary: auxiliary)
  }

  /// The largest code of an annotation; larger ones are the file format's own words.
  public static let codeMax: UInt8 = 49

  /// The symbol of a code.
  public static func symbol(ofCode code: UInt8) -> String {
    guard code < symbols.count, !symbols[Int(code)].isEmpty else { return "[\(code)]" }
    return symbols[Int(code)]
  }

  /// Whether it marks a QRS complex, of whatever origin (WFDB's `isqrs`).
  public var isBeat: Bool { Self.beatCodes.contains(code) }

  private static let beatCodes: Set<UInt8> = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25, 30, 34, 35, 38, 41,
  ]
  private static let symbols = [
    " ", "N", "L", "R", "a", "V", "F", "J", "A", "S", "E", "j", "/", "Q", "~", "", "|", "", "s",
    "T", "*", "D", "\"", "=", "p", "B", "^", "t", "+", "u", "?", "!", "[", "]", "e", "n", "@", "x",
    "f", "(", ")", "r",
  ]
}
