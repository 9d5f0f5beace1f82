// Blocks that arrived while the answer to a command was awaited, in their order, until somebody reads them.

import ECGSignal

/// A bounded queue of blocks. Allocates with the first block that it keeps. One thread.
struct KeptBlocks: ~Copyable {
  /// Ten seconds of the shortest blocks that bridges send.
  static let capacity = 512

  /// Blocks at hand.
  private(set) var count = 0
  private var first = 0
  private var channelCount = 0
  private var headers: UnsafeMutablePointer<SampleBlock.Header>?
  /// Codes `[slot][channel][sampleCountMax]`.
  private var codes: UnsafeMutablePointer<Int32>?

  deinit {
    headers?.deallocate()
    codes?.deallocate()
  }

  var isFull: Bool { count == Self.capacity }

  /// Copies a block behind the others. There must be room; all have the same channels.
  mutating func append(_ block: SampleBlock) {
    precondition(!isFull)
    if headers == nil || channelCount != block.channelCount { allocate(block.channelCount) }
    Self.copy(block, to: slot((first + count) % Self.capacity))
    count += 1
  }

  /// Moves the oldest block; false when there is none.
  mutating func take(into block: SampleBlock) -> Bool {
    guard count > 0 else { return false }
    Self.copy(slot(first), to: block)
    first = (first + 1) % Self.capacity
    count -= 1
    return true
  }

  /// Forgets all blocks, and says how much time they took: samples and the gaps before them.
  mutating func removeAll() -> Int64 {
    var samples: Int64 = 0
    while count > 0 {
      let header = slot(first).header.pointee
      samples += header.gapBefore + Int64(header.sampleCount)
      first = (first + 1) % Self.capacity
      count -= 1
    }
    return samples
  }

  private mutating func allocate(_ channelCount: Int) {
    precondition(count == 0)
    headers?.deallocate()
    codes?.deallocate()
    self.channelCount = channelCount
    let newHeaders = UnsafeMutablePointer<SampleBlock.Header>.allocate(capacity: Self.capacity)
    newHeaders.initialize(repeating: SampleBlock.Header(), count: Self.capacity)
    let codeCount = Self.capacity * channelCount * SampleBlock.sampleCountMax
    let newCodes = UnsafeMutablePointer<Int32>.allocate(capacity: codeCount)
    newCodes.initialize(repeating: SampleBlock.missing, count: codeCount)
    headers = newHeaders
    codes = newCodes
  }

  private func slot(_ index: Int) -> SampleBlock {
    guard let headers, let codes else { preconditionFailure("no block was ever kept") }
    return SampleBlock(
      header: headers + index, codes: codes + index * channelCount * SampleBlock.sampleCountMax,
      channelCount: channelCount)
  }

  private static func copy(_ source: SampleBlock, to target: SampleBlock) {
    target.header.pointee = source.header.pointee
    for channel in 0..<min(source.channelCount, target.channelCount) {
      target.channel(channel).update(
        from: source.channel(channel), count: Int(source.header.pointee.sampleCount))
    }
  }
}
