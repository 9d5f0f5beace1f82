// No flickering electrode and no lost sample hides a heart that has stopped or fibrillates, and neither makes a stopped
// heart of one that beats.

import Alarms
import TestSupport
import Testing

@testable import Pipeline

private let hidden: Set<String> = [
  "asystole", "ventricularFibrillation", "ventricularTachycardia", "extremeTachycardia",
  "cannotAnalyse",
]

private let disturbances: [Disturbance] = [
  Disturbance(kind: .electrodesOff, everySeconds: 1, lastsSeconds: 0.1),
  Disturbance(kind: .electrodesOff, everySeconds: 1.7, lastsSeconds: 0.05),
  Disturbance(kind: .electrodesOff, everySeconds: 2.1, lastsSeconds: 0.1),
  Disturbance(kind: .electrodesOff, everySeconds: 3, lastsSeconds: 0.1),
  Disturbance(kind: .electrodesOff, everySeconds: 4, lastsSeconds: 0.1),
  Disturbance(kind: .electrodesOff, everySeconds: 4.1, lastsSeconds: 1.2),
  Disturbance(kind: .samplesLost, everySeconds: 1, lastsSeconds: 0.15),
  Disturbance(kind: .samplesLost, everySeconds: 2, lastsSeconds: 0.3),
  Disturbance(kind: .samplesLost, everySeconds: 2.5, lastsSeconds: 0.2),
  Disturbance(kind: .samplesLost, everySeconds: 3.9, lastsSeconds: 0.2),
  Disturbance(kind: .samplesLost, everySeconds: 3.9, lastsSeconds: 2),
  Disturbance(kind: .samplesLost, everySeconds: 3.9, lastsSeconds: 2.5),
]

/// All with one lead, and one of each kind with twelve.
private let scenes =
  disturbances.map { ($0, true) } + [(disturbances[3], false), (disturbances[8], false)]

@Test(
  "a standstill and a fibrillation behind it are told within ten seconds by an alarm of high priority",
  arguments: scenes)
func nothingIsHidden(disturbance: Disturbance, isOneLead: Bool) throws {
  // At two places of the flicker's turn.
  for onset in [20.0, 21.3] {
    for script in ["asystole?atrial=70", "vf?seed=3"] {
      let scene = try FlickerScene("\(script)&onset=\(onset)", isOneLead: isOneLead)
      scene.play(to: onset + 14, disturbance)
      // Where no beat was seen before, it was told already.
      for after in [10.0, 12, 14] {
        #expect(scene.isActive(hidden, at: onset + after), "\(script) at \(onset), after \(after)")
      }
    }
  }
}

@Test(
  "a heart that beats behind it raises no alarm of high priority of the patient, whatever its rate",
  arguments: scenes)
func noHeartStops(disturbance: Disturbance, isOneLead: Bool) throws {
  for script in ["nsr?hr=40", "nsr?hr=58", "nsr?hr=60", "nsr?hr=61", "af"] {
    let scene = try FlickerScene(script, isOneLead: isOneLead)
    scene.play(to: 40, disturbance)
    #expect(scene.highAlarms == [], "\(script)")
  }
}

@Test("an electrode that flickers is told, one that was off for a moment is not")
func flickerIsTold() throws {
  for every in [1.0, 2, 3, 4] {
    let flicker = Disturbance(
      kind: .electrodesOff, fromSeconds: 10, everySeconds: every, lastsSeconds: 0.1)
    let scene = try FlickerScene("nsr", isOneLead: true)
    scene.play(to: 30, flicker)
    let told = scene.starts(["leadOff"])
    #expect(told.count == 1 && told[0] <= 10 + every + 1.3, "\(every): \(told)")
    scene.play(to: 40)
    #expect(scene.transitions.contains { $0.alarm.name == "leadOff" && $0.change.phase == .end })
  }
  let moment = Disturbance(
    kind: .electrodesOff, fromSeconds: 10, everySeconds: 100, lastsSeconds: 0.1)
  let scene = try FlickerScene("nsr", isOneLead: true)
  scene.play(to: 30, moment)
  #expect(scene.starts(["leadOff"]) == [])
}

@Test(
  "electrodes that are all off are told by a technical alarm within three seconds, and no heart stops",
  arguments: [true, false])
func allOff(isOneLead: Bool) throws {
  for script in ["nsr", "af", "nsr?hr=45"] {
    let scene = try FlickerScene(script, isOneLead: isOneLead)
    scene.play(
      to: 80,
      Disturbance(
        kind: .electrodesOff, fromSeconds: 20, everySeconds: 100, lastsSeconds: 100))
    let told = scene.starts(["noSignal", "leadOff"])
    #expect(told.first.map { $0 >= 20 && $0 <= 23 } == true, "\(script): \(told)")
    #expect(scene.highAlarms == [] && scene.starts(["cannotAnalyse"]) == [], "\(script)")
  }
}

@Test("nothing of it allocates", .enabled(if: allocationsAreCountable))
func flickerAllocatesNothing() throws {
  for disturbance in [disturbances[3], disturbances[8], disturbances[11]] {
    // The first time, whatever is made at its first use is made.
    let allocations = try (1...2).map { _ in
      let scene = try FlickerScene("asystole?onset=12", isOneLead: false)
      scene.play(to: 22, disturbance)
      return scene.allocations
    }
    #expect(allocations[1] == 0, "\(disturbance)")
  }
}

@Test("a further electrode that comes off sounds again, although the first was seen or paused")
func furtherElectrode() throws {
  for isPaused in [false, true] {
    let scene = try FlickerScene("nsr", isOneLead: false)
    func off(_ electrodes: UInt32) -> Disturbance {
      Disturbance(
        kind: .electrodesOff, everySeconds: 100, lastsSeconds: 100, electrodes: electrodes)
    }
    scene.play(to: 10)
    scene.play(to: 15, off(1 << 7))
    #expect(scene.pipeline.annunciation.sound == .medium)
    scene.perform(
      isPaused ? .pauseAudio(seconds: 120) : .acknowledge(alarm: BuiltInAlarm.leadOff.rawValue))
    scene.play(to: 20, off(1 << 7))
    #expect(scene.pipeline.annunciation.sound == nil)
    let onset = scene.pipeline.annunciation.onset
    scene.play(to: 20.5, off(1 << 7 | 1 << 3))
    #expect(scene.pipeline.annunciation.onset == onset, "it has not lasted")
    scene.play(to: 23, off(1 << 7 | 1 << 3))
    #expect(scene.pipeline.annunciation.sound == .medium)
    #expect(scene.pipeline.annunciation.onset == onset + 1)
    let again = scene.transitions.filter { $0.change.cause == .further }
    #expect(again.map(\.alarm.name) == ["leadOff"] && again.map(\.change.phase) == [.update])
    // It is the same alarm: one start, and nothing of the first electrode again.
    #expect(scene.starts(["leadOff"]).count == 1)
    scene.perform(.acknowledge(alarm: BuiltInAlarm.leadOff.rawValue))
    scene.play(to: 30, off(1 << 7))
    scene.play(to: 35, off(1 << 7 | 1 << 3))
    #expect(scene.pipeline.annunciation.onset == onset + 2, "it came off once more")
  }
}
