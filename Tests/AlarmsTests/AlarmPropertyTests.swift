// What must hold over any course of conditions and any actions of people, tried on random ones. The invariants are
// computed from what the test itself did, not from the system's state.

import Alarms
import TestSupport
import Testing

/// Millions of checks: only one that fails costs more than a comparison.
private func hold(
  _ holds: Bool, _ what: @autoclosure () -> String = "an invariant is broken",
  location: SourceLocation = #_sourceLocation
) {
  if !holds { Issue.record(Comment(rawValue: what()), sourceLocation: location) }
}

/// Random conditions and actions, and what a watcher outside may conclude from them.
private struct Course {
  var random: SeededRandom
  let scene: AlarmScene
  let settings: AlarmSettings
  var present = [Bool](repeating: false, count: sceneDefinitions.count)
  /// What was told of each alarm: shown, active, answered.
  var active = Set<Int>()
  var latched = Set<Int>()
  var answered = Set<Int>()
  var off = Set<Int>()
  var priorities = [Int: AlarmPriority]()
  var pausedUntil: Double?
  var isStandby = false

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    settings = AlarmSettings(
      remoteAcknowledgementSilences: Bool.random(using: &random),
      latchedAlarmsSound: Bool.random(using: &random))
    scene = AlarmScene(settings: settings)
  }

  mutating func act() {
    let alarm = sceneDefinitions.indices.randomElement(using: &random) ?? 0
    switch Int.random(in: 0..<400, using: &random) {
    case 0..<3: perform(.acknowledge(alarm: alarm))
    case 3: perform(.acknowledgeAll)
    case 4..<7: perform(.remoteAcknowledge(alarm: alarm))
    case 7: perform(.pauseAudio(seconds: .random(in: -10...300, using: &random)))
    case 8: perform(.resumeAudio)
    case 9: perform(.setOff(alarm: alarm, .random(using: &random)))
    case 10: perform(.standby(.random(using: &random)))
    case 11: scene.hasGoodECG.toggle()
    case 12..<60:
      present[alarm].toggle()
      scene.system.setCondition(alarm, isPresent: present[alarm])
    default: break
    }
  }

  private mutating func perform(_ command: AlarmCommand) {
    let shownBefore = active.union(latched)
    scene.perform(command)
    let news = scene.takeNews()
    listen(news)
    // Acknowledging, switching off and standby are the only ways in which a person hides an alarm.
    let hidden = shownBefore.subtracting(active.union(latched))
    switch command {
    case .acknowledge, .acknowledgeAll, .setOff(_, true), .standby(true): break
    default: hold(hidden.isEmpty, "\(command)")
    }
    if case .pauseAudio = command { hold(scene.sound == nil) }
  }

  mutating func step() {
    let latchedBefore = latched
    scene.run(0.1)
    let news = scene.takeNews()
    let wasPaused = pausedUntil != nil
    listen(news)
    let isNew = news.contains { item in
      guard case .transition(let change) = item else { return false }
      return change.phase == .start || change.phase == .update
    }
    if isNew && wasPaused { hold(pausedUntil == nil, "a new or graver alarm breaks a pause") }
    let vanished = latchedBefore.subtracting(latched).subtracting(active)
    hold(vanished.isEmpty, "a latched alarm vanished by itself")
    check()
  }

  private mutating func listen(_ news: [AlarmNews]) {
    for item in news {
      switch item {
      case .transition(let change): take(change)
      case .inactivation(let inactivation):
        pausedUntil = inactivation.audioPauseSecondsLeft.map { scene.seconds + Double($0) }
        hold((inactivation.audioPauseSecondsLeft ?? 1) <= 120)
        hold((inactivation.audioPauseSecondsLeft ?? 1) > 0)
        isStandby = inactivation.isStandby
        hold(Int(inactivation.offCount) == off.count)
      }
    }
  }

  private mutating func take(_ change: AlarmTransition) {
    let alarm = change.alarm
    let definition = sceneDefinitions[alarm]
    let isShown = active.contains(alarm) || latched.contains(alarm)
    switch change.phase {
    case .start:
      hold(!active.contains(alarm) && !off.contains(alarm) && present[alarm])
      hold(!isStandby || !definition.isInactiveInStandby)
      active.insert(alarm)
      answered.remove(alarm)
      hold(change.priority >= definition.priority)
      if latched.remove(alarm) != nil { hold(change.priority >= priorities[alarm] ?? .low) }
    case .update:
      hold(active.contains(alarm) && !answered.contains(alarm))
      hold(change.priority > priorities[alarm] ?? .high, "escalation only rises")
    case .latched:
      hold(active.remove(alarm) != nil && change.priority == .high && !definition.isTechnical)
      latched.insert(alarm)
    case .end:
      hold(isShown)
      let isUnseenHigh = change.priority == .high && !definition.isTechnical
      if change.cause == .condition || change.cause == .graver {
        hold(!isUnseenHigh || answered.contains(alarm), "\(definition.name) hid itself")
      }
      active.remove(alarm)
      latched.remove(alarm)
    case .acknowledged:
      hold(isShown)
      answered.insert(alarm)
    case .accepted:
      hold(isShown)
    case .off:
      hold(off.insert(alarm).inserted && definition.priority < .high)
    case .on: hold(off.remove(alarm) != nil)
    }
    hold(change.priority <= definition.priorityMax)
    priorities[alarm] = change.priority
  }

  /// Light and sound against what was told.
  private func check() {
    let shown = active.union(latched)
    hold(scene.light == shown.compactMap { priorities[$0] }.max())
    let unanswered = active.subtracting(answered).filter {
      !settings.remoteAcknowledgementSilences || !isAccepted($0)
    }
    let graver = unanswered.compactMap { priorities[$0] }.max()
    if let graver, pausedUntil == nil {
      hold(scene.sound ?? .low >= graver && scene.sound != nil)
    }
    if pausedUntil != nil || shown.isEmpty { hold(scene.sound == nil) }
    hold(scene.board.alarms.count == shown.count)
    hold(scene.board.alarms.map(\.priority) == scene.board.alarms.map(\.priority).sorted(by: >))
    hold(Set(scene.board.off) == off)
  }

  private func isAccepted(_ alarm: Int) -> Bool {
    scene.board.alarms.first { $0.alarm == alarm }?.isAccepted == true
  }
}

