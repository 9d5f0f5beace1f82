// Which leads the model may use now. A lead that fails is out at once; one that comes back must stay for
// two seconds, because a loose electrode flickers and every change restarts the encoder's stream.

import ECGSignal

/// Debounces the lead mask: off at once, on after `returnSamples` of uninterrupted presence.
struct LeadTracker {
  private(set) var leads: LeadSet
  private var presentSamples: InlineArray<12, Int> = .init(repeating: 0)
  private var isReturning = false
  private let returnSamples: Int

  /// Starts with the leads that the layout has.
  init(leads: LeadSet, sampleRate: Double, returnSeconds: Double = 2) {
    self.leads = leads
    returnSamples = Int((returnSeconds * sampleRate).rounded())
  }

  /// One sample's presence; true when the mask changed.
  mutating func update(present: LeadSet) -> Bool {
    if present == leads {
      if isReturning { presentSamples = .init(repeating: 0) }
      isReturning = false
      return false
    }
    isReturning = true
    var next = leads.intersection(present)
    for index in 0..<12 {
      let lead = LeadSet(rawValue: 1 << UInt16(index))
      if !present.contains(lead) {
        presentSamples[index] = 0
      } else if !leads.contains(lead) {
        presentSamples[index] &+= 1
        if presentSamples[index] >= returnSamples { next.insert(lead) }
      }
    }
    if next == leads { return false }
    leads = next
    return true
  }
}
