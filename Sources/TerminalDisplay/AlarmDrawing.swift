// Alarms on the screen: the banner of the gravest, the list of all, and what keeps alarms silent. No text ever flashes:
// colour, signs and words tell the priority.

import Alarms

extension TerminalScreen {
  /// The gravest alarm by colour, sign, word and age; the others named or counted.
  func drawBanner(_ state: DisplayState, _ canvas: inout Canvas) {
    guard let first = state.alarms.first else { return drawCalm(state, &canvas) }
    let style = Self.style(first.priority)
    canvas.fill(1, 0..<columns, style)
    let left = " \(first.priority.sign) \(first.priority.name.uppercased())  \(first.message)"
    canvas.put(left, 1, 0, style)
    let seconds = max(0, state.elapsedSeconds - first.sinceSeconds)
    let began = "began \(Readout.duration(seconds)) ago "
    let age = first.standing.map { "\($0), \(began)" } ?? began
    let whoseAge = first.standingWithName.map { "\($0), \(began)" } ?? began
    let others = state.alarms.dropFirst().map(\.message).joined(separator: ", ")
    let count = others.isEmpty ? "" : "+\(state.alarms.count - 1) "
    let named = others.isEmpty ? "" : "also: \(others)  "
    let texts = [
      named + whoseAge, count + whoseAge, named + age, count + age,
      count + (first.standing.map { "\($0) " } ?? ""), count,
    ]
    let fitting = texts.first { left.count + 2 + $0.count <= columns }
    if let fitting { canvas.put(fitting, 1, endingAt: columns, style) }
  }

  private func drawCalm(_ state: DisplayState, _ canvas: inout Canvas) {
    let notice = "research software, no medical device   q quits "
    let calm = state.problem.isEmpty ? "no alarm" : state.problem
    if calm.count + notice.count + 3 < columns { canvas.put(notice, 1, endingAt: columns, .dim) }
    canvas.put(calm, 1, 1, state.problem.isEmpty ? .dim : .strong)
  }

  /// Every alarm that is shown and every one that is off, as far as there is room; the rest is counted. Returns
  /// the row behind the list.
  func drawAlarms(
    _ state: DisplayState, _ canvas: inout Canvas, from first: Int, left: Int, before end: Int
  ) -> Int {
    let count = state.alarms.count + state.alarmsOff.count
    guard count > 0, first < end else { return first }
    canvas.put("ALARMS", first, left, .dim)
    let room = max(0, end - first - 1)
    let shown = count <= room ? count : max(0, room - 1)
    for place in 0..<shown {
      let row = first + 1 + place
      if state.alarms.indices.contains(place) {
        draw(state.alarms[place], &canvas, row: row, left: left)
      } else {
        canvas.put("off \(state.alarmsOff[place - state.alarms.count])", row, left, .dim)
      }
    }
    if shown < count && room > 0 {
      canvas.put("+\(count - shown) more", first + 1 + shown, left, .strong)
    }
    return first + 2 + min(count, room)
  }

  private func draw(
    _ alarm: DisplayState.ActiveAlarm, _ canvas: inout Canvas, row: Int, left: Int
  ) {
    if alarm.isSelected { canvas.put(">", row, left - 1, .strong) }
    canvas.put(alarm.priority.sign, row, left, Self.style(alarm.priority))
    let room = Self.panelWidth - 5 - alarm.message.count
    let standings = [alarm.standingWithName, alarm.standing].compactMap { $0 }
    let standing = standings.first { $0.count <= room } ?? alarm.standing ?? ""
    let end = left + Self.panelWidth - (standing.isEmpty ? 0 : standing.count + 1)
    canvas.put(alarm.message, row, left + 4, alarm.isAcknowledged ? .plain : .strong, limit: end)
    canvas.put(standing, row, endingAt: left + Self.panelWidth, .dim)
  }

  /// What keeps alarms silent, in the longest words that fit; nil while nothing does.
  func silence(_ state: DisplayState, within width: Int) -> String? {
    var long: [String] = []
    var short: [String] = []
    if let left = state.audioPauseSecondsLeft {
      long.append("AUDIO PAUSED \(left) s")
      short.append("PAUSED \(left)")
    }
    if state.isStandby {
      long.append("STANDBY: patient away")
      short.append("STANDBY")
    }
    if !state.alarmsOff.isEmpty {
      long.append("\(state.alarmsOff.count) ALARM\(state.alarmsOff.count == 1 ? "" : "S") OFF")
      short.append("\(state.alarmsOff.count) OFF")
    }
    guard !long.isEmpty else { return nil }
    let texts = [long, short].map { " " + $0.joined(separator: "  ") + " " }
    return texts.first { $0.count + 20 <= width } ?? texts[1]
  }

  private static func style(_ priority: AlarmPriority) -> CellStyle {
    switch priority {
    case .high: .high
    case .medium: .medium
    case .low: .low
    }
  }
}

extension DisplayState.ActiveAlarm {
  /// In a word what has become of it; nil for one that holds and that nobody has seen.
  fileprivate var standing: String? {
    if isLatched { return "over" }
    if isAcknowledged { return "seen" }
    return isAccepted ? "seen afar" : nil
  }

  /// The same with the name of whoever has seen it, where that is known.
  fileprivate var standingWithName: String? {
    guard let person, isAcknowledged || isAccepted, !isLatched else { return standing }
    return standing.map { "\($0) by \(person)" }
  }
}
