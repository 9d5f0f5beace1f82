// The live screen as text: curves, heart rate, findings, alarm banner, status. Gives only the lines that changed, so
// that it works over SSH and on a serial console. Pure: it writes nowhere.

import Alarms
import ECGSignal

/// Draws frames.
public final class TerminalScreen {
  /// Columns of the panel beside the curves; below 64 columns there is none.
  static let panelWidth = 28
  private static let panelColumnsMin = 64
  /// Rows of a curve: below that waves cannot be told apart, so fewer curves are shown.
  private static let curveRowsMin = 6
  /// Columns left of the curves, for the lead's name and the bar of 1 mV.
  static let gutter = 5
  /// The column of dots in which that bar stands.
  static let barDot = 9

  private(set) var columns: Int
  private(set) var rows: Int
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

  var hasPanel: Bool { columns >= Self.panelColumnsMin }
  private var curveEnd: Int { hasPanel ? columns - Self.panelWidth - 1 : columns }
  private var curveWidth: Int { max(1, curveEnd - Self.gutter) }
  /// Header and banner above, status and keys below.
  private var curveRows: Range<Int> { 2..<max(2, rows - statusRows) }
  /// Rows of status; where there is room, one tells the keys.
  private var statusRows: Int { rows >= Self.keysRowsMin ? 3 : 2 }
  private static let keysRowsMin = 16
  private static let keys =
    "p pause sound  a acknowledge  Tab select  o off  O all on  s standby  q quit"

  private func layOut() {
    let wanted = max(1, min(traceNames.count, curveRows.count / Self.curveRowsMin))
    let shown = curveRows.count >= 8 ? max(wanted, min(2, traceNames.count)) : wanted
    traces = traceNames.prefix(shown).map {
      SweepTrace(name: $0, dots: curveWidth * (isUnicode ? 2 : 1), sampleRate: sampleRate)
    }
    redraw()
  }

  /// The next frame clears the window and draws everything, as after another program wrote to the terminal.
  public func redraw() { previous = [] }

  /// Takes the next point of a curve in microvolts; NaN is a gap.
  public func push(trace: Int, microvolts: Float) {
    if traces.indices.contains(trace) { traces[trace].push(microvolts) }
  }

  /// The escape codes and text that bring the terminal to this state.
  public func frame(_ state: DisplayState) -> String {
    var canvas = Canvas(columns: columns, rows: rows, isUnicode: isUnicode)
    drawHeader(state, &canvas)
    drawBanner(state, &canvas)
    CurveDrawing.draw(
      traces, rows: curveRows, columns: Self.gutter..<(Self.gutter + curveWidth), &canvas)
    drawScale(&canvas)
    if hasPanel { drawPanel(state, &canvas) }
    drawStatus(state, &canvas)
    let lines = canvas.lines(isColoured: isColoured)
    var output = previous.isEmpty ? "\u{1B}[2J" : ""
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
    let silence = silence(state, within: columns - place)
    if let silence {
      canvas.put(silence, 0, place, .inactive)
      place += silence.count
    }
    let rate = Readout.whole(state.heartRateBPM)
    let left = hasPanel ? " \(state.sourceName)" : " \(rate) bpm  \(state.sourceName)"
    // In a narrow window the heart rate stands here: it goes before the clock.
    let isCrowded = !hasPanel && silence != nil
    let time = "\(Readout.duration(state.elapsedSeconds))  \(state.wallClock) "
    let clock = isCrowded ? "" : time
    canvas.put(left, 0, place, .bar, limit: max(place, columns - clock.count - 1))
    if columns > place + clock.count { canvas.put(clock, 0, endingAt: columns, .bar) }
  }

  private static func mark(_ provenance: Provenance) -> String? {
    switch provenance {
    case .live: nil
    case .simulated: "SIMULATED"
    case .replay: "REPLAY"
    case .testSignal: "TEST SIGNAL"
    }
  }

  /// What a height and a width mean: both are fixed, nothing scales itself.
  private func drawScale(_ canvas: inout Canvas) {
    let seconds = Double(traces.first?.dots ?? 0) / SweepTrace.dotsPerSecond
    canvas.put(
      "bar 1 mV, \(Readout.number(seconds, decimals: 10)) s across", curveRows.upperBound - 1,
      endingAt: curveEnd, .dim)
  }

