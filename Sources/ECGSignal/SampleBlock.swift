// A few milliseconds of ADC codes with what is known about them: the currency between the acquisition
// thread and the pipeline. A block is a view; its memory belongs to a ring slot or a `SampleBlockStorage`.

/// Why samples are missing before a block.
public enum GapCause: UInt8, Sendable, BitwiseCopyable {
  case none
  /// Frames that the front-end sent did not arrive (sequence numbers skip) or were damaged.
  case framesLost
  /// The processing thread fell behind and the ring refused them.
  case ringFull
  /// The device was away; the length is estimated from the host clock.
  case deviceLost
  /// The front-end itself says that it lost them: its FIFO was full, or it was not read in time.
  case frontEndOverflow
  /// The wire counts nothing; by the host clock so many samples are missing.
  case clockEstimate
  /// The host switched the front-end's inputs or settings; what came meanwhile belongs to neither.
  case inputsSwitched
  /// The recording that is played says so.
  case notRecorded

  /// The word printed in JSON.
  public var name: String {
    switch self {
    case .none: "none"
    case .framesLost: "framesLost"
    case .ringFull: "ringFull"
    case .deviceLost: "deviceLost"
    case .frontEndOverflow: "frontEndOverflow"
    case .clockEstimate: "clockEstimate"
    case .inputsSwitched: "inputsSwitched"
    case .notRecorded: "notRecorded"
    }
  }
}

/// A block of samples: codes `[channel][sample]` of `channelCount` channels.
public struct SampleBlock {
  /// A code that was not measured. Never a value of an ADC of at most 31 bits.
  public static let missing = Int32.min
  /// Samples a block can hold: 64 ms at 500 Hz.
  public static let sampleCountMax = 32

  /// What is known about the block.
  public struct Header: BitwiseCopyable, Sendable {
    /// Index of the first sample since the start of the stream, gaps counted.
    public var firstIndex: Int64 = 0
    /// Samples in the block, at most `sampleCountMax`.
    public var sampleCount: Int32 = 0
    /// Why the samples before are missing.
    public var gapCause: GapCause = .none
    /// Whether this is the last block of a stream that ends.
    public var isLast = false
    /// The device sends nothing: the block holds no samples, `firstIndex` is the host clock's estimate
    /// of now. It lets time go on, so that the silence itself can alarm.
    public var isDeviceAway = false
    /// Samples missing between the previous block and this one.
    public var gapBefore: Int64 = 0
    /// Bit `n`: an electrode of channel `n` is off.
    public var leadOff: UInt32 = 0
    /// CLOCK_MONOTONIC when the block's last byte had arrived, in nanoseconds.
    public var arrivalNanoseconds: UInt64 = 0
    /// The true rate as far as arrivals tell it by now, nil where they tell nothing.
    public var clock: ClockFit?
    /// The source's counters when the block was made.
    public var counters = FrameCounters()

    /// An empty block at the start of a stream.
    public init() {}

    /// Whether only the host's clock counted what is missing before this block, or what came too often since a block
    /// with the last counters: that says nothing of the front-end's clock.
    public func isCountedByHost(since last: FrameCounters) -> Bool {
      gapCause == .deviceLost || gapCause == .clockEstimate
        || counters.samplesSurplus != last.samplesSurplus
    }
  }

  /// The header, in the slot's memory.
  public let header: UnsafeMutablePointer<Header>
  /// Codes `[channel][sampleCountMax]`.
  public let codes: UnsafeMutablePointer<Int32>
  /// Channels in the block.
  public let channelCount: Int

  /// A view of memory that the caller owns.
  public init(
    header: UnsafeMutablePointer<Header>, codes: UnsafeMutablePointer<Int32>, channelCount: Int
  ) {
    self.header = header
    self.codes = codes
    self.channelCount = channelCount
  }

  /// The codes of one channel, `header.sampleCount` of them valid.
  @inline(__always)
  public func channel(_ index: Int) -> UnsafeMutablePointer<Int32> {
    codes + index &* Self.sampleCountMax
  }
}

/// One block with memory of its own: for tests, and to hold samples that a full ring refuses.
public struct SampleBlockStorage: ~Copyable {
  /// The block; valid while the storage lives.
  public let block: SampleBlock

  /// Allocates a block of `channelCount` channels, empty.
  public init(channelCount: Int) {
    let header = UnsafeMutablePointer<SampleBlock.Header>.allocate(capacity: 1)
    header.initialize(to: SampleBlock.Header())
    let codeCount = channelCount * SampleBlock.sampleCountMax
    let codes = UnsafeMutablePointer<Int32>.allocate(capacity: codeCount)
    codes.initialize(repeating: SampleBlock.missing, count: codeCount)
    block = SampleBlock(header: header, codes: codes, channelCount: channelCount)
  }

  deinit {
    block.header.deallocate()
    block.codes.deallocate()
  }
}
