// The text of HL7 version 2: segments end with a carriage return, fields are separated by |, components by ^,
// repetitions by ~, subcomponents by &; what looks like one of these within a text is escaped (HL7 2.6, 2.7).

/// One segment, written field by field.
struct HL7Segment {
  private var fields: [String]

  /// A segment by its name ("OBX").
  init(_ name: String) { fields = [name] }

  /// Its fields by their number in the standard; what is not set stays empty.
  subscript(number: Int) -> String {
    get { number < fields.count ? fields[number] : "" }
    set {
      while fields.count <= number { fields.append("") }
      fields[number] = newValue
    }
  }

  /// Without the empty end, and without the carriage return.
  var text: String {
    var rest = fields[...]
    while rest.last == "" { rest.removeLast() }
    return rest.joined(separator: "|")
  }
}

enum HL7Text {
  /// A text as the value of a component.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "|": result += "\\F\\"
      case "^": result += "\\S\\"
      case "~": result += "\\R\\"
      case "&": result += "\\T\\"
      case "\\": result += "\\E\\"
      // A line's end within a text would end the segment, other control characters the message.
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The longest beginning of a text that fits a component of 20 characters, as names of places are (type IS), escaped.
  static func place(_ text: String) -> String {
    var result = ""
    for character in text {
      let next = escaped(String(character))
      guard result.count + next.count <= 20 else { break }
      result += next
    }
    return result
  }

  /// Components of a field, escaped.
  static func components(_ texts: String...) -> String {
    texts.map(escaped).joined(separator: "^")
  }

  /// An ISO 8601 time in UTC ("2026-01-02T03:04:05.678Z") as HL7 writes it ("20260102030405.678+0000"); empty for
  /// what is none.
  static func time(_ iso: String?) -> String {
    guard let iso, iso.hasSuffix("Z") else { return "" }
    let parts = iso.dropLast().split(separator: ".", maxSplits: 1)
    guard let seconds = parts.first else { return "" }
    let digits = seconds.filter { $0.isASCII && $0.isNumber }
    guard seconds.count == 19, digits.count == 14 else { return "" }
    let fraction = parts.count == 2 ? String(parts[1].prefix(4)) : ""
    guard fraction.allSatisfy({ $0.isASCII && $0.isNumber }) else { return "" }
    return digits + (fraction.isEmpty ? "" : "." + fraction) + "+0000"
  }
}
