// The operator's actions as lines of text, for a device that has no keys: "pause 60", "acknowledge asystole".

import StrictJSON

/// Why a line is no action: one sentence.
public struct OperatorLineError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String
}

extension AlarmCommand {
  /// The actions and what follows them, for help and refusals.
  public static let operatorWords: [(word: String, argument: String, effect: String)] = [
    ("acknowledge", "[CONDITION]", "one alarm, or all that are shown, are seen"),
    ("pause", "[SECONDS]", "no sound, for 120 s at most"),
    ("resume", "", "sound again"),
    ("off", "CONDITION", "switch an alarm off"),
    ("on", "CONDITION", "switch it on again"),
    ("standby", "", "the patient is away"),
    ("back", "", "the patient is back"),
  ]

  /// Reads what a person at the device asks for.
  ///
  /// - Parameter definitions: the alarms that can be named; an alarm's index is its place.
  public init(
    operatorLine line: String, definitions: [AlarmDefinition]
  ) throws(OperatorLineError) {
    let words = line.split(separator: " ").map(String.init)
    let argument = words.count > 1 ? words[1] : nil
    let known = Self.operatorWords.first { $0.word == words.first }
    guard let known, words.count <= (known.argument.isEmpty ? 1 : 2) else {
      let all = Self.operatorWords.map { $0.word + ($0.argument.isEmpty ? "" : " " + $0.argument) }
      throw OperatorLineError(
        description: "'\(line)' is no action: \(all.joined(separator: ", ")).")
    }
    switch known.word {
    case "acknowledge":
      self =
        try argument.map { name throws(OperatorLineError) in
          .acknowledge(alarm: try Self.alarm(name, definitions))
        } ?? .acknowledgeAll
    case "pause": self = .pauseAudio(seconds: try Self.pauseSeconds(argument))
    case "resume": self = .resumeAudio
    case "standby", "back": self = .standby(known.word == "standby")
    default:
      let isOff = known.word == "off"
      let alarm = try Self.alarm(argument ?? "", definitions)
      guard definitions[alarm].mayBeOff || !isOff else {
        throw OperatorLineError(
          description:
            "\(definitions[alarm].name) may not be off: pause the sound, or acknowledge it.")
      }
      self = .setOff(alarm: alarm, isOff)
    }
  }

  private static func alarm(
    _ name: String, _ definitions: [AlarmDefinition]
  ) throws(OperatorLineError) -> Int {
    guard let alarm = definitions.firstIndex(where: { $0.name == name }) else {
      let nearest = NearestWord.to(name, in: definitions.map(\.name))
      throw OperatorLineError(
        description: "'\(name)' is no condition: did you mean '\(nearest)'?")
    }
    return alarm
  }

  private static func pauseSeconds(_ text: String?) throws(OperatorLineError) -> Double {
    guard let text else { return AlarmSystem.audioPauseSecondsMax }
    guard let seconds = Double(text), (1...AlarmSystem.audioPauseSecondsMax).contains(seconds)
    else {
      throw OperatorLineError(description: "A pause lasts 1 to 120 s, not '\(text)'.")
    }
    return seconds
  }
}
