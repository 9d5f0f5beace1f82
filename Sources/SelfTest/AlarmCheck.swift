// The rules of onset, suppression, latching and acknowledgement on a made-up course: an alarm starts when its
// condition has lasted, yields to a graver one, and a high one stays until a person has seen it.

import Alarms

enum AlarmCheck {
  static func run() throws -> String {
    let system = AlarmSystem(definitions: BuiltInAlarm.allCases.map(\.definition))
    var told: [String] = []
    for tenth in 0..<400 {
      let seconds = Double(tenth) / 10
      system.setCondition(
        BuiltInAlarm.asystole.rawValue, isPresent: (10..<20).contains(seconds))
      system.setCondition(
        BuiltInAlarm.bradycardia.rawValue, isPresent: (5..<20).contains(seconds))
      if tenth == 300 { system.perform(.acknowledgeAll) }
      system.step(at: seconds)
      for position in 0..<system.newsCount {
        guard case .transition(let change) = system.news(position) else { continue }
        told.append("\(system.definitions[change.alarm].name) \(change.phase.name) \(tenth / 10)")
      }
      system.clearNews()
      let isHeard = system.annunciation.sound == .high
      try require(
        isHeard == (10..<30).contains(seconds),
        "at \(seconds) s the sound is \(system.annunciation.sound?.name ?? "none")")
    }
    try require(
      told == [
        "bradycardia start 7", "asystole start 10", "bradycardia end 10", "asystole latched 23",
        "asystole acknowledged 30", "asystole end 30",
      ],
      "alarms came as \(told)")
    return "onset, suppression, latching and acknowledgement of alarms as defined"
  }
}
