// A grid of styled characters: whatever is put beyond its edges is cut, so a line can never be too long.

/// How a cell looks. The names say what is meant; the escape codes are in one place.
enum CellStyle: UInt8 {
  case plain, dim, strong, trace, otherTrace, bar, simulated, inactive, high, medium, low

  /// Select Graphic Rendition parameters (ECMA-48).
  var code: String {
    switch self {
    case .plain: "0"
    case .dim: "0;2"
    case .strong: "0;1"
    case .trace: "0;32"
    case .otherTrace: "0;36"
    case .bar: "0;7"
    case .simulated: "0;1;97;45"
    // Blue: the colours of alarms are not for what is no alarm (IEC 60601-1-8).
    case .inactive: "0;1;97;44"
    case .high: "0;1;97;41"
    case .medium: "0;1;30;43"
    case .low: "0;30;46"
    }
  }
}

/// Characters and styles of a frame.
struct Canvas {
  let columns: Int
  let rows: Int
  /// Without it only ASCII is drawn.
  let isUnicode: Bool
  private var characters: [Character]
  private var styles: [CellStyle]

  init(columns: Int, rows: Int, isUnicode: Bool) {
    self.columns = columns
    self.rows = rows
    self.isUnicode = isUnicode
    characters = Array(repeating: " ", count: columns * rows)
    styles = Array(repeating: .plain, count: columns * rows)
  }

  mutating func put(_ character: Character, _ row: Int, _ column: Int, _ style: CellStyle) {
    guard (0..<rows).contains(row), (0..<columns).contains(column) else { return }
    characters[row * columns + column] = character
    styles[row * columns + column] = style
  }

  /// Writes a text from a column on, at most to `limit`.
  mutating func put(
    _ text: String, _ row: Int, _ column: Int, _ style: CellStyle = .plain, limit: Int = .max
  ) {
    var place = column
    for character in text where place < limit {
      put(printable(character), row, place, style)
      place += 1
    }
  }

  /// Writes a text that ends before a column.
  mutating func put(
    _ text: String, _ row: Int, endingAt column: Int, _ style: CellStyle = .plain
  ) {
    put(text, row, column - text.count, style)
  }

  mutating func fill(_ row: Int, _ columns: Range<Int>, _ style: CellStyle) {
    for column in columns { put(" ", row, column, style) }
  }

  /// Names come from devices and files: nothing of them may steer the terminal, and a character that is not
  /// one cell wide everywhere would push the rest of its line out of the window.
  private func printable(_ character: Character) -> Character {
    let scalars = character.unicodeScalars
    guard scalars.count == 1, let value = scalars.first?.value else { return "?" }
    let isSafe =
      switch value {
      case 0x20..<0x7F: true
      // Latin, Greek and Cyrillic, without controls, soft hyphen and combining marks.
      case 0xA1..<0xAD, 0xAE..<0x300, 0x370..<0x483, 0x48A..<0x530: isUnicode
      default: false
      }
    return isSafe ? character : "?"
  }

  /// The lines with their escape codes; each ends in the plain style.
  func lines(isColoured: Bool) -> [String] {
    (0..<rows).map { row in
      var line = ""
      var current = CellStyle.plain
      for column in 0..<columns {
        let style = styles[row * columns + column]
        if isColoured && style != current { line += "\u{1B}[\(style.code)m" }
        current = style
        line.append(characters[row * columns + column])
      }
      if isColoured && current != .plain { line += "\u{1B}[0m" }
      return line
    }
  }
}
