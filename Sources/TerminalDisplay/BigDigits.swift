// Digits five rows high, to be read from the other side of a room.

/// Draws numbers in blocks.
enum BigDigits {
  private static let shapes: [Character: [String]] = [
    "0": ["###", "# #", "# #", "# #", "###"], "1": [" # ", "## ", " # ", " # ", "###"],
    "2": ["###", "  #", "###", "#  ", "###"], "3": ["###", "  #", "###", "  #", "###"],
    "4": ["# #", "# #", "###", "  #", "  #"], "5": ["###", "#  ", "###", "  #", "###"],
    "6": ["###", "#  ", "###", "# #", "###"], "7": ["###", "  #", "  #", "  #", "  #"],
    "8": ["###", "# #", "###", "# #", "###"], "9": ["###", "# #", "###", "  #", "###"],
    "-": ["   ", "   ", "###", "   ", "   "],
  ]
  /// Rows of a digit.
  static let rowCount = 5

  /// Draws a text of digits and dashes; each point is two cells wide.
  static func draw(
    _ text: String, on canvas: inout Canvas, row: Int, column: Int
  ) {
    let block: Character = canvas.isUnicode ? "█" : "#"
    var place = column
    for character in text {
      for (line, points) in (shapes[character] ?? []).enumerated() {
        for (index, point) in points.enumerated() where point == "#" {
          for half in 0..<2 {
            canvas.put(block, row + line, place + index * 2 + half, .strong)
          }
        }
      }
      place += 8
    }
  }
}
