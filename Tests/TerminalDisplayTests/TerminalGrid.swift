// A small terminal for tests: understands what frames may contain, cursor position, styles, clearing, and
// remembers everything else, and every character beyond an edge, as a fault.

/// What a terminal of a size shows after some frames.
struct TerminalGrid {
  let columns: Int
  let rows: Int
  private(set) var faults: [String] = []
  private var cells: [[Character]]
  private var styles: [[String]]
  private var row = 0
  private var column = 0
  private var style = "0"

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    cells = Array(repeating: Array(repeating: "?", count: columns), count: rows)
    styles = Array(repeating: Array(repeating: "0", count: columns), count: rows)
  }

  var lines: [String] { cells.map { String($0) } }
  var text: String { lines.joined(separator: "\n") }

  /// The style of the first cell of a text, nil where the text is not on the screen.
  func style(of text: String) -> String? {
    for (row, line) in lines.enumerated() {
      guard let range = line.firstRange(of: text) else { continue }
      return styles[row][line.distance(from: line.startIndex, to: range.lowerBound)]
    }
    return nil
  }

  mutating func write(_ frame: String) {
    var rest = frame[...]
    while let character = rest.popFirst() {
      if character == "\u{1B}" { takeEscape(&rest) } else { put(character) }
    }
    if style != "0" { faults.append("a frame ends in style \(style)") }
  }

  private mutating func put(_ character: Character) {
    guard row < rows, column < columns else {
      faults.append("'\(character)' beyond the edge at row \(row), column \(column)")
      return
    }
    let scalars = character.unicodeScalars
    if scalars.count > 1 || (scalars.first.map { !Self.isOneCellWide($0) } ?? true) {
      faults.append("'\(character)' is not one cell wide")
    }
    cells[row][column] = character
    styles[row][column] = style
    column += 1
  }

  /// The scripts that every terminal draws one cell wide.
  private static func isOneCellWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20..<0x7F, 0xA1..<0xAD, 0xAE..<0x300, 0x370..<0x483, 0x48A..<0x530: true
    case 0x2500..<0x25A0, 0x2800..<0x2900: true
    default: false
    }
  }

  private mutating func takeEscape(_ rest: inout Substring) {
    var body = ""
    guard rest.popFirst() == "[" else { return faults.append("an escape that is not CSI") }
    while let character = rest.popFirst() {
      body.append(character)
      if character.isLetter { break }
    }
    switch body.last {
    case "m": style = String(body.dropLast())
    case "J" where body == "2J":
      cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    case "H":
      let place = body.dropLast().split(separator: ";").compactMap { Int($0) }
      guard place.count == 2 else { return faults.append("cursor position \(body)") }
      (row, column) = (place[0] - 1, place[1] - 1)
    default: faults.append("escape sequence \(body)")
    }
  }
}
