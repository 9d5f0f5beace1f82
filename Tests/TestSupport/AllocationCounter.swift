// The evidence behind "no allocation after init": runs a piece of code and counts what its thread asked
// of the allocator meanwhile.

import CAllocationCounter

/// Whether allocations can be counted in this build: for `.enabled(if:)`. Not under sanitizers, and not where the
/// compiler's own unoptimised code allocates to change an array's element in place, as Swift 6.2 does.
public let allocationsAreCountable = allocations_countable() && changesInPlace()

private func changesInPlace() -> Bool {
  var values = [1, 2, 3]
  return countAllocations { for index in values.indices { values[index] &+= 1 } } == 0
}

/// How often the calling thread allocates while `body` runs. `body` must not suspend. Lazily made
/// things (metadata, globals, `dlsym` stubs) count where they are first used: run the code once before.
public func countAllocations(_ body: () throws -> Void) rethrows -> Int {
  allocations_begin()
  defer { _ = allocations_end() }
  try body()
  return Int(allocations_end())
}

/// The same of the second of two runs of `body`: whatever is made at its first use is made in the first.
public func countAllocationsOnceUsed(_ body: () throws -> Void) rethrows -> Int {
  try body()
  return try countAllocations(body)
}
