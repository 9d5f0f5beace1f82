// Writes JSON. The canonical form is one text for one value, so that a seal over it holds whoever wrote the file:
// no white space, keys in the order of their UTF-8 bytes, the shortest digits that give the number again.

extension JSONValue {
  /// The canonical text, in the manner of RFC 8785. Numbers that are whole are written without a point.
  public var canonicalText: String { text(indentation: nil, depth: 0) }

  /// The same value over several lines, for people who look.
  public var prettyText: String { text(indentation: "  ", depth: 0) }

  private func text(indentation: String?, depth: Int) -> String {
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .number(let value): return Self.digits(value)
    case .string(let text): return Self.quoted(text)
    case .array(let values):
      let items = values.map { $0.text(indentation: indentation, depth: depth + 1) }
      return Self.bracketed(items, "[", "]", indentation, depth)
    case .object(let members):
      let keys = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      let colon = indentation == nil ? ":" : ": "
      let items = keys.map { key in
        let value = members[key] ?? .null
        return Self.quoted(key) + colon + value.text(indentation: indentation, depth: depth + 1)
      }
      return Self.bracketed(items, "{", "}", indentation, depth)
    }
  }

  private static func bracketed(
    _ items: [String], _ open: String, _ close: String, _ indentation: String?, _ depth: Int
  ) -> String {
    guard let indentation, !items.isEmpty else {
      return open + items.joined(separator: ",") + close
    }
    let outer = String(repeating: indentation, count: depth)
    let inner = outer + indentation
    return open + "\n" + items.map { inner + $0 }.joined(separator: ",\n") + "\n" + outer + close
  }

  private static func digits(_ value: Double) -> String {
    // Below 2^53 every whole number has digits of its own.
    if value == value.rounded(), abs(value) < 9_007_199_254_740_992 { return "\(Int64(value))" }
    return "\(value)"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
