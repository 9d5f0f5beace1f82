// Curves as characters: Braille patterns of two by four dots a cell, or ASCII where the locale has no Unicode.

/// Draws the curves one below the other, each with its name and a bar of 1 mV at its left.
enum CurveDrawing {
  /// Bits of a Braille pattern (Unicode 2800), `[column][row]`.
  private static let brailleBits: [[UInt32]] = [
    [0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80],
  ]

  /// Draws the curves between rows and columns of the canvas; name and bar stand left of the columns.
  static func draw(
    _ traces: [SweepTrace], rows: Range<Int>, columns: Range<Int>, _ canvas: inout Canvas
  ) {
    guard !traces.isEmpty, !rows.isEmpty else { return }
    let height = max(1, rows.count / traces.count)
    for (index, trace) in traces.enumerated() {
      let band = (rows.lowerBound + index * height)..<(rows.lowerBound + (index + 1) * height)
      let style: CellStyle = index % 2 == 0 ? .trace : .otherTrace
      drawBar(band, column: columns.lowerBound - 1, &canvas)
      canvas.put(trace.name, band.lowerBound, 0, .strong, limit: columns.lowerBound - 1)
      for column in 0..<columns.count {
        if canvas.isUnicode {
          let spans = [
            trace.span(dot: column * 2, height: height * 4),
            trace.span(dot: column * 2 + 1, height: height * 4),
          ]
          drawBraille(spans, band, columns.lowerBound + column, style, &canvas)
        } else if let span = trace.span(dot: column, height: height) {
          for row in span {
            let mark: Character = span.count > 1 ? "|" : "-"
            canvas.put(mark, band.lowerBound + row, columns.lowerBound + column, style)
          }
        }
      }
    }
  }

  /// 1 mV about zero, in the height of this band.
  private static func drawBar(_ band: Range<Int>, column: Int, _ canvas: inout Canvas) {
    let height = canvas.isUnicode ? band.count * 4 : band.count
    let span = SweepTrace.row(500, height)...SweepTrace.row(-500, height)
    if canvas.isUnicode {
      drawBraille([nil, span], band, column, .dim, &canvas)
    } else {
      for row in span { canvas.put("|", band.lowerBound + row, column, .dim) }
    }
  }

  /// Two columns of dots in one column of cells.
  private static func drawBraille(
    _ spans: [ClosedRange<Int>?], _ band: Range<Int>, _ column: Int, _ style: CellStyle,
    _ canvas: inout Canvas
  ) {
    var cells = [UInt32](repeating: 0, count: band.count)
    for (half, span) in spans.enumerated() {
      for dot in span ?? 0...0 where span != nil { cells[dot / 4] |= brailleBits[half][dot % 4] }
    }
    for (row, cell) in cells.enumerated() where cell != 0 {
      guard let pattern = Unicode.Scalar(0x2800 + cell) else { continue }
      canvas.put(Character(pattern), band.lowerBound + row, column, style)
    }
  }
}
