// The rules of onset, end and suppression on a made-up course: an alarm starts when its condition has lasted, yields
// to a graver one and ends when it has been gone long enough.

import Alarms

enum AlarmCheck {
  static func run() throws -> String {
    let engine = AlarmEngine(definitions: BuiltInAlarm.allCases.map(\.definition))
    var told: [String] = []
    for tenth in 0..<400 {
      let seconds = Double(tenth) / 10
      for alarm in BuiltInAlarm.allCases {
        let holds =
          switch alarm {
          case .asystole: (10..<20).contains(seconds)
          case .bradycardia: (5..<20).contains(seconds)
          default: false
          }
        if let change = engine.update(alarm.rawValue, isPresent: holds, at: seconds) {
          told.append("\(alarm.definition.name) \(change.phase.name) \(tenth / 10)")
        }
      }
    }
    try require(
      told == [
        "bradycardia start 8", "asystole start 10", "bradycardia end 10", "asystole end 23",
      ],
      "alarms came as \(told)")
    return "onset, suppression and end of alarms as defined"
  }
}
