// The live screen as text: curves, heart rate, findings, alarm banner, status. Gives only the lines that changed, so
// that it works over SSH and on a serial console. Pure: it writes nowhere.

import Alarms
import ECGSignal

/// Draws frames.
public final class TerminalScreen {
  /// Columns of the panel beside the curves; below 64 columns there is none.
  private static let panelWidth = 28
  private static let panelColumnsMin = 64

  private var columns: Int
  private var rows: Int
  private let traceNames: [String]
  private let sampleRate: Double
  private let isColoured: Bool
  private let isUnicode: Bool
  private var traces: [SweepTrace] = []
  private var previous: [String] = []

  /// - Parameters:
  ///   - traceNames: names of the curves, the most telling first; as many are shown as the height allows.
  ///   - sampleRate: points a second of each curve.
  public init(
    columns: Int, rows: Int, traceNames: [String], sampleRate: Double, isColoured: Bool = true,
    isUnicode: Bool = true
  ) {
    self.columns = max(columns, 1)
    self.rows = max(rows, 1)
    self.traceNames = traceNames
    self.sampleRate = sampleRate
    self.isColoured = isColoured
    self.isUnicode = isUnicode
    layOut()
  }

  /// Curves that are shown.
  public var traceCount: Int { traces.count }

  /// The window has another size: everything is drawn anew.
  public func resize(columns: Int, rows: Int) {
    guard columns != self.columns || rows != self.rows else { return }
    self.columns = max(columns, 1)
    self.rows = max(rows, 1)
    layOut()
  }

  private var hasPanel: Bool { columns >= Self.panelColumnsMin }
  private var curveWidth: Int { hasPanel ? columns - Self.panelWidth - 1 : columns }
  /// Header and banner above, status below.
  private var curveRows: Range<Int> { 2..<max(2, rows - 2) }

  private func layOut() {
    let wanted = max(1, min(traceNames.count, curveRows.count / 5))
    let shown = curveRows.count >= 8 ? max(wanted, min(2, traceNames.count)) : wanted
    let labelled = max(1, curveWidth)
    traces = traceNames.prefix(shown).map {
      SweepTrace(name: $0, dots: labelled * (isUnicode ? 2 : 1), sampleRate: sampleRate)
    }
    previous = []
  }

  /// Takes the next point of a curve in microvolts; NaN is a gap.
  public func push(trace: Int, microvolts: Float) {
    if traces.indices.contains(trace) { traces[trace].push(microvolts) }
  }

  /// The escape codes and text that bring the terminal to this state.
  public func frame(_ state: DisplayState) -> String {
    var canvas = Canvas(columns: columns, rows: rows)
    drawHeader(state, &canvas)
    drawBanner(state, &canvas)
    drawCurves(&canvas)
    if hasPanel { drawPanel(state, &canvas) }
    drawStatus(state, &canvas)
    let lines = canvas.lines(isColoured: isColoured)
    var output = ""
    for (row, line) in lines.enumerated() where row >= previous.count || previous[row] != line {
      output += "\u{1B}[\(row + 1);1H" + line
    }
    previous = lines
    return output
  }

  private func drawHeader(_ state: DisplayState, _ canvas: inout Canvas) {
    canvas.fill(0, 0..<columns, .bar)
    var place = 0
    if let mark = Self.mark(state.provenance) {
      canvas.put(" \(mark) ", 0, 0, .simulated)
      place = mark.count + 2
    }
    let rate = state.heartRateBPM.map { String(Int($0.rounded())) } ?? "--"
    let left = hasPanel ? " \(state.sourceName)" : " \(rate) bpm  \(state.sourceName)"
    let clock = "\(Self.duration(state.elapsedSeconds))  \(state.wallClock) "
    canvas.put(left, 0, place, .bar, limit: max(place, columns - clock.count - 1))
    if columns > place + clock.count { canvas.put(clock, 0, endingAt: columns, .bar) }
  }

  private static func mark(_ provenance: Provenance) -> String? {
    switch provenance {
    case .live: nil
    case .simulated: "SIMULATED"
    case .replay: "REPLAY"
    }
  }

  /// The gravest alarm by colour, sign, word and age; the others counted. The text never flashes.
  private func drawBanner(_ state: DisplayState, _ canvas: inout Canvas) {
    guard let first = state.alarms.first else {
      canvas.put(state.problem.isEmpty ? "no alarm" : state.problem, 1, 1, .dim)
      return
    }
    let style: CellStyle
    let sign: String
    switch first.priority {
    case .high: (style, sign) = (.high, "!!!")
    case .medium: (style, sign) = (.medium, "!!")
    case .low: (style, sign) = (.low, "!")
    }
    canvas.fill(1, 0..<columns, style)
    let since = Self.duration(max(0, state.elapsedSeconds - first.sinceSeconds))
    canvas.put(" \(sign) \(first.message)", 1, 0, style)
    let others = state.alarms.dropFirst().map(\.message).joined(separator: ", ")
    let more = others.isEmpty ? "" : "also: \(others)  "
    let right = "\(more)since \(since) "
    let used = sign.count + first.message.count + 4
    if used + right.count < columns {
      canvas.put(right, 1, endingAt: columns, style)
    } else if !others.isEmpty {
      canvas.put("+\(state.alarms.count - 1) ", 1, endingAt: columns, style)
    }
  }

