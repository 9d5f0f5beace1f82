// The curves: amplitudes as the printed scale says, gaps blank, the erase bar before the newest point.

import Testing

@testable import TerminalDisplay

@Suite struct CurveTests {
  /// Rows of Braille dots that are set in a column of dots, within rows of cells.
  static func dots(_ grid: TerminalGrid, column: Int, rows: Range<Int>) -> [Int] {
    let bits: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
    return rows.flatMap { row in
      let scalar = Array(grid.lines[row])[column / 2].unicodeScalars.first?.value ?? 0
      guard (0x2800..<0x2900).contains(scalar) else { return [Int]() }
      return (0..<4).filter { scalar & bits[column % 2][$0] != 0 }.map {
        (row - rows.lowerBound) * 4 + $0
      }
    }
  }

  @Test(
    "a square wave of 1 mV is as high as the bar that is labelled 1 mV", arguments: [12, 24, 40])
  func amplitude(rows: Int) throws {
    // Steps every second, from -0.5 to +0.5 mV.
    let screen = TerminalScreen(
      columns: 80, rows: rows, traceNames: ["II"], sampleRate: 125, isColoured: false)
    for point in 0..<375 {
      screen.push(trace: 0, microvolts: point / 125 % 2 == 0 ? -500 : 500)
    }
    let grid = Scene.grid(screen, Scene.calm, columns: 80, rows: rows)
    let band = 2..<(rows - 2)
    let bar = Self.dots(grid, column: TerminalScreen.barDot, rows: band)
    let low = Self.dots(grid, column: TerminalScreen.gutter * 2 + 10, rows: band)
    let high = Self.dots(grid, column: TerminalScreen.gutter * 2 + 35, rows: band)
    #expect(grid.text.contains("bar 1 mV"))
    #expect(low.count == 1 && high.count == 1)
    let (top, bottom) = (try #require(bar.first), try #require(bar.last))
    #expect(bar == Array(top...bottom))
    #expect(high.first == top && low.last == bottom)
  }

  @Test("a wave beyond the band stops at its edge")
  func clipping() {
    #expect(SweepTrace.row(9_000_000, 40) == 0)
    #expect(SweepTrace.row(-9_000_000, 40) == 39)
  }

  @Test("the sweep takes the printed seconds")
  func speed() throws {
    let screen = Scene.screen(columns: 80, rows: 24, seconds: 0)
    let text = Scene.grid(screen, Scene.calm, columns: 80, rows: 24).text
    let printed = try #require(text.firstMatch(of: #/([0-9.]+) s across/#)).output.1
    let dots = 2 * Double(80 - 28 - 1 - TerminalScreen.gutter)
    #expect(abs(try #require(Double(printed)) - dots / SweepTrace.dotsPerSecond) <= 0.05)
  }

  @Test(
    "a gap is blank, and the wave after it is not joined to the wave before",
    arguments: [
      Float.nan, .infinity,
    ])
  func gap(missing: Float) {
    var trace = SweepTrace(name: "II", dots: 100, sampleRate: 125)
    for point in 0..<375 {
      trace.push((125..<250).contains(point) ? missing : point < 125 ? -800 : 800)
    }
    for dot in 0..<25 { #expect(trace.span(dot: dot, height: 40) != nil) }
    for dot in 25..<50 { #expect(trace.span(dot: dot, height: 40) == nil) }
    #expect(trace.span(dot: 50, height: 40)?.count == 1)
  }

  @Test("the columns before the newest point are blank")
  func eraseBar() {
    var trace = SweepTrace(name: "II", dots: 50, sampleRate: 25)
    for _ in 0..<70 { trace.push(0) }
    let blank = (0..<50).filter { trace.span(dot: $0, height: 40) == nil }
    #expect(blank == Array(20...(20 + SweepTrace.eraseDots)))
  }
}
