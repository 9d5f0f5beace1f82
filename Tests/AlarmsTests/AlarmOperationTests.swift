// What people do about alarms: pauses, alarm off, standby, acknowledgement from afar; and what a restart keeps.

import Alarms
import Testing

private let tachycardia = BuiltInAlarm.tachycardia.rawValue

@Test(
  "an audio pause lasts as asked and never longer than 120 s, told each second",
  arguments: [(60.0, 60), (120, 120), (500, 120), (.infinity, 120), (.nan, 120), (-5, 1), (0, 1)])
func audioPause(asked: Double, lasts: Int) {
  let scene = AlarmScene()
  scene.set(.tachycardia, true)
  scene.run(4)
  scene.perform(.pauseAudio(seconds: asked))
  #expect(scene.sound == nil && scene.light == .medium)
  scene.run(Double(lasts) - 0.1)
  #expect(scene.sound == nil)
  scene.run(0.2)
  #expect(scene.sound == .medium)
  let left = scene.inactivations.map { $0.audioPauseSecondsLeft.map { Int($0) } }
  #expect(left == (1...lasts).reversed().map { $0 } + [nil])
  #expect(scene.inactivations.last?.cause == .countdown)
}

@Test("a new condition breaks an audio pause, and so does one that became graver")
func pauseIsBroken() {
  let scene = AlarmScene()
  scene.set(.tachycardia, true)
  scene.run(4)
  scene.perform(.pauseAudio(seconds: 120))
  scene.run(10)
  let onset = scene.system.annunciation.onset
  scene.set(.leadOff, true)
  scene.run(1.2)
  #expect(scene.sound == .medium && scene.system.annunciation.onset == onset + 1)
  #expect(scene.inactivations.last == AlarmInactivation(cause: .newAlarm))
  scene.run(195)
  scene.perform(.pauseAudio(seconds: 120))
  scene.run(100)
  #expect(scene.sound == .high && scene.inactivations.last?.cause == .newAlarm)
}

@Test("an alarm that is off neither shows nor sounds, and says so; the others do as before")
func alarmOff() {
  let scene = AlarmScene()
  scene.set(.tachycardia, true)
  scene.run(4)
  scene.perform(.setOff(alarm: tachycardia, true), .setOff(alarm: tachycardia, true))
  #expect(
    scene.takeTold() == [
      "tachycardia start condition", "tachycardia off operator", "tachycardia end operator",
    ])
  #expect(scene.sound == nil && scene.light == nil && scene.system.annunciation.reminds)
  #expect(scene.board.off == [tachycardia] && scene.board.inactivation.offCount == 1)
  scene.run(600)
  #expect(scene.told.isEmpty)
  scene.set(.extremeTachycardia, true)
  scene.run(3)
  #expect(scene.sound == .high)
  scene.set(.extremeTachycardia, false)
  scene.run(6)
  scene.perform(.acknowledgeAll, .setOff(alarm: tachycardia, false))
  scene.run(4)
  #expect(scene.sound == .medium && scene.board.off.isEmpty)
  #expect(scene.board.inactivation.offCount == 0)
}

@Test("what a patient may die of cannot be switched off", arguments: BuiltInAlarm.allCases)
func highAlarmsStayOn(alarm: BuiltInAlarm) {
  let scene = AlarmScene()
  scene.perform(.setOff(alarm: alarm.rawValue, true))
  #expect(scene.told.isEmpty == !alarm.definition.mayBeOff)
  #expect(alarm.definition.priority < .high || scene.told.isEmpty)
}

@Test(
  "standby ends the alarms of patient and electrodes, keeps those of the device, and lasts without an ECG"
)
func standby() {
  let scene = AlarmScene()
  scene.set(.asystole, true)
  scene.set(.leadOff, true)
  scene.perform(.technical(alarm: BuiltInAlarm.storageFull.rawValue, isPresent: true))
  scene.run(2)
  _ = scene.takeTold()
  scene.perform(.standby(true))
  #expect(
    Set(scene.takeTold()) == [
      "asystole acknowledged standby", "asystole end standby", "leadOff acknowledged standby",
      "leadOff end standby",
    ])
  scene.run(3600)
  #expect(scene.told.isEmpty && scene.system.inactivation.isStandby)
  #expect(scene.board.alarms.map(\.alarm) == [BuiltInAlarm.storageFull.rawValue])
  scene.perform(.standby(false))
  scene.run(2)
  #expect(scene.sound == .high)
}

@Test("standby ends by itself after ten seconds of good ECG without interruption")
func standbyEnds() {
  let scene = AlarmScene()
  scene.perform(.standby(true))
  scene.hasGoodECG = true
  scene.run(9.9)
  scene.hasGoodECG = false
  scene.run(0.1)
  scene.hasGoodECG = true
  scene.run(10)
  #expect(scene.system.inactivation.isStandby)
  scene.run(0.1)
  #expect(!scene.system.inactivation.isStandby)
  #expect(scene.inactivations.last == AlarmInactivation(cause: .ecgIsBack))
}

@Test(
  "a person far away silences an alarm here only where that is configured, and never hides it",
  arguments: [false, true])
func remoteAcknowledgement(silences: Bool) {
  let scene = AlarmScene(settings: AlarmSettings(remoteAcknowledgementSilences: silences))
  scene.set(.asystole, true)
  scene.run(1)
  scene.perform(.remoteAcknowledge(alarm: BuiltInAlarm.asystole.rawValue))
  #expect(scene.takeTold() == ["asystole start condition", "asystole accepted central"])
  #expect(scene.sound == (silences ? nil : .high) && scene.light == .high)
  scene.set(.asystole, false)
  scene.run(10)
  #expect(scene.takeTold() == ["asystole latched condition"])
  #expect(scene.sound == (silences ? nil : .high) && scene.light == .high)
  scene.perform(.acknowledgeAll)
  #expect(scene.light == nil)
}

