// A small strict JSON reader for files that are checked before they are trusted: models, calibrations. Foundation's
// readers accept an object that names a key twice and keep one of the two; such a file must not be read in two
// ways. Nesting and numbers are bounded, and no input can make it trap.

/// A JSON text as a value. Keys of an object are unique.
public enum JSONValue: Hashable, Sendable {
  /// `null`
  case null
  /// `true` or `false`
  case bool(Bool)
  /// A finite number.
  case number(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// Members by key.
  case object([String: JSONValue])

  /// Reads one value that fills the whole text (RFC 8259, white space around it allowed).
  public init(parsing bytes: some Collection<UInt8>) throws(JSONError) {
    var parser = JSONParser(bytes: Array(bytes))
    self = try parser.document()
  }
}

/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// In words.
  public let reason: String
  /// The byte at which it shows.
  public let offset: Int
  /// Reason and place.
  public var description: String { "\(reason) at byte \(offset)" }
}

private struct JSONParser {
  private static let depthMax = 32
  let bytes: [UInt8]
  var position = 0
  var depth = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func failure(_ reason: String) -> JSONError {
    JSONError(reason: reason, offset: position)
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func document() throws(JSONError) -> JSONValue {
    let result = try value()
    skipSpace()
    guard position == bytes.count else { throw failure("text after the end of the value") }
    return result
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try nested { (parser) throws(JSONError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { (parser) throws(JSONError) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func nested(
    _ read: (inout JSONParser) throws(JSONError) -> JSONValue
  ) throws(JSONError) -> JSONValue {
    guard depth < Self.depthMax else { throw failure("too deep nesting") }
    depth += 1
    position += 1
    let result = try read(&self)
    depth -= 1
    return result
  }

  private mutating func word(
    _ text: StaticString, _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    let expected = text.withUTF8Buffer { Array($0) }
    guard bytes[position...].starts(with: expected) else { throw failure("unknown word") }
    position += expected.count
    return value
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    var values: [JSONValue] = []
    skipSpace()
    if take("]") { return .array(values) }
    while true {
      values.append(try value())
      skipSpace()
      if take("]") { return .array(values) }
      guard take(",") else { throw failure("missing ',' or ']'") }
    }
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      let key = try string()
      skipSpace()
      guard take(":") else { throw failure("missing ':'") }
      guard members.updateValue(try value(), forKey: key) == nil else {
        throw failure("key '\(key)' stands twice")
      }
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw failure("missing ',' or '}'") }
    }
  }

  private mutating func number() throws(JSONError) -> Double {
    let start = position
    _ = take("-")
    let hasLeadingZero = next == UInt8(ascii: "0")
    let integerDigits = digits()
    var isNumber = integerDigits == 1 || integerDigits > 1 && !hasLeadingZero
    if take(".") { isNumber = digits() > 0 && isNumber }
    if take("e") || take("E") {
      if !take("-") { _ = take("+") }
      isNumber = digits() > 0 && isNumber
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard isNumber, let value = Double(text), value.isFinite else {
      position = start
      throw failure("expected a value")
    }
    return value
  }

  /// Skips digits and returns how many.
  private mutating func digits() -> Int {
    let start = position
    while let byte = next, isDigit(byte) { position += 1 }
    return position - start
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  private mutating func string() throws(JSONError) -> String {
    guard take("\"") else { throw failure("expected a string") }
    var text: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let result = String(validating: text, as: UTF8.self) else {
          throw failure("string is not UTF-8")
        }
        return result
      case UInt8(ascii: "\\"): text.append(contentsOf: try escaped().utf8)
      case 0..<0x20: throw failure("control character in a string")
      default: text.append(byte)
      }
    }
    throw failure("string without an end")
  }

  private mutating func escaped() throws(JSONError) -> String {
    guard let byte = next else { throw failure("string without an end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return String(UnicodeScalar(byte))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try escapedUnicode()
    default: throw failure("unknown escape")
    }
  }

  private mutating func escapedUnicode() throws(JSONError) -> String {
    var units = [try codeUnit()]
    if UTF16.isLeadSurrogate(units[0]) {
      guard take("\\"), take("u") else { throw failure("half a surrogate pair") }
      units.append(try codeUnit())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw failure("half a surrogate pair")
    }
    return text
  }

  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    let end = position + 4
    guard end <= bytes.count, bytes[position..<end].allSatisfy({ $0 != UInt8(ascii: "+") }),
      let unit = UInt16(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16)
    else { throw failure("\\u needs four hexadecimal digits") }
    position = end
    return unit
  }
}
