// An output whose inbox, or whatever it is made of, is not to be had for a while.

import AlertLink
import Synchronization
import Testing

@testable import Central

private struct NotNow: Error, CustomStringConvertible {
  var description: String { "not now" }
}

/// Takes all it is offered.
private final class Shelf: AlertOutput {
  static let taken = Mutex<[UInt64]>([])

  func deliver(_ entries: [InboxEntry], wake: Int32, milliseconds: Int32) -> Int {
    Self.taken.withLock { $0 += entries.map(\.number) }
    return entries.count
  }
}

@Test("an output that cannot begin says so once, tries again, and has everything then")
func outputBeginsLate() throws {
  let inbox = MemoryInbox()
  try inbox.add("bed-1", 1...5)
  let attempts = Mutex(0)
  let told = Mutex<[String]>([])
  let output = try OutputThread(
    name: "shelf",
    openInbox: {
      let attempt = attempts.withLock { count in
        count += 1
        return count
      }
      if attempt <= 2 { throw NotNow() }
      return inbox
    },
    makeOutput: { Shelf() }, onTrouble: { text in told.withLock { $0.append(text) } })
  #expect(eventually { Shelf.taken.withLock { $0 } == [1, 2, 3, 4, 5] })
  #expect(told.withLock { $0 } == ["not now"])
  #expect(attempts.withLock { $0 } == 3)
  output.stop()
  #expect(output.hasEnded)
}
