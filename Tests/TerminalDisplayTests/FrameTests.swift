// What must be on every frame: whole frames against snapshots that people have looked at, and the sentences
// that a nurse relies on.

import ECGSignal
import Foundation
import TestSupport
import Testing

@testable import TerminalDisplay

@Suite struct FrameTests {
  /// Set ECGCLIP_WRITE_SNAPSHOTS to write the files anew, then look at them.
  static func check(_ name: String, _ grid: TerminalGrid) throws {
    let path = TestData.repository + "/Tests/TerminalDisplayTests/Snapshots/\(name).txt"
    // Trailing blanks would be lost in an editor.
    let text = grid.lines.map { "\($0)|\n" }.joined()
    if ProcessInfo.processInfo.environment["ECGCLIP_WRITE_SNAPSHOTS"] != nil {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    #expect(text == (try String(contentsOfFile: path, encoding: .utf8)))
  }

  @Test(
    "frames look as they did when somebody looked at them",
    arguments: [
      ("calm-80x24", 80, 24, true, false), ("calm-120x40", 120, 40, true, false),
      ("troubled-80x24", 80, 24, true, true), ("troubled-120x40", 120, 40, true, true),
      ("ascii-80x24", 80, 24, false, false), ("narrow-40x12", 40, 12, true, true),
    ])
  func snapshot(name: String, columns: Int, rows: Int, isUnicode: Bool, isTroubled: Bool) throws {
    let screen = Scene.screen(columns: columns, rows: rows, isUnicode: isUnicode)
    let state = isTroubled ? Scene.troubled : Scene.calm
    try Self.check(name, Scene.grid(screen, state, columns: columns, rows: rows))
  }

  @Test("an attended patient's screen looks as it did", arguments: [(80, 24), (40, 12)])
  func attended(columns: Int, rows: Int) throws {
    let screen = Scene.screen(columns: columns, rows: rows)
    let grid = Scene.grid(screen, Scene.attended, columns: columns, rows: rows)
    try Self.check("attended-\(columns)x\(rows)", grid)
  }

  @Test("what keeps alarms silent is told at every width from 40 on", arguments: 40..<130)
  func silence(columns: Int) {
    for provenance in [Provenance.live, .testSignal] {
      var state = Scene.attended
      state.provenance = provenance
      state.isStandby = true
      for rows in [1, 5, 24] {
        let screen = TerminalScreen(
          columns: columns, rows: rows, traceNames: ["II"], sampleRate: 125)
        let text = Scene.grid(screen, state, columns: columns, rows: rows).text
        #expect(text.contains("PAUSED 117") && text.contains("STANDBY") && text.contains(" OFF"))
      }
    }
  }

  @Test("every alarm is in the list by name or counted, whatever the height", arguments: 12..<50)
  func everyAlarmIsListed(rows: Int) {
    var state = Scene.calm
    state.alarms = (0..<12).map {
      .init(message: "Alarm number \($0)", priority: .medium, sinceSeconds: 1)
    }
    let screen = TerminalScreen(columns: 80, rows: rows, traceNames: ["II"], sampleRate: 125)
    let lines = Scene.grid(screen, state, columns: 80, rows: rows).lines
    let named = lines.dropFirst(2).filter { $0.contains("Alarm number") }.count
    let counted = lines.firstMatch(of: "+", "more")
    #expect(named + counted == 12 || rows < 18)
    #expect(lines[1].contains("Alarm number 0") && lines[1].contains("+11"))
  }

  @Test("whoever has seen an alarm is named where there is room", arguments: [40, 60, 80, 132])
  func whoHasSeenIt(columns: Int) {
    var state = Scene.calm
    state.alarms = [
      .init(
        message: "Asystole", priority: .high, sinceSeconds: 1, isAccepted: true, person: "Nurse Ana"
      )
    ]
    let screen = TerminalScreen(columns: columns, rows: 24, traceNames: ["II"], sampleRate: 125)
    let lines = Scene.grid(screen, state, columns: columns, rows: 24).lines
    #expect(lines[1].contains("Asystole") && lines[1].contains("seen afar"))
    #expect(columns < 70 || lines[1].contains("seen afar by Nurse Ana, began 00:01:00 ago"))
  }

  @Test("a sentence about the device is on the screen with alarms and without", arguments: 40..<130)
  func problems(columns: Int) {
    for hasAlarm in [false, true] {
      var state = Scene.calm
      state.alarms = hasAlarm ? Scene.troubled.alarms : []
      state.problem = "The sound card is gone: plug it in."
      state.modelName = ""
      let screen = TerminalScreen(columns: columns, rows: 24, traceNames: ["II"], sampleRate: 125)
      let text = Scene.grid(screen, state, columns: columns, rows: 24).text
      #expect(text.contains("The sound card is gone"))
      #expect(columns < 72 || text.contains("not available: no model"))
    }
  }

  @Test("no frame asks the terminal to flash: SGR 5 and 6 never come")
  func nothingFlashes() {
    let screen = Scene.screen(columns: 80, rows: 24, isColoured: true)
    let frame = screen.frame(Scene.attended)
    let codes = frame.matches(of: #/\u{1B}\[([0-9;]*)m/#).flatMap { $0.1.split(separator: ";") }
    #expect(codes.contains("41") && codes.contains("44"))
    #expect(!codes.contains("5") && !codes.contains("6"))
  }

  @Test("an unknown heart rate is --, never 0")
  func unknownRate() {
    for columns in [40, 80] {
      var state = Scene.calm
      state.heartRateBPM = nil
      state.alarms = []
      let grid = Scene.grid(
        TerminalScreen(columns: columns, rows: 10, traceNames: ["II"], sampleRate: 125), state,
        columns: columns, rows: 10)
      #expect(grid.text.contains("--"))
      state.heartRateBPM = .nan
      let other = TerminalScreen(columns: columns, rows: 10, traceNames: ["II"], sampleRate: 125)
      #expect(Scene.grid(other, state, columns: columns, rows: 10).text.contains("--"))
    }
  }

  @Test("what is not live says so, at every size that holds the word", arguments: 11..<130)
  func provenance(columns: Int) {
    for (provenance, word) in [(Provenance.simulated, "SIMULATED"), (.replay, "REPLAY")] {
      for rows in [1, 2, 5, 24] {
        var state = Scene.troubled
        state.provenance = provenance
        state.sourceName = "a source with quite a long name that wants all of the line for itself"
        let screen = TerminalScreen(
          columns: columns, rows: rows, traceNames: ["II"], sampleRate: 125)
        #expect(Scene.grid(screen, state, columns: columns, rows: rows).text.contains(word))
      }
    }
  }

  @Test(
    "an electrode that is off is named in narrow and in wide windows", arguments: [40, 80, 120])
  func electrodesOff(columns: Int) {
    let screen = TerminalScreen(columns: columns, rows: 24, traceNames: ["II"], sampleRate: 125)
    let grid = Scene.grid(screen, Scene.troubled, columns: columns, rows: 24)
    #expect(grid.text.contains("OFF: V4 V6"))
  }

  @Test("more electrodes than fit are counted, not cut")
  func manyElectrodesOff() {
    var state = Scene.calm
    state.electrodesOff = Lead.allCases.map(\.name)
    let screen = TerminalScreen(columns: 80, rows: 24, traceNames: ["II"], sampleRate: 125)
    #expect(Scene.grid(screen, state, columns: 80, rows: 24).text.contains("OFF: 12 electrodes"))
  }

  @Test("a board of few leads is said to be for monitoring only")
  func monitoringLeads() {
    var state = Scene.calm
    for (leads, text) in [
      (LeadSet(.II), "monitoring leads only: II"), (LeadSet.twelve, "12 leads"),
    ] {
      state.leads = leads
      let grid = Scene.grid(Scene.screen(columns: 80, rows: 24), state, columns: 80, rows: 24)
      #expect(grid.text.contains(text))
    }
  }

  @Test("statements that were not assessed have no percentage")
  func notAssessed() {
    var state = Scene.calm
    state.findings = []
    state.notAssessedCount = 5
    let text = Scene.grid(
      Scene.screen(columns: 120, rows: 40), state, columns: 120, rows: 40
    ).text
    #expect(text.contains("5 not assessed"))
    #expect(!text.contains("0%"))
    state.findings = [.init(code: "AFIB", name: "atrial fibrillation", probability: .nan)]
    let unknown = Scene.grid(Scene.screen(columns: 120, rows: 40), state, columns: 120, rows: 40)
    #expect(unknown.text.contains("--  atrial fibrillation"))
  }

  @Test("the heart rate is drawn in blocks, and nothing of our own is shown as ?")
  func bigDigits() {
    let text = Scene.grid(
      Scene.screen(columns: 80, rows: 24), Scene.calm, columns: 80, rows: 24
    ).text
    #expect(text.contains("██████  ██████"))
    #expect(!text.dropFirst(80).contains("?"))
  }

  @Test("a statement whose name does not fit is shown by its code, not cut")
  func longNames() {
    let grid = Scene.grid(
      Scene.screen(columns: 80, rows: 24), Scene.troubled, columns: 80, rows: 24)
    #expect(grid.text.contains("41% CLBBB "))
  }

  @Test("the share received is never rounded up to all of it")
  func completeness() {
    var state = Scene.calm
    state.completeness = 0.999_999
    let text = Scene.grid(Scene.screen(columns: 80, rows: 24), state, columns: 80, rows: 24).text
    #expect(text.contains("complete 99.99 %"))
  }

  @Test("alarms have their colour and sign, and no text flashes")
  func alarmColours() {
    for (priority, style, sign) in [
      (
        DisplayState.ActiveAlarm(message: "x", priority: .high, sinceSeconds: 0).priority, "41",
        "!!!"
      ),
      (.medium, "43", "!!"), (.low, "46", "!"),
    ] {
      var state = Scene.calm
      state.alarms = [.init(message: "Word", priority: priority, sinceSeconds: 1)]
      let screen = Scene.screen(columns: 80, rows: 24, isColoured: true)
      let frame = screen.frame(state)
      var grid = TerminalGrid(columns: 80, rows: 24)
      grid.write(frame)
      #expect(
        grid.style(of: "\(sign) \(priority.name.uppercased())  Word")?.hasSuffix(style) == true)
      #expect(grid.text.contains("began 00:01:00 ago"))
      #expect(!frame.contains(#/\u{1B}\[[0-9;]*\b5m/#))
    }
  }

  @Test("an unchanged frame writes nothing, a changed clock one line")
  func difference() {
    let screen = Scene.screen(columns: 80, rows: 24)
    var state = Scene.calm
    _ = screen.frame(state)
    #expect(screen.frame(state).isEmpty)
    state.wallClock = "09:41:08"
    #expect(screen.frame(state).split(separator: "\u{1B}").count == 1)
  }
}

extension [String] {
  /// The number between two words, 0 where no line has them.
  fileprivate func firstMatch(of before: String, _ after: String) -> Int {
    for line in self {
      guard let end = line.range(of: " " + after), let start = line.range(of: " " + before) else {
        continue
      }
      if start.upperBound < end.lowerBound {
        return Int(line[start.upperBound..<end.lowerBound]) ?? 0
      }
    }
    return 0
  }
}
