// A patient's profile: what may be set, what is refused and with which words.

import Alarms
import StrictJSON
import Testing

private func read(_ members: String) throws(JSONFieldError) -> PatientProfile {
  try PatientProfile(
    parsing: #"{"schemaVersion": 1, \#(members)}"#.utf8, name: "patient.json",
    definitions: sceneDefinitions)
}

@Test("a profile sets what it names and leaves the rest as it is for an adult")
func profile() throws {
  let profile = try read(
    #"""
    "patient": {"id": "4711", "name": "Ada", "ageYears": 63},
    "limits": {"tachycardiaBPM": 130, "asystoleSeconds": 5},
    "alarms": {"irregularRhythm": {"off": true}, "tachycardia": {"priority": "high"},
               "noise": {"onsetSeconds": 30, "escalationSeconds": 60}},
    "audioPauseSeconds": 60, "latchedAlarmsSound": false
    """#)
  #expect(profile.id == "4711" && profile.name == "Ada" && profile.ageYears == 63)
  #expect(profile.limits[.tachycardiaBPM] == 130 && profile.limits[.asystoleSeconds] == 5)
  #expect(profile.limits[.bradycardiaBPM] == 50)
  #expect(profile.audioPauseSeconds == 60 && !profile.settings.latchedAlarmsSound)
  #expect(!profile.settings.remoteAcknowledgementSilences)
  let tachycardia = profile.adjusted(BuiltInAlarm.tachycardia.definition)
  #expect(tachycardia.priority == .high && !tachycardia.mayBeOff)
  #expect(profile.adjusted(BuiltInAlarm.irregularRhythm.definition).isOff)
  let noise = profile.adjusted(BuiltInAlarm.noise.definition)
  #expect(noise.onsetSeconds == 30 && noise.escalationSeconds == 60 && noise.priority == .low)
  #expect(profile.adjusted(BuiltInAlarm.asystole.definition) == BuiltInAlarm.asystole.definition)
}

@Test(
  "with the time that a profile gives it, every alarm that may become graver does",
  arguments: sceneDefinitions)
func escalationByProfile(definition: AlarmDefinition) throws {
  let highest = definition.priorityBounds.upperBound
  guard definition.priority < highest else { return }
  let profile = try read(#""alarms": {"\#(definition.name)": {"escalationSeconds": 30}}"#)
  let adjusted = profile.adjusted(definition)
  #expect(adjusted.escalationSeconds == 30 && adjusted.priorityMax > definition.priority)
  let scene = AlarmScene(sceneDefinitions.map(profile.adjusted))
  let alarm = try #require(sceneDefinitions.firstIndex(of: definition))
  scene.perform(.technical(alarm: alarm, isPresent: true))
  scene.run(adjusted.onsetSeconds + 29)
  #expect(scene.system.priority(alarm) == definition.priority)
  scene.run(2)
  #expect(scene.system.priority(alarm) == AlarmPriority.allCases.first { $0 > definition.priority })
}

@Test(
  "an alarm of lower priority latches where a profile wants it, and stays what it is over a restart"
)
func latchingByProfile() throws {
  let profile = try read(#""alarms": {"pause": {"latching": true}}"#)
  let definitions = sceneDefinitions.map(profile.adjusted)
  let scene = AlarmScene(definitions)
  scene.set(.pause, true)
  scene.set(.ventricularRun, true)
  scene.run(1)
  scene.set(.pause, false)
  scene.set(.ventricularRun, false)
  scene.run(3600)
  #expect(scene.board.alarms.map(\.alarm) == [BuiltInAlarm.pause.rawValue])
  #expect(scene.sound == .medium && scene.light == .medium)
  let snapshot = scene.board.snapshot(definitions: definitions, patientID: nil)
  let read = try AlarmSnapshot(parsing: snapshot.text.utf8, name: "alarm-state.json")
  #expect(read == snapshot)
  let second = AlarmScene(definitions, restored: read)
  second.run(1)
  #expect(second.sound == .medium && second.board.alarms.map(\.isLatched) == [true])
  second.perform(.acknowledgeAll)
  #expect(second.board.alarms.isEmpty && second.light == nil)
  // A program without the wish does not know what it should be.
  let third = AlarmScene(restored: read)
  third.run(1)
  #expect(third.board.alarms.isEmpty)
}

@Test("an alarm that is off from the start says so, and never sounds")
func offFromTheStart() throws {
  let profile = try read(#""alarms": {"tachycardia": {"off": true}}"#)
  let scene = AlarmScene(sceneDefinitions.map(profile.adjusted))
  scene.set(.tachycardia, true)
  scene.run(60)
  #expect(scene.takeTold() == ["tachycardia off setting"])
  #expect(scene.sound == nil && scene.board.off == [BuiltInAlarm.tachycardia.rawValue])
  #expect(scene.inactivations == [AlarmInactivation(offCount: 1, cause: .start)])
}

@Test(
  "what is beyond its bounds, contradicts itself or is misspelt is refused, with the bound or the word",
  arguments: [
    (#""limits": {"bradycardiaBPM": 150}"#, "from 30 to 120"),
    (#""limits": {"asystoleSeconds": 30}"#, "from 3 to 6"),
    (#""limits": {"asystoleSeconds": null}"#, "must be a number"),
    (#""limits": {"ventricularRunBeats": 3.5}"#, "whole number from 3 to 15"),
    (#""limits": {"tachycardiaBPM": 200}"#, "must be below 'extremeTachycardiaBPM' (150)"),
    (#""limits": {"tachycardiaBmp": 120}"#, "did you mean 'tachycardiaBPM'?"),
    (#""limits": {"pauseSeconds": 3.2, "asystoleSeconds": 3}"#, "must be below 'asystoleSeconds'"),
    (#""alarms": {"asystole": {"off": true}}"#, "may not be off"),
    (#""alarms": {"tachycardia": {"off": true, "priority": "high"}}"#, "may not be off"),
    (#""alarms": {"asystole": {"priority": "medium"}}"#, "must be high"),
    (#""alarms": {"asystole": {"onsetSeconds": 1}}"#, "from 0 to 0"),
    (#""alarms": {"cannotAnalyse": {"onsetSeconds": 1}}"#, "from 0 to 0"),
    (#""alarms": {"extremeTachycardia": {"onsetSeconds": 3}}"#, "from 0 to 2"),
    (#""alarms": {"extremeTachycardia": {"escalationSeconds": 60}}"#, "never above high"),
    (
      #""alarms": {"finding.AFIB": {"priority": "medium", "escalationSeconds": 60}}"#,
      "above medium"
    ),
    (#""alarms": {"asystole": {"latching": false}}"#, "always latches"),
    (#""alarms": {"leadOff": {"latching": true}}"#, "alarms of the patient"),
    (
      #""limits": {"ventricularTachycardiaBeats": 16, "ventricularTachycardiaBPM": 100}"#,
      "last 9.6 s, but must at most 8"
    ),
    (#""alarms": {"finding.AFIB": {"priority": "high"}}"#, "must be low or medium"),
    (#""alarms": {"leadOff": {"priority": "low"}}"#, "must be medium or high"),
    (#""alarms": {"asistole": {"off": false}}"#, "did you mean 'asystole'?"),
    (#""audioPauseSeconds": 300"#, "from 1 to 120"),
    (#""patient": {"ageYears": 63.5}"#, "whole number from 0 to 150"),
    (#""pateint": {}"#, "did you mean 'patient'?"),
  ])
func refusals(members: String, words: String) {
  let error = #expect(throws: JSONFieldError.self) { _ = try read(members) }
  #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  #expect(error?.description.hasPrefix("patient.json") == true)
}

@Test("every limit's default is within its bounds, and the defaults do not contradict each other")
func defaults() throws {
  for limit in AlarmLimit.allCases { #expect(limit.bounds.contains(limit.initial), "\(limit)") }
  let members = AlarmLimit.allCases.map { "\"\($0)\": \($0.initial)" }.joined(separator: ", ")
  #expect(try read("\"limits\": {\(members)}") == read("\"limits\": {}"))
  #expect(AlarmLimit.of("asystole") == [.asystoleSeconds])
  #expect(
    AlarmLimit.of("ventricularTachycardia") == [
      .ventricularTachycardiaBeats, .ventricularTachycardiaBPM,
    ])
  #expect(AlarmLimit.of("leadOff").isEmpty)
}
