// An alarm system with a clock and ears: tests say what holds and what people do, and read what was told.

import Alarms

/// A finding beside the built-in alarms.
let findingDefinition = AlarmDefinition(
  name: "finding.AFIB", message: "Atrial fibrillation", priority: .low, onsetSeconds: 3,
  endSeconds: 4, escalationSeconds: 600, priorityMax: .medium)
let findingIndex = BuiltInAlarm.allCases.count
let sceneDefinitions = BuiltInAlarm.allCases.map(\.definition) + [findingDefinition]

/// A course of alarms in tenths of a second.
final class AlarmScene {
  let system: AlarmSystem
  private(set) var tenths = 0
  /// Everything that was told: "asystole start condition".
  private(set) var told: [String] = []
  /// The inactivation states in the order in which they were told.
  private(set) var inactivations: [AlarmInactivation] = []
  private var heard: [AlarmNews] = []
  private(set) var board = AlarmBoard()
  var hasGoodECG = false

  init(
    _ definitions: [AlarmDefinition] = sceneDefinitions, settings: AlarmSettings = AlarmSettings(),
    restored: AlarmSnapshot? = nil
  ) {
    system = AlarmSystem(definitions: definitions, settings: settings, restored: restored)
  }

  var seconds: Double { Double(tenths) / 10 }
  var sound: AlarmPriority? { system.annunciation.sound }
  var light: AlarmPriority? { system.annunciation.light }

  func set(_ alarm: BuiltInAlarm, _ isPresent: Bool) {
    system.setCondition(alarm.rawValue, isPresent: isPresent)
  }

  func run(_ seconds: Double) {
    for _ in 0..<Int((seconds * 10).rounded()) {
      tenths += 1
      system.step(at: self.seconds, hasGoodECG: hasGoodECG)
      listen()
    }
  }

  func perform(_ commands: AlarmCommand..., by person: AlarmPerson = .unnamed) {
    for command in commands { system.perform(command, by: person) }
    listen()
  }

  /// What was told since the last call.
  func takeTold() -> [String] {
    defer { told = [] }
    return told
  }

  /// The news since the last call.
  func takeNews() -> [AlarmNews] {
    defer { heard = [] }
    return heard
  }

  private func listen() {
    for position in 0..<system.newsCount {
      heard.append(system.news(position))
      switch system.news(position) {
      case .transition(let change):
        told.append(
          "\(system.definitions[change.alarm].name) \(change.phase.name) \(change.cause.name)")
        board.take(change, at: seconds)
      case .inactivation(let inactivation):
        inactivations.append(inactivation)
        board.take(inactivation)
      }
    }
    system.clearNews()
  }
}
