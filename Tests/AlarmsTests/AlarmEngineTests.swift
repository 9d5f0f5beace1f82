// The alarm engine as a pure state machine: delays, suppression, and what must hold over any history.

import Alarms
import Testing
import TestSupport

private let definitions = BuiltInAlarm.allCases.map(\.definition)
private let finding = AlarmDefinition(
  name: "finding.AFIB", message: "Atrial fibrillation", priority: .low, onsetSeconds: 3,
  endSeconds: 4)

private func engine() -> AlarmEngine { AlarmEngine(definitions: definitions + [finding]) }
private let findingIndex = definitions.count

@Test("an alarm starts once its condition has lasted, not before")
func onset() {
  let engine = engine()
  #expect(engine.update(findingIndex, isPresent: true, at: 10) == nil)
  #expect(engine.update(findingIndex, isPresent: true, at: 12.9) == nil)
  let start = engine.update(findingIndex, isPresent: true, at: 13)
  #expect(start?.alarm == findingIndex && start?.phase == .start && start?.priority == .low)
  #expect(engine.isActive(findingIndex))
  #expect(engine.update(findingIndex, isPresent: true, at: 14) == nil)
}

@Test("a condition that goes and comes counts anew, before the start and before the end")
func interruption() {
  let engine = engine()
  _ = engine.update(findingIndex, isPresent: true, at: 0)
  _ = engine.update(findingIndex, isPresent: false, at: 2)
  #expect(engine.update(findingIndex, isPresent: true, at: 3) == nil)
  #expect(engine.update(findingIndex, isPresent: true, at: 5.9) == nil)
  #expect(engine.update(findingIndex, isPresent: true, at: 6)?.phase == .start)
  #expect(engine.update(findingIndex, isPresent: false, at: 7) == nil)
  #expect(engine.update(findingIndex, isPresent: true, at: 10) == nil)
  #expect(engine.update(findingIndex, isPresent: false, at: 11) == nil)
  #expect(engine.update(findingIndex, isPresent: false, at: 14.9) == nil)
  let end = engine.update(findingIndex, isPresent: false, at: 15)
  #expect(end?.alarm == findingIndex && end?.phase == .end && end?.priority == .low)
  #expect(!engine.isActive(findingIndex))
}

@Test("a graver alarm ends the one that says the same, which comes back only after its own onset")
func suppression() {
  let engine = engine()
  let slow = BuiltInAlarm.bradycardia.rawValue
  let asystole = BuiltInAlarm.asystole.rawValue
  _ = engine.update(slow, isPresent: true, at: 0)
  #expect(engine.update(slow, isPresent: true, at: 3)?.phase == .start)
  #expect(engine.update(asystole, isPresent: true, at: 4)?.phase == .start)
  #expect(engine.update(slow, isPresent: true, at: 4)?.phase == .end)
  #expect(engine.update(slow, isPresent: true, at: 8) == nil)
  _ = engine.update(asystole, isPresent: false, at: 9)
  #expect(engine.update(asystole, isPresent: false, at: 12)?.phase == .end)
  #expect(engine.update(slow, isPresent: true, at: 12) == nil)
  #expect(engine.update(slow, isPresent: true, at: 15)?.phase == .start)
}

/// Table 1 of IEC 60601-1-8, as `reference/standards.md` 3.4 reads it.
@Test("the built-in alarms have the priorities of the standard, and names of their own")
func definitionsFollowTheStandard() {
  let high: Set<BuiltInAlarm> = [
    .asystole, .ventricularFibrillation, .ventricularTachycardia, .extremeTachycardia,
    .extremeBradycardia,
  ]
  let medium: Set<BuiltInAlarm> = [.tachycardia, .bradycardia, .leadOff, .noSignal, .deviceLost]
  let technical: Set<BuiltInAlarm> = [.leadOff, .noSignal, .samplesLost, .deviceLost]
  for alarm in BuiltInAlarm.allCases {
    let expected: AlarmPriority =
      high.contains(alarm) ? .high : medium.contains(alarm) ? .medium : .low
    #expect(alarm.definition.priority == expected, "\(alarm)")
    #expect(alarm.definition.isTechnical == technical.contains(alarm), "\(alarm)")
    #expect(alarm.definition.name == "\(alarm)")
    // What is grave is not kept waiting: 10 s from the event, of which the detectors need most.
    #expect(expected < .high || alarm.definition.onsetSeconds <= 2, "\(alarm)")
  }
  #expect(Set(definitions.map(\.name)).count == definitions.count)
  #expect(AlarmPriority.low < .medium && AlarmPriority.medium < .high)
}

/// The rules, written again the slow way: from the whole history instead of a state.
private func isActiveByHistory(
  _ history: [(seconds: Double, holds: Bool)], _ definition: AlarmDefinition
) -> Bool {
  var isActive = false
  var since: Double?
  for entry in history {
    if entry.holds == isActive {
      since = nil
      continue
    }
    let first = since ?? entry.seconds
    since = first
    let delay = isActive ? definition.endSeconds : definition.onsetSeconds
    if entry.seconds - first >= delay {
      isActive.toggle()
      since = nil
    }
  }
  return isActive
}

@Test("over random histories starts and ends alternate and agree with the rules", arguments: 0..<20)
func randomHistories(seed: UInt64) {
  var random = SeededRandom(seed: seed)
  let engine = engine()
  var presence = [Bool](repeating: false, count: definitions.count + 1)
  var active = presence
  var findingHistory: [(seconds: Double, holds: Bool)] = []
  var seconds = 0.0
  for _ in 0..<5000 {
    // Time stands still at times, as in a burst of blocks.
    seconds += Bool.random(using: &random) ? 0 : Double.random(in: 0..<1, using: &random)
    for alarm in presence.indices {
      if Int.random(in: 0..<12, using: &random) == 0 { presence[alarm].toggle() }
      let transition = engine.update(alarm, isPresent: presence[alarm], at: seconds)
      if let transition {
        #expect(transition.alarm == alarm)
        #expect(transition.phase == (active[alarm] ? .end : .start))
        active[alarm].toggle()
      }
      if active[alarm] != engine.isActive(alarm) { Issue.record("alarm \(alarm) at \(seconds)") }
    }
    findingHistory.append((seconds, presence[findingIndex]))
    let isSlowAndStopped =
      active[BuiltInAlarm.asystole.rawValue] && active[BuiltInAlarm.bradycardia.rawValue]
    #expect(!isSlowAndStopped)
  }
  #expect(active[findingIndex] == isActiveByHistory(findingHistory, finding))
}

@Test("updating allocates nothing", .enabled(if: allocationsAreCountable))
func updatingAllocatesNothing() {
  let engine = engine()
  _ = engine.update(0, isPresent: true, at: 0)
  let count = countAllocations {
    for step in 0..<1000 {
      for alarm in 0...findingIndex {
        _ = engine.update(alarm, isPresent: step / 100 % 2 == 0, at: Double(step))
      }
    }
  }
  #expect(count == 0)
}
