// Bytes of bridge frames to blocks of samples: every sample is delivered once, or counted as lost.

import ECGSignal

/// Decoder of the bridge frame. One thread.
public final class BridgeDecoder: FrameDecoder {
  /// Frames back that a repetition can lie.
  private static let repetitionFrames: UInt32 = 16

  /// What the front-end last said of itself.
  public private(set) var hello: BridgeHello?
  public private(set) var counters = FrameCounters()
  public private(set) var nextIndex: Int64 = 0

  private var queue = ByteQueue(capacity: 2 * BridgeFrame.encodedByteCountMax)
  private let frame: UnsafeMutablePointer<UInt8>
  private let crc = CRC32()
  private var channelCount = 0
  private var arrival: UInt64 = 0
  /// Bytes at the front of the queue that hold no delimiter.
  private var searched = 0
  /// A frame was too long: everything up to the next delimiter belongs to it.
  private var isSkipping = false
  private var isInStep = true
  private var expectedTick: UInt32?
  private var expectedSequence: UInt32?
  private var pendingGap: Int64 = 0
  private var pendingCause = GapCause.none

  /// Allocates the buffers.
  public init() {
    frame = .allocate(capacity: BridgeFrame.encodedByteCountMax)
    frame.initialize(repeating: 0, count: BridgeFrame.encodedByteCountMax)
  }

  deinit { frame.deallocate() }

  public var announcedFormat: SignalFormat? { hello?.format }

  public func feed(_ bytes: UnsafeRawBufferPointer, arrivalNanoseconds: UInt64) -> Int {
    arrival = arrivalNanoseconds
    return queue.append(bytes)
  }

  public func skip(samples: Int64) {
    pendingGap &+= samples
    pendingCause = .deviceLost
    counters.samplesLost &+= samples
    counters.reconnects &+= 1
    expectedTick = nil
    expectedSequence = nil
    queue.remove(queue.count)
    searched = 0
    isSkipping = true
  }

  public func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome {
    while let length = delimitedByteCount() {
      let outcome = length > 0 ? decode(length, into: block) : nil
      queue.remove(length &+ 1)
      searched = 0
      if let outcome { return outcome }
    }
    return .needsBytes
  }

  /// Bytes before the next delimiter, nil when there is none yet. Overlong frames are dropped here.
  private func delimitedByteCount() -> Int? {
    while true {
      let bytes = queue.bytes
      let count = queue.count
      while searched < count && bytes[searched] != 0 { searched &+= 1 }
      let isComplete = searched < count
      if isSkipping || (!isComplete && searched >= BridgeFrame.encodedByteCountMax) {
        if !isSkipping { refuse(0) }
        counters.bytesDiscarded &+= Int64(searched)
        queue.remove(searched)
        searched = 0
        isSkipping = !isComplete
        if !isComplete { return nil }
        continue
      }
      guard isComplete else { return nil }
      if searched < BridgeFrame.encodedByteCountMax { return searched }
      isSkipping = true
      refuse(0)
    }
  }

  /// A frame between two delimiters; nil when it holds nothing for the caller.
  private func decode(_ length: Int, into block: SampleBlock) -> DecodeOutcome? {
    guard let count = COBS.decode(queue.bytes, count: length, into: frame),
      count >= BridgeFrame.headerByteCount + BridgeFrame.checksumByteCount,
      LittleEndian.read32(frame + count - 4)
        == crc.checksum(frame, count: count - BridgeFrame.checksumByteCount),
      frame[0] == BridgeFrame.version
    else { return refuse(length) }
    let sequence = LittleEndian.read32(frame + 4)
    let outcome: DecodeOutcome?
    switch BridgeFrame.Kind(rawValue: frame[1]) {
    case .samples: outcome = acceptSamples(count, sequence, into: block)
    case .hello: outcome = acceptHello(count)
    case .command, .acknowledge: outcome = nil
    case nil: return refuse(length)
    }
    if frame[1] != BridgeFrame.Kind.samples.rawValue { expectedSequence = sequence &+ 1 }
    isInStep = true
    return outcome
  }

  @discardableResult
  private func refuse(_ length: Int) -> DecodeOutcome? {
    counters.framesCorrupt &+= 1
    counters.bytesDiscarded &+= Int64(length)
    if isInStep { counters.resynchronisations &+= 1 }
    isInStep = false
    return nil
  }

  /// The rare frame: it may allocate, once a second at most and only when something changed.
  private func acceptHello(_ count: Int) -> DecodeOutcome? {
    guard count >= BridgeFrame.helloHeaderByteCount, let new = BridgeHello(frame, count: count)
    else { return refuse(count) }
    counters.framesReceived &+= 1
    if new == hello { return nil }
    hello = new
    channelCount = new.leads.count
    return .format
  }

  private func acceptSamples(
    _ count: Int, _ sequence: UInt32, into block: SampleBlock
  ) -> DecodeOutcome? {
    let channels = Int(frame[16])
    let samples = Int(frame[17])
    let expectedCount =
      BridgeFrame.samplesHeaderByteCount + 3 * channels * samples + BridgeFrame.checksumByteCount
    guard count == expectedCount, samples >= 1, samples <= BridgeFrame.sampleCountMax else {
      return refuse(count)
    }
    guard channelCount > 0 else { return nil }
    guard channels == channelCount, channels == block.channelCount else { return refuse(count) }
    let tick = LittleEndian.read32(frame + 8)
    guard placeInTime(tick, sequence, samples) else { return nil }
    fill(block, channels: channels, samples: samples)
    return .samples
  }

  /// Compares tick and sequence with what is expected; false for a repetition.
  private func placeInTime(_ tick: UInt32, _ sequence: UInt32, _ samples: Int) -> Bool {
    if let expectedTick, let expectedSequence {
      let framesBack = expectedSequence &- sequence
      let samplesBack = expectedTick &- tick
      if framesBack >= 1 && framesBack <= Self.repetitionFrames && samplesBack >= 1
        && samplesBack <= Self.repetitionFrames &* UInt32(BridgeFrame.sampleCountMax)
      {
        counters.framesRepeated &+= 1
        return false
      }
      let gap = tick &- expectedTick
      if gap >= 1 << 31 {
        counters.resynchronisations &+= 1
      } else if gap > 0 {
        pendingGap &+= Int64(gap)
        pendingCause = .framesLost
        counters.samplesLost &+= Int64(gap)
      }
    }
    expectedTick = tick &+ UInt32(samples)
    expectedSequence = sequence &+ 1
    return true
  }

  private func fill(_ block: SampleBlock, channels: Int, samples: Int) {
    var bytes = UnsafePointer(frame) + BridgeFrame.samplesHeaderByteCount
    for sample in 0..<samples {
      for channel in 0..<channels {
        block.channel(channel)[sample] = BigEndian.read24(bytes)
        bytes += 3
      }
    }
    counters.framesReceived &+= 1
    counters.samplesReceived &+= Int64(samples)
    nextIndex &+= pendingGap
    let header = block.header
    header.pointee.firstIndex = nextIndex
    header.pointee.sampleCount = Int32(samples)
    header.pointee.gapBefore = pendingGap
    header.pointee.gapCause = pendingCause
    header.pointee.leadOff =
      UInt32(LittleEndian.read16(frame + 18) | LittleEndian.read16(frame + 20))
    header.pointee.arrivalNanoseconds = arrival
    header.pointee.counters = counters
    nextIndex &+= Int64(samples)
    pendingGap = 0
    pendingCause = .none
  }
}