  private func drawPanel(_ state: DisplayState, _ canvas: inout Canvas) {
    let left = columns - Self.panelWidth
    var row = 2
    let rate = Readout.whole(state.heartRateBPM)
    canvas.put("HR bpm", row, left, .dim)
    row += 1
    if rows >= 18 {
      BigDigits.draw(rate, on: &canvas, row: row, column: left)
      row += BigDigits.rowCount + 1
    } else {
      canvas.put(rate, row, left, .strong)
      row += 1
    }
    canvas.put("quality \(state.quality)", row, left)
    canvas.put("complete \(Readout.percent(state.completeness))", row + 1, left)
    row += 2
    if let rhythm = state.rhythms.last {
      let others = state.rhythms.count > 1 ? " +\(state.rhythms.count - 1)" : ""
      canvas.put(rhythm + others, row, left, .strong)
      row += 1
    }
    if !state.electrodesOff.isEmpty {
      canvas.put(Self.electrodes(state.electrodesOff), row, left, .medium)
      row += 1
    }
    if let swap = state.suspectedSwap {
      canvas.put(" EXCHANGED? \(swap) ", row, left, .medium)
      row += 1
    }
    if !state.rowTroubles.isEmpty {
      canvas.put(Self.troubles(state.rowTroubles), row, left, .dim)
      row += 1
    }
    row = drawAlarms(state, &canvas, from: row + 1, left: left, before: rows - statusRows)
    drawFindings(state, &canvas, from: row, left: left)
  }

  /// The electrodes that are off by name, or their number where the names do not fit the panel.
  private static func electrodes(_ off: [String]) -> String {
    let named = " OFF: \(off.joined(separator: " ")) "
    return named.count <= panelWidth ? named : " OFF: \(off.count) electrodes "
  }

  /// The rows that are not good by name, or their number where the names do not fit the panel.
  private static func troubles(_ rows: [String]) -> String {
    let named = rows.joined(separator: ", ")
    return named.count <= panelWidth ? named : "\(rows.count) rows not good"
  }

  private func drawFindings(
    _ state: DisplayState, _ canvas: inout Canvas, from first: Int, left: Int
  ) {
    var row = first
    let end = rows - statusRows
    guard row < end else { return }
    canvas.put("FINDINGS (unconfirmed)", row, left, .dim)
    row += 1
    guard row < end else { return }
    if state.modelName.isEmpty {
      canvas.put("not available: no model", row, left, .strong)
      return
    }
    guard let findings = state.findings else {
      canvas.put("settling: 10 s of signal", row, left, .dim)
      return
    }
    if findings.isEmpty { canvas.put("none above threshold", row, left) }
    let last = end - 1 - (state.notAssessedCount > 0 ? 1 : 0)
    for finding in findings where row <= last {
      let percent = Readout.whole(finding.probability * 100)
      let text = percent == Readout.unknown ? "\(percent) " : "\(percent)%"
      canvas.put(text, row, endingAt: left + 4, .strong)
      let fits = finding.name.count <= Self.panelWidth - 5
      canvas.put(fits ? finding.name : finding.code, row, left + 5)
      row += 1
    }
    if findings.isEmpty { row += 1 }
    if state.notAssessedCount > 0 && row < end {
      canvas.put("\(state.notAssessedCount) not assessed (leads)", row, left, .dim)
    }
  }

  /// What a 12-lead reading would need and is not there; few leads are told as what they are.
  private static func leads(_ leads: LeadSet) -> String {
    if leads.missing.count > 6 {
      return "monitoring leads only: \(leads.names.joined(separator: " "))"
    }
    let missing = leads.missing.names.joined(separator: " ")
    return missing.isEmpty ? "12 leads" : "missing \(missing)"
  }

  private func drawStatus(_ state: DisplayState, _ canvas: inout Canvas) {
    guard rows >= 4 else { return }
    var first = "\(Readout.number(state.sampleRate)) Hz  \(state.filterText)"
    first += "  lost \(state.samplesLost)  corrupt \(state.framesCorrupt)"
    first += "  resync \(state.resynchronisations)"
    if state.reconnects > 0 { first += "  reconnects \(state.reconnects)" }
    // Beside alarms, which have the banner, a sentence about the device stands here.
    let isTold = !state.alarms.isEmpty && !state.problem.isEmpty
    let isNarrow = !hasPanel && !state.electrodesOff.isEmpty
    var second = isNarrow ? Self.electrodes(state.electrodesOff) : ""
    second += Self.leads(state.leads)
    second += "  model \(state.modelName.isEmpty ? "refused" : state.modelName)"
    if !state.alertText.isEmpty { second += "  alerts \(state.alertText)" }
    let row = rows - statusRows
    canvas.put(isTold ? state.problem : first, row, 0, isTold ? .strong : .dim)
    canvas.put(second, row + 1, 0, state.leads == .twelve ? .dim : .plain)
    if statusRows > 2 { canvas.put(Self.keys, rows - 1, 0, .dim) }
  }
}
