// Persistence with hysteresis, against its definition written out over all short histories.

import Findings
import Testing
import TestSupport

@Test("present after 4 of 6 above, absent after 4 of 6 below: every history of 12 windows")
func persistenceByDefinition() {
  for history in 0..<(1 << 12) {
    var persistence = FindingPersistence(thresholds: [0.5])
    var isPresent = false
    var windows = [Bool](repeating: false, count: 6)
    for bit in 0..<12 {
      let isAbove = history >> bit & 1 == 1
      windows = windows.dropFirst() + [isAbove]
      let above = windows.count { $0 }
      if above >= 4 { isPresent = true } else if 6 - above >= 4 { isPresent = false }
      let result = persistence.update(0, probability: isAbove ? 0.5 : 0.499)
      if result != isPresent {
        Issue.record("history \(history), window \(bit)")
        return
      }
    }
  }
}

/// What the windows so far say, from all of them and nothing else: present since the last window at which four of the
/// six before and with it were above, unless four of six were below since.
private func isPresentByOracle(_ probabilities: [Float], threshold: Float) -> Bool {
  var isPresent = false
  for end in probabilities.indices {
    let last = (end - 5...end).map { $0 < 0 ? false : probabilities[$0] >= threshold }
    let votes = last.filter { $0 }.count
    isPresent = votes >= 4 ? true : votes <= 2 ? false : isPresent
  }
  return isPresent
}

@Test(
  "many statements at once, with any probability and none, are as a slow oracle says",
  arguments: 0..<25)
func persistenceByOracle(seed: UInt64) {
  var random = SeededRandom(seed: seed)
  let thresholds = (0..<8).map { _ in Float.random(in: 0.01...0.99, using: &random) }
  var persistence = FindingPersistence(thresholds: thresholds)
  var histories = [[Float]](repeating: [], count: thresholds.count)
  for _ in 0..<400 {
    let statement = Int.random(in: 0..<thresholds.count, using: &random)
    let threshold = thresholds[statement]
    let values: [Float] = [
      .nan, .infinity, -.infinity, 0, 1, threshold, threshold.nextDown, threshold.nextUp,
      .random(in: 0...1, using: &random),
    ]
    let value = values.randomElement(using: &random) ?? 0
    histories[statement].append(value)
    let answer = persistence.update(statement, probability: value)
    // Every statement, so that one's votes are never another's.
    for other in thresholds.indices {
      let expected = isPresentByOracle(histories[other], threshold: thresholds[other])
      let isPresent = persistence.isPresent(other)
      if isPresent != expected || (other == statement && answer != expected) {
        Issue.record("statement \(other) after \(histories[other].count) windows")
        return
      }
    }
  }
}

@Test("what is no longer assessed ages out in four windows")
func notAssessedAgesOut() {
  var persistence = FindingPersistence(thresholds: [0.2, 0.8])
  for _ in 0..<6 {
    _ = persistence.update(0, probability: 0.5)
    _ = persistence.update(1, probability: 0.5)
  }
  let presence = [persistence.isPresent(0), persistence.isPresent(1)]
  #expect(presence == [true, false])
  let results = (0..<4).map { _ in persistence.update(0, probability: .nan) }
  #expect(results == [true, true, true, false])
}

@Test("a reset makes all absent")
func resetMakesAbsent() {
  var persistence = FindingPersistence(thresholds: [0.5])
  for _ in 0..<6 { _ = persistence.update(0, probability: 1) }
  persistence.reset()
  let isPresent = persistence.isPresent(0)
  #expect(!isPresent)
  let results = (0..<4).map { _ in persistence.update(0, probability: 1) }
  #expect(results == [false, false, false, true])
}

@Test("updating allocates nothing", .enabled(if: allocationsAreCountable))
func updatingAllocatesNothing() {
  var persistence = FindingPersistence(thresholds: [0.5, 0.5])
  let count = countAllocationsOnceUsed {
    for turn in 0..<100 { _ = persistence.update(1, probability: turn % 20 < 10 ? 1 : .nan) }
  }
  #expect(count == 0)
}