  private func drawCurves(_ canvas: inout Canvas) {
    guard !traces.isEmpty, curveRows.count > 0 else { return }
    let height = max(1, curveRows.count / traces.count)
    for (index, trace) in traces.enumerated() {
      let top = curveRows.lowerBound + index * height
      let style: CellStyle = index % 2 == 0 ? .trace : .otherTrace
      if isUnicode {
        drawBraille(trace, top: top, height: height, style, &canvas)
      } else {
        drawPlain(trace, top: top, height: height, style, &canvas)
      }
      canvas.put(trace.name, top, 0, .strong)
    }
    canvas.put(
      "+-1.5 mV, 25 points/s", curveRows.upperBound - 1, endingAt: curveWidth, .dim)
  }

  /// Braille patterns: two by four dots a cell (Unicode 2800).
  private func drawBraille(
    _ trace: SweepTrace, top: Int, height: Int, _ style: CellStyle, _ canvas: inout Canvas
  ) {
    let bits: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
    for column in 0..<(trace.dots / 2) {
      var cells = [UInt32](repeating: 0, count: height)
      for half in 0..<2 {
        guard let span = trace.span(dot: column * 2 + half, height: height * 4) else { continue }
        for dot in span { cells[dot / 4] |= bits[half][dot % 4] }
      }
      for (row, cell) in cells.enumerated() where cell != 0 {
        guard let scalar = Unicode.Scalar(0x2800 + cell) else { continue }
        canvas.put(Character(scalar), top + row, column, style)
      }
    }
  }

  private func drawPlain(
    _ trace: SweepTrace, top: Int, height: Int, _ style: CellStyle, _ canvas: inout Canvas
  ) {
    for column in 0..<trace.dots {
      guard let span = trace.span(dot: column, height: height) else { continue }
      for row in span { canvas.put(span.count > 1 ? "|" : "-", top + row, column, style) }
    }
  }

  private func drawPanel(_ state: DisplayState, _ canvas: inout Canvas) {
    let left = columns - Self.panelWidth
    var row = 2
    let rate = state.heartRateBPM.map { String(Int($0.rounded())) } ?? "--"
    canvas.put("HR bpm", row, left, .dim)
    row += 1
    if rows >= 18 {
      BigDigits.draw(rate, on: &canvas, row: row, column: left, isUnicode: isUnicode)
      row += BigDigits.rowCount + 1
    } else {
      canvas.put(rate, row, left, .strong)
      row += 1
    }
    canvas.put("quality \(state.quality)", row, left)
    canvas.put("complete \(Self.percent(state.completeness))", row + 1, left)
    row += 2
    if !state.electrodesOff.isEmpty {
      canvas.put("OFF: \(state.electrodesOff.joined(separator: " "))", row, left, .medium)
      row += 1
    }
    row += 1
    drawFindings(state, &canvas, from: row, left: left)
  }

  private func drawFindings(
    _ state: DisplayState, _ canvas: inout Canvas, from first: Int, left: Int
  ) {
    var row = first
    canvas.put("FINDINGS (unconfirmed)", row, left, .dim)
    row += 1
    guard let findings = state.findings else {
      canvas.put("settling: 10 s of signal", row, left, .dim)
      return
    }
    if findings.isEmpty { canvas.put("none above threshold", row, left) }
    let last = rows - 3 - (state.notAssessedCount > 0 ? 1 : 0)
    for finding in findings where row <= last {
      let percent = "\(Int((finding.probability * 100).rounded()))%"
      canvas.put(percent, row, endingAt: left + 4, .strong)
      canvas.put(finding.name, row, left + 5)
      row += 1
    }
    if findings.isEmpty { row += 1 }
    if state.notAssessedCount > 0 {
      canvas.put("\(state.notAssessedCount) not assessed (leads)", row, left, .dim)
    }
  }

  private func drawStatus(_ state: DisplayState, _ canvas: inout Canvas) {
    guard rows >= 4 else { return }
    let missing = state.leads.missing.names
    var first = "\(Self.number(state.sampleRate)) Hz  \(state.filterText)"
    first += "  lost \(state.samplesLost)  corrupt \(state.framesCorrupt)"
    first += "  resync \(state.resynchronisations)"
    if state.reconnects > 0 { first += "  reconnects \(state.reconnects)" }
    var second = missing.isEmpty ? "12 leads" : "missing \(missing.joined(separator: " "))"
    second += "  model \(state.modelName)"
    if !state.alertText.isEmpty { second += "  alerts \(state.alertText)" }
    canvas.put(first, rows - 2, 0, .dim)
    canvas.put(second, rows - 1, 0, missing.isEmpty ? .dim : .plain)
    canvas.put(" no medical device  q quits", rows - 1, endingAt: columns, .dim)
  }

  private static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(two(whole / 3600)):\(two(whole / 60 % 60)):\(two(whole % 60))"
  }

  /// Two decimals, and never rounded up to 100 %.
  private static func percent(_ share: Double) -> String {
    let hundredths = share >= 1 ? 10_000 : min(9_999, Int(share * 10_000))
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) %"
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : String((value * 1000).rounded() / 1000)
  }
}
