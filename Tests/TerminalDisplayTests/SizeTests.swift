// Properties of every frame: any window, any state, any name from a device. Nothing leaves the window, no
// escape code leaks, no number traps.

import Alarms
import ECGSignal
import TestSupport
import Testing

@testable import TerminalDisplay

@Suite struct SizeTests {
  static let names = [
    "", "II", "a\u{1B}[2Jb", "c\u{9B}31md", "tab\there\r\n", "心電図", "e\u{301}", "👩‍⚕️", "z\u{200B}w",
    String(repeating: "long ", count: 80), "Grün", "\u{7F}",
  ]

  static func randomState(_ random: inout SeededRandom) -> DisplayState {
    let numbers = [0, -1, 0.5, 1, 72.4, 1e30, -1e30, .nan, .infinity, -.infinity]
    func number() -> Double { numbers.randomElement(using: &random) ?? 0 }
    func name() -> String { names.randomElement(using: &random) ?? "" }
    func count() -> Int { Int.random(in: 0...15, using: &random) }
    var state = DisplayState()
    state.sourceName = name()
    state.provenance = [.live, .simulated, .replay].randomElement(using: &random) ?? .live
    state.elapsedSeconds = number()
    state.wallClock = name()
    state.heartRateBPM = Bool.random(using: &random) ? nil : Float(number())
    state.quality = [0, 100, .max, .min].randomElement(using: &random) ?? 0
    state.completeness = number()
    state.samplesLost = [0, .max].randomElement(using: &random) ?? 0
    state.reconnects = 3
    state.leads = LeadSet(rawValue: UInt16.random(in: 0...0xFFF, using: &random))
    state.electrodesOff = (0..<count()).map { _ in name() }
    state.filterText = name()
    state.sampleRate = number()
    state.modelName = name()
    state.alertText = name()
    state.problem = name()
    if Bool.random(using: &random) {
      state.findings = (0..<count()).map { _ in
        .init(code: name(), name: name(), probability: Float(number()))
      }
    }
    state.notAssessedCount = count()
    state.alarms = (0..<count()).map { _ in
      .init(
        message: name(), priority: AlarmPriority.allCases.randomElement(using: &random) ?? .low,
        sinceSeconds: number(), isLatched: .random(using: &random),
        isAcknowledged: .random(using: &random), isAccepted: .random(using: &random),
        isSelected: .random(using: &random))
    }
    state.alarmsOff = (0..<count()).map { _ in name() }
    state.audioPauseSecondsLeft = [nil, 1, 120].randomElement(using: &random) ?? nil
    state.isStandby = .random(using: &random)
    return state
  }

  @Test("every frame fits its window exactly and ends in the plain style")
  func everySize() {
    var random = SeededRandom(seed: 1)
    var sizes: [(Int, Int)] = []
    for columns in 1...300 {
      for rows in [1, 2, 3, 4, 5, 8, 24] { sizes.append((columns, rows)) }
    }
    for rows in 1...300 { for columns in [1, 12, 63, 64, 80] { sizes.append((columns, rows)) } }
    for (columns, rows) in sizes {
      let isUnicode = Bool.random(using: &random)
      let screen = TerminalScreen(
        columns: columns, rows: rows, traceNames: Array(Self.names.shuffled(using: &random)),
        sampleRate: [0, 1, 125, 500].randomElement(using: &random) ?? 125,
        isColoured: Bool.random(using: &random), isUnicode: isUnicode)
      let values: [Float] = [0, 900, -1e30, .nan, .infinity]
      let value = values.randomElement(using: &random) ?? 0
      for trace in 0..<screen.traceCount {
        for _ in 0..<40 { screen.push(trace: trace, microvolts: value) }
      }
      let frame = screen.frame(Self.randomState(&random))
      var grid = TerminalGrid(columns: columns, rows: rows)
      grid.write(frame)
      #expect(grid.faults.isEmpty, "\(columns) x \(rows)")
      if !isUnicode { #expect(frame.utf8.allSatisfy { $0 < 128 }, "\(columns) x \(rows)") }
    }
  }

  @Test("differences between frames leave the same screen as a full redraw")
  func differences() {
    var random = SeededRandom(seed: 2)
    let screen = Scene.screen(columns: 80, rows: 24, isColoured: true, seconds: 1)
    var grid = TerminalGrid(columns: 80, rows: 24)
    for step in 0..<60 {
      let state = Self.randomState(&random)
      grid.write(screen.frame(state))
      for point in 0..<20 {
        screen.push(trace: 0, microvolts: Scene.beat(Double(step * 20 + point) / 100))
      }
    }
    grid.write(screen.frame(Scene.calm))
    screen.redraw()
    let whole = Scene.grid(screen, Scene.calm, columns: 80, rows: 24)
    #expect(grid.text == whole.text)
    #expect(grid.faults.isEmpty)
  }

  @Test("a new size clears the window first")
  func resize() {
    let screen = Scene.screen(columns: 120, rows: 40)
    _ = screen.frame(Scene.calm)
    screen.resize(columns: 60, rows: 10)
    #expect(screen.frame(Scene.calm).hasPrefix("\u{1B}[2J"))
  }
}
