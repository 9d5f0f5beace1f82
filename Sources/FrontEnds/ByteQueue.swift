// A bounded queue of bytes in one piece of memory: what a decoder has received and not yet understood.

/// Bytes in the order of their arrival. Allocates only at `init`.
struct ByteQueue: ~Copyable {
  private let storage: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private var start = 0
  private var end = 0

  init(capacity: Int) {
    self.capacity = capacity
    storage = .allocate(capacity: capacity)
    storage.initialize(repeating: 0, count: capacity)
  }

  deinit { storage.deallocate() }

  var count: Int { end &- start }
  var bytes: UnsafeMutablePointer<UInt8> { storage + start }

  /// Appends what fits and returns how much that was.
  mutating func append(_ bytes: UnsafeRawBufferPointer) -> Int {
    if start > 0 && capacity &- end < bytes.count {
      storage.update(from: storage + start, count: end &- start)
      end &-= start
      start = 0
    }
    let taken = min(bytes.count, capacity &- end)
    guard taken > 0, let source = bytes.baseAddress else { return 0 }
    (storage + end).update(from: source.assumingMemoryBound(to: UInt8.self), count: taken)
    end &+= taken
    return taken
  }

  mutating func remove(_ count: Int) {
    start &+= count
    if start == end {
      start = 0
      end = 0
    }
  }
}
