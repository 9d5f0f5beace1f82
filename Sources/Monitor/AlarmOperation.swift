// What the keys of the terminal do to alarms.

import Alarms

/// The operator's hand: which alarm is selected, and what a key means.
struct AlarmOperation {
  private let desk: AlarmDesk
  /// The alarm that the key o switches off, nil while none is shown.
  private(set) var selected: Int?

  init(desk: AlarmDesk) { self.desk = desk }

  /// The selection stays with its alarm; when that is gone, it goes to the first.
  mutating func keepSelection(among alarms: [BoardedAlarm]) {
    if !alarms.contains(where: { $0.alarm == selected }) { selected = alarms.first?.alarm }
  }

  /// p pauses the sound or ends the pause, a acknowledges all that is shown, Tab selects the next alarm, o
  /// switches the selected one off, O all on again, s begins or ends standby.
  mutating func press(_ key: UInt8, _ board: AlarmBoard, _ context: SessionContext) {
    switch key {
    case UInt8(ascii: "p"):
      let isPaused = board.inactivation.audioPauseSecondsLeft != nil
      desk.send(isPaused ? .resumeAudio : .pauseAudio(seconds: context.profile.audioPauseSeconds))
    case UInt8(ascii: "a"): desk.send(.acknowledgeAll)
    case UInt8(ascii: "\t"): selectNext(board.alarms)
    case UInt8(ascii: "o"):
      if let selected { desk.send(.setOff(alarm: selected, true)) }
    case UInt8(ascii: "O"):
      for alarm in board.off { desk.send(.setOff(alarm: alarm, false)) }
    case UInt8(ascii: "s"): desk.send(.standby(!board.inactivation.isStandby))
    default: break
    }
  }

  private mutating func selectNext(_ alarms: [BoardedAlarm]) {
    guard let place = alarms.firstIndex(where: { $0.alarm == selected }) else { return }
    selected = alarms[(place + 1) % alarms.count].alarm
  }
}