@Test(
  "what was silenced from far away sounds again when the link is lost, until somebody answers anew")
func silencedAndCutOff() {
  let link = BuiltInAlarm.linkLost.rawValue
  let asystole = BuiltInAlarm.asystole.rawValue
  let scene = AlarmScene(settings: AlarmSettings(remoteAcknowledgementSilences: true))
  scene.set(.asystole, true)
  scene.set(.ventricularTachycardia, true)
  scene.run(1)
  scene.perform(
    .remoteAcknowledge(alarm: asystole),
    .remoteAcknowledge(alarm: BuiltInAlarm.ventricularTachycardia.rawValue),
    .acknowledge(alarm: BuiltInAlarm.ventricularTachycardia.rawValue))
  #expect(scene.sound == nil)
  _ = scene.takeTold()
  scene.perform(.technical(alarm: link, isPresent: true))
  // At once, before the next step.
  #expect(scene.sound == .high)
  // What a person at the device has seen stays silent.
  #expect(scene.takeTold() == ["asystole update linkLost"])
  #expect(scene.board.alarms.contains { $0.alarm == asystole && !$0.isAccepted })
  scene.run(5)
  #expect(scene.sound == .high)
  scene.perform(.technical(alarm: link, isPresent: false))
  scene.run(5)
  #expect(scene.sound == .high, "the link's return silences nothing")
  scene.perform(.remoteAcknowledge(alarm: asystole))
  #expect(scene.sound == nil)
  // Where the station's word silences nothing, its loss changes nothing.
  let other = AlarmScene()
  other.set(.asystole, true)
  other.run(1)
  other.perform(
    .remoteAcknowledge(alarm: asystole), .technical(alarm: link, isPresent: true))
  #expect(other.board.alarms.contains { $0.alarm == asystole && $0.isAccepted })
}

@Test("commands for alarms that do not exist change nothing")
func foreignAlarms() {
  let scene = AlarmScene()
  for alarm in [-1, findingIndex + 1, .max, .min] {
    scene.perform(
      .acknowledge(alarm: alarm), .remoteAcknowledge(alarm: alarm), .setOff(alarm: alarm, true),
      .technical(alarm: alarm, isPresent: true))
  }
  scene.run(10)
  #expect(scene.told.isEmpty && scene.inactivations.isEmpty)
}

@Test("a restart keeps what nobody has seen and what is off; a pause and standby are over")
func restart() throws {
  let scene = AlarmScene()
  scene.set(.asystole, true)
  scene.set(.leadOff, true)
  scene.run(3)
  scene.set(.asystole, false)
  scene.run(5)
  scene.set(.extremeTachycardia, true)
  scene.run(3)
  scene.perform(.setOff(alarm: tachycardia, true), .pauseAudio(seconds: 120))
  let snapshot = scene.board.snapshot(definitions: sceneDefinitions, patientID: "4711")
  let text = snapshot.text
  let read = try AlarmSnapshot(parsing: text.utf8, name: "alarm-state.json")
  #expect(read == snapshot && read.patientID == "4711")

  let second = AlarmScene(restored: read)
  #expect(second.sound == .high && second.light == .high)
  second.run(1)
  #expect(
    Set(second.takeTold()) == [
      "asystole latched restart", "extremeTachycardia latched restart", "tachycardia off restart",
    ])
  #expect(second.sound == .high && second.board.alarms.allSatisfy(\.isLatched))
  #expect(second.inactivations == [AlarmInactivation(offCount: 1, cause: .start)])
  #expect(second.board.snapshot(definitions: sceneDefinitions, patientID: "4711") == snapshot)
}

@Test(
  "a file of alarms that cannot be trusted is refused with a sentence",
  arguments: [
    "{", "[]", #"{"schemaVersion": 2, "patientID": null, "unacknowledged": [], "off": []}"#,
    #"{"schemaVersion": 1, "patientID": null, "unacknowledged": [1], "off": []}"#,
    #"{"schemaVersion": 1, "patientID": null, "unacknowledged": []}"#,
    #"{"schemaVersion": 1, "patientID": null, "unacknowledged": [], "off": [], "pause": 1}"#,
  ])
func brokenSnapshot(text: String) {
  let error = #expect(throws: (any Error).self) {
    _ = try AlarmSnapshot(parsing: text.utf8, name: "alarm-state.json")
  }
  #expect("\(error!)".contains("alarm-state.json"))
}

@Test("a file of the version before, which has no onsets, is read")
func olderSnapshot() throws {
  let text = #"{"schemaVersion": 1, "patientID": "7", "unacknowledged": ["asystole"], "off": []}"#
  #expect(
    try AlarmSnapshot(parsing: text.utf8, name: "alarm-state.json")
      == AlarmSnapshot(patientID: "7", unacknowledged: ["asystole"]))
}

@Test(
  "names that this program does not know, and alarms that may not be off, are not restored as off")
func foreignSnapshot() {
  let scene = AlarmScene(
    restored: AlarmSnapshot(unacknowledged: ["finding.OLD", "leadOff"], off: ["asystole", "moon"]))
  scene.run(1)
  #expect(scene.told.isEmpty && scene.light == nil)
}
