// The alarm system's own rules: delays, suppression, latching, escalation.

import Alarms
import TestSupport
import Testing

@Test("an alarm starts once its condition has lasted, not before")
func onset() {
  let scene = AlarmScene()
  scene.run(10)
  scene.system.setCondition(findingIndex, isPresent: true)
  scene.run(3)
  #expect(scene.told.isEmpty)
  scene.run(0.1)
  #expect(scene.takeTold() == ["finding.AFIB start condition"])
  #expect(scene.system.isActive(findingIndex) && scene.light == .low && scene.sound == .low)
  scene.run(60)
  #expect(scene.told.isEmpty)
}

@Test("a condition that goes and comes counts anew, before the start and before the end")
func interruption() {
  let scene = AlarmScene()
  for (isPresent, seconds) in [(true, 2.9), (false, 0.5), (true, 2.9), (false, 1)] {
    scene.system.setCondition(findingIndex, isPresent: isPresent)
    scene.run(seconds)
  }
  #expect(scene.told.isEmpty)
  scene.system.setCondition(findingIndex, isPresent: true)
  scene.run(3.1)
  #expect(scene.takeTold() == ["finding.AFIB start condition"])
  for (isPresent, seconds) in [(false, 3.9), (true, 0.5), (false, 3.9)] {
    scene.system.setCondition(findingIndex, isPresent: isPresent)
    scene.run(seconds)
  }
  #expect(scene.told.isEmpty)
  scene.run(0.3)
  #expect(scene.takeTold() == ["finding.AFIB end condition"])
}

@Test("a graver alarm ends the one that says the same, which comes back only after its own onset")
func suppression() {
  let scene = AlarmScene()
  scene.set(.bradycardia, true)
  scene.run(3.1)
  scene.set(.asystole, true)
  scene.run(0.1)
  #expect(
    scene.takeTold() == [
      "bradycardia start condition", "asystole start condition", "bradycardia end graver",
    ])
  scene.set(.asystole, false)
  scene.run(3.1)
  #expect(scene.takeTold() == ["asystole latched condition"])
  // A latched alarm silences nothing: its condition is gone.
  scene.run(1.9)
  #expect(scene.told.isEmpty)
  scene.run(0.2)
  #expect(scene.takeTold() == ["bradycardia start condition"])
}

@Test("an alarm that yields sees the graver one in the same step: it never starts beside it")
func suppressionIsImmediate() {
  for alarm in BuiltInAlarm.allCases {
    let scene = AlarmScene()
    for other in BuiltInAlarm.allCases where other != alarm { scene.set(other, true) }
    scene.run(60)
    scene.set(alarm, true)
    scene.run(60)
    let starts = scene.told.filter { $0.contains(" start ") }
    #expect(Set(starts).count == starts.count, "\(alarm)")
    #expect(
      !scene.told.contains { $0.hasSuffix("graver") && $0.hasPrefix("\(alarm) ") }, "\(alarm)")
  }
}

@Test(
  "a high alarm of the patient stays lit and sounds when its condition is gone, until a person has seen it",
  arguments: BuiltInAlarm.allCases)
func latching(alarm: BuiltInAlarm) {
  let scene = AlarmScene()
  let definition = alarm.definition
  let latches = definition.priority == .high && !definition.isTechnical
  scene.set(alarm, true)
  scene.run(30.2)
  #expect(scene.system.isActive(alarm.rawValue))
  scene.set(alarm, false)
  scene.run(31)
  #expect(!scene.system.isActive(alarm.rawValue))
  #expect(scene.system.isShown(alarm.rawValue) == latches)
  #expect(scene.sound == (latches ? .high : nil) && scene.light == scene.sound)
  #expect(scene.board.alarms.map(\.isLatched) == (latches ? [true] : []))
  scene.run(3600)
  #expect(scene.system.isShown(alarm.rawValue) == latches)
  _ = scene.takeTold()
  scene.perform(.acknowledge(alarm: alarm.rawValue))
  #expect(
    scene.takeTold()
      == (latches ? ["\(alarm) acknowledged operator", "\(alarm) end operator"] : []))
  #expect(scene.sound == nil && scene.light == nil && scene.board.alarms.isEmpty)
}

