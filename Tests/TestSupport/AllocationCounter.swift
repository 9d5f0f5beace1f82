// The evidence behind "no allocation after init": runs a piece of code and counts what its thread asked
// of the allocator meanwhile.

import CAllocationCounter

/// Whether allocations can be counted in this build (not under sanitizers): for `.enabled(if:)`.
public let allocationsAreCountable = allocations_countable()

/// How often the calling thread allocates while `body` runs. `body` must not suspend. Lazily made
/// things (metadata, globals, `dlsym` stubs) count where they are first used: run the code once before.
public func countAllocations(_ body: () throws -> Void) rethrows -> Int {
  allocations_begin()
  defer { _ = allocations_end() }
  try body()
  return Int(allocations_end())
}