@Test(
  "over any course: what is unseen and high sounds, a pause ends and breaks, nothing latched vanishes",
  arguments: 0..<8)
func anyCourse(seed: UInt64) {
  var course = Course(seed: seed)
  for _ in 0..<3000 {
    course.act()
    course.step()
  }
  #expect(course.scene.seconds > 299)
}

@Test("a restart at any moment keeps what nobody has seen and what is off", arguments: 0..<8)
func restartAnywhere(seed: UInt64) throws {
  var course = Course(seed: 100 + seed)
  for _ in 0..<Int.random(in: 300..<1500, using: &course.random) {
    course.act()
    course.step()
  }
  let before = course.scene.board
  let snapshot = before.snapshot(definitions: sceneDefinitions, patientID: nil)
  let read = try AlarmSnapshot(parsing: snapshot.text.utf8, name: "alarm-state.json")
  let after = AlarmScene(restored: read)
  after.run(0.1)
  let unseen = before.alarms.filter { entry in
    let definition = sceneDefinitions[entry.alarm]
    return !entry.isAcknowledged && entry.priority == .high && !definition.isTechnical
  }
  #expect(Set(after.board.alarms.map(\.alarm)) == Set(unseen.map(\.alarm)))
  #expect(after.board.off == before.off)
  #expect(after.sound == (unseen.isEmpty ? nil : .high))
  #expect(after.system.inactivation.audioPauseSecondsLeft == nil)
  #expect(!after.system.inactivation.isStandby)
}

/// The rules of delays, written again the slow way: from the whole history instead of a state.
private func isActiveByHistory(_ history: [Bool], _ definition: AlarmDefinition) -> Bool {
  var isActive = false
  var since: Int?
  for (step, holds) in history.enumerated() {
    if holds == isActive {
      since = nil
      continue
    }
    let first = since ?? step
    since = first
    let delay = isActive ? definition.endSeconds : definition.onsetSeconds
    if step - first >= Int(delay * 16) {
      isActive.toggle()
      since = nil
    }
  }
  return isActive
}

@Test("over random histories an alarm is active exactly when its delays say so", arguments: 0..<20)
func randomHistories(seed: UInt64) {
  var random = SeededRandom(seed: seed)
  let system = AlarmSystem(definitions: sceneDefinitions)
  var history: [Bool] = []
  var isPresent = false
  for step in 0..<1000 {
    if Int.random(in: 0..<25, using: &random) == 0 { isPresent.toggle() }
    history.append(isPresent)
    system.setCondition(findingIndex, isPresent: isPresent)
    // Sixteenths of a second are exact in binary, so that the two computations cannot differ by rounding.
    system.step(at: Double(step) / 16)
    system.clearNews()
    let expected = isActiveByHistory(history, findingDefinition)
    if system.isActive(findingIndex) != expected { Issue.record("at step \(step)") }
  }
}