@Test("an alarm that was acknowledged while its condition held ends with it; the next one is new")
func acknowledgement() {
  let scene = AlarmScene()
  scene.set(.asystole, true)
  scene.run(1)
  #expect(scene.sound == .high)
  scene.perform(.acknowledge(alarm: BuiltInAlarm.asystole.rawValue))
  #expect(scene.sound == nil && scene.light == .high)
  // Somebody wanted the silence: a reminder tells that it is one.
  #expect(scene.system.annunciation.reminds)
  scene.run(1000)
  #expect(scene.sound == nil)
  scene.set(.asystole, false)
  scene.run(4)
  #expect(scene.light == nil && !scene.system.annunciation.reminds)
  #expect(
    scene.takeTold() == [
      "asystole start condition", "asystole acknowledged operator", "asystole end condition",
    ])
  scene.set(.asystole, true)
  scene.run(1)
  #expect(scene.sound == .high)
}

@Test(
  "a latched alarm whose condition comes back starts again, at the priority that it had come to")
func latchedAgain() {
  let scene = AlarmScene()
  scene.set(.tachycardia, true)
  scene.run(310)
  #expect(scene.sound == .high)
  scene.set(.tachycardia, false)
  scene.run(6)
  scene.set(.tachycardia, true)
  scene.run(4)
  #expect(scene.sound == .high)
  #expect(
    scene.takeTold() == [
      "tachycardia start condition", "tachycardia update unanswered",
      "tachycardia latched condition", "tachycardia start condition",
    ])
}

@Test(
  "what nobody answers becomes graver step by step, as far as it may; what was answered does not",
  arguments: [false, true])
func escalation(isAnswered: Bool) {
  var slow = findingDefinition
  slow.priorityMax = .high
  slow.escalationSeconds = 50
  let scene = AlarmScene(BuiltInAlarm.allCases.map(\.definition) + [slow])
  scene.system.setCondition(findingIndex, isPresent: true)
  scene.run(4)
  if isAnswered { scene.perform(.acknowledgeAll) }
  var priorities: [AlarmPriority] = []
  for _ in 0..<5 {
    scene.run(50)
    priorities.append(scene.system.priority(findingIndex))
  }
  #expect(
    priorities
      == (isAnswered ? [.low, .low, .low, .low, .low] : [.medium] + [.high, .high, .high, .high]))
}

@Test("a finding of the model never becomes high, however long nobody comes")
func findingsStayMedium() {
  let scene = AlarmScene()
  scene.system.setCondition(findingIndex, isPresent: true)
  scene.run(7200)
  #expect(scene.system.priority(findingIndex) == .medium)
  #expect(!scene.board.alarms.contains { $0.priority == .high })
}

@Test("time does not go back, and standing still changes nothing")
func timeStandsStill() {
  let scene = AlarmScene()
  scene.set(.tachycardia, true)
  for seconds in [5.0, 5, 5, 3, 5] { scene.system.step(at: seconds) }
  #expect(scene.system.newsCount == 0)
  scene.system.step(at: 8)
  #expect(scene.system.newsCount == 1)
}

@Test("stepping and operating allocates nothing", .enabled(if: allocationsAreCountable))
func steppingAllocatesNothing() {
  let system = AlarmSystem(definitions: sceneDefinitions)
  func run(_ steps: Range<Int>) {
    for step in steps {
      for alarm in 0...findingIndex {
        system.setCondition(alarm, isPresent: step / 100 % 2 == 0)
      }
      system.perform(.pauseAudio(seconds: 60))
      system.perform(.acknowledge(alarm: step % (findingIndex + 1)))
      system.perform(.setOff(alarm: BuiltInAlarm.tachycardia.rawValue, step % 3 == 0))
      system.perform(.standby(step % 500 < 10))
      system.step(at: Double(step))
      system.clearNews()
    }
  }
  // The first calls make the runtime look up what it keeps from then on.
  run(0..<1000)
  #expect(countAllocations { run(1000..<3000) } == 0)
}
