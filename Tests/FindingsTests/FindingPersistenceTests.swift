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
  _ = persistence.update(1, probability: 1)
  let count = countAllocations {
    for _ in 0..<100 { _ = persistence.update(1, probability: .nan) }
  }
  #expect(count == 0)
}
