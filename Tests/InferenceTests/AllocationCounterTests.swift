import Testing
import TestSupport

@Test("the allocation counter sees an array grow", .enabled(if: allocationsAreCountable))
func allocationCounterCounts() {
  var values: [Int] = []
  let growing = countAllocations { for value in 0..<1000 { values.append(value) } }
  #expect(growing > 0)
  var turns = 0
  let again = countAllocationsOnceUsed {
    turns += 1
    if turns == 2 { values.reserveCapacity(100_000) }
  }
  #expect(again > 0 && turns == 2)
  let still = countAllocations { for index in 0..<1000 { values[index] &+= 1 } }
  #expect(still == 0)
  #expect(values[999] == 1000)
}
