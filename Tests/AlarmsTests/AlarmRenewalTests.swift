// More of the same: an alarm that is active sounds again, whoever has seen it.

import Testing

@testable import Alarms

@Test("an alarm of which there is more sounds again although it was seen here and at the station")
func renewal() {
  var settings = AlarmSettings()
  settings.remoteAcknowledgementSilences = true
  let scene = AlarmScene(settings: settings)
  let leadOff = BuiltInAlarm.leadOff.rawValue
  scene.system.renew(leadOff)
  #expect(scene.takeTold() == [], "what is not active has nothing to sound")
  scene.set(.leadOff, true)
  scene.run(2)
  scene.perform(.remoteAcknowledge(alarm: leadOff), .acknowledge(alarm: leadOff))
  #expect(scene.sound == nil && scene.board.alarms.first?.isAcknowledged == true)
  _ = scene.takeTold()
  let onset = scene.system.annunciation.onset
  scene.system.renew(leadOff)
  scene.run(0.1)
  #expect(scene.takeTold() == ["leadOff update further"])
  #expect(scene.sound == .medium && scene.system.annunciation.onset == onset + 1)
  let shown = scene.board.alarms.first
  #expect(shown?.isAcknowledged == false && shown?.isAccepted == false)
  // Seen again it is silent again, and ends as ever.
  scene.perform(.acknowledge(alarm: leadOff))
  scene.run(1)
  #expect(scene.sound == nil)
  scene.set(.leadOff, false)
  scene.run(3)
  #expect(scene.board.alarms.isEmpty)
}
