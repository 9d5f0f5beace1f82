// What the alarm system has to tell since it was last asked, in the order in which it happened.

/// One thing to tell.
public enum AlarmNews: BitwiseCopyable, Sendable, Hashable {
  /// An alarm changed.
  case transition(AlarmTransition)
  /// What keeps alarms silent changed, or a second of the audio pause went by.
  case inactivation(AlarmInactivation)
}

/// The news in memory of its own. Allocates only at `init`.
struct AlarmNewsBuffer: ~Copyable {
  let capacity: Int
  private let storage: UnsafeMutablePointer<AlarmNews>
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    storage = .allocate(capacity: capacity)
  }

  deinit { storage.deallocate() }

  subscript(position: Int) -> AlarmNews {
    precondition(position < count)
    return storage[position]
  }

  mutating func clear() { count = 0 }

  mutating func append(_ news: AlarmNews) {
    precondition(count < capacity, "commands are taken only while there is room for what follows")
    (storage + count).initialize(to: news)
    count &+= 1
  }
}
