// Which leads the model may use: off at once, on again late.

import ECGSignal
import Testing

@testable import Pipeline

@Test("a lead that fails is out at once and back only after two steady seconds")
func leadReturnsLate() {
  var tracker = LeadTracker(leads: .twelve, sampleRate: 10)
  let without = LeadSet.twelve.subtracting(LeadSet(.V1))
  let changesAtOnce = tracker.update(present: without)
  #expect(changesAtOnce && tracker.leads == without)
  var changes = (0..<10).map { _ in tracker.update(present: .twelve) }
  changes.append(tracker.update(present: without))
  changes += (0..<19).map { _ in tracker.update(present: .twelve) }
  #expect(changes.allSatisfy { !$0 })
  let returns = tracker.update(present: .twelve)
  #expect(returns && tracker.leads == .twelve)
}
