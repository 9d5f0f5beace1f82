// The ring between the acquisition thread and the processing thread: blocks of samples, filled and read in
// place. A full ring refuses the newest block; its owner counts the loss, nothing is overwritten.

import ECGSignal

/// A single-producer single-consumer ring of sample blocks. All memory is allocated at `init`.
///
/// `reserve`, `commit` and `waitForSpace` belong to the producing thread; `front`, `release` and
/// `waitForData` to the consuming one.
public final class SampleRing: @unchecked Sendable {
  /// Channels of every block.
  public let channelCount: Int
  private let indices: RingIndices
  private let headers: UnsafeMutablePointer<SampleBlock.Header>
  private let codes: UnsafeMutablePointer<Int32>
  private let codesPerBlock: Int

  /// Allocates `capacity` blocks (a power of two). 512 blocks are 10 s of bridge frames of 10 samples
  /// at 500 Hz; Cyton packets that wait share blocks of up to 32.
  public init(capacity: Int = 512, channelCount: Int) {
    self.channelCount = channelCount
    indices = RingIndices(capacity: capacity)
    codesPerBlock = channelCount * SampleBlock.sampleCountMax
    headers = .allocate(capacity: capacity)
    headers.initialize(repeating: SampleBlock.Header(), count: capacity)
    codes = .allocate(capacity: capacity * codesPerBlock)
    codes.initialize(repeating: SampleBlock.missing, count: capacity * codesPerBlock)
  }

  deinit {
    headers.deallocate()
    codes.deallocate()
  }

  private func block(at slot: Int) -> SampleBlock {
    SampleBlock(
      header: headers + slot, codes: codes + slot &* codesPerBlock, channelCount: channelCount)
  }

  /// The block to fill next, nil when the ring is full. Reserving again gives the same block.
  public func reserve() -> SampleBlock? { indices.slotToWrite().map(block) }

  /// Hands the reserved block over.
  public func commit() { indices.commitWrite() }

  /// The oldest block, nil when the ring is empty. It stays valid until `release`.
  public func front() -> SampleBlock? { indices.slotToRead().map(block) }

  /// Gives the front block's memory back.
  public func release() { indices.commitRead() }

  /// Blocks that wait to be read.
  public var count: Int { indices.count }

  /// Sleeps until a block can be read, at most so long.
  public func waitForData(milliseconds: UInt32) { indices.waitForData(milliseconds: milliseconds) }

  /// Sleeps until a block can be reserved, at most so long.
  public func waitForSpace(milliseconds: UInt32) {
    indices.waitForSpace(milliseconds: milliseconds)
  }
}
