// Which statements are assessed with the leads that are there: asked for every window, answered without
// touching memory that is counted.

import ECGSignal
import Inference

/// The statements' lead sets as plain bits. One thread at a time; allocates only when it is made.
final class Assessability {
  private let statementCount: Int
  /// All sets one after the other, and where each statement's begin (`[statementCount + 1]`).
  private let masks: UnsafeMutablePointer<UInt16>
  private let starts: UnsafeMutablePointer<Int>
  private let isAssessable: UnsafeMutablePointer<Bool>

  /// A statement that was not validated at this age has no lead set at all.
  init(_ statements: [Statement], ageYears: Int?) {
    statementCount = statements.count
    let sets = statements.map { statement in
      if let ages = statement.ages, let ageYears, !ages.contains(ageYears) { return [LeadSet]() }
      return statement.leadSets
    }
    masks = .allocate(capacity: max(1, sets.reduce(0) { $0 + $1.count }))
    starts = .allocate(capacity: statementCount + 1)
    isAssessable = .allocate(capacity: statementCount)
    isAssessable.initialize(repeating: false, count: statementCount)
    var position = 0
    for (index, list) in sets.enumerated() {
      (starts + index).initialize(to: position)
      for set in list {
        (masks + position).initialize(to: set.rawValue)
        position += 1
      }
    }
    (starts + statementCount).initialize(to: position)
  }

  deinit {
    masks.deallocate()
    starts.deallocate()
    isAssessable.deallocate()
  }

  /// Whether the statement is assessed with the leads of the last update.
  subscript(index: Int) -> Bool { isAssessable[index] }

  /// Answers for these leads.
  func update(leads: LeadSet) {
    for index in 0..<statementCount {
      var complete = false
      for position in starts[index]..<starts[index &+ 1]
      where masks[position] & ~leads.rawValue == 0 { complete = true }
      isAssessable[index] = complete
    }
  }
}
