// The operator's actions as text: each word, and refusals that say what was meant.

import Alarms
import Testing

@Test(
  "each line is the action that it names",
  arguments: [
    ("acknowledge", AlarmCommand.acknowledgeAll),
    ("acknowledge asystole", .acknowledge(alarm: BuiltInAlarm.asystole.rawValue)),
    ("pause", .pauseAudio(seconds: 120)), ("pause 60", .pauseAudio(seconds: 60)),
    ("resume", .resumeAudio), ("standby", .standby(true)), ("back", .standby(false)),
    ("off  finding.AFIB", .setOff(alarm: findingIndex, true)),
    ("on tachycardia", .setOff(alarm: BuiltInAlarm.tachycardia.rawValue, false)),
  ])
func actions(line: String, command: AlarmCommand) throws {
  #expect(try AlarmCommand(operatorLine: line, definitions: sceneDefinitions) == command)
}

@Test(
  "a line that is no action is refused with what was meant",
  arguments: [
    ("", "acknowledge [CONDITION], pause [SECONDS]"), ("silence", "'silence' is no action"),
    ("pause 600", "1 to 120 s"), ("pause soon", "1 to 120 s"), ("pause 60 s", "is no action"),
    ("resume all", "is no action"), ("off", "did you mean"),
    ("off asistole", "did you mean 'asystole'?"), ("off asystole", "may not be off"),
    ("acknowledge moon", "is no condition"),
  ])
func refusedLines(line: String, words: String) {
  let error = #expect(throws: OperatorLineError.self) {
    _ = try AlarmCommand(operatorLine: line, definitions: sceneDefinitions)
  }
  #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
}
