// Lines of text to samples, as beginners' sketches print them: whole numbers, one line an instant.

import ECGSignal

/// Decoder of lines. One thread.
///
/// A line holds a whole number for each channel, separated by commas, semicolons, tabs or spaces, and ends with a line
/// feed, before which a carriage return may stand. A number has an optional sign and at most nine digits: what a number
/// means is in the board's profile, so that a decimal point, which would be a second scale, is refused. Further columns
/// (a time stamp) must be numbers too and are ignored. "!" alone is the AD8232 sketches' word for an electrode that is
/// off: a sample that was not measured.
public final class TextDecoder: FrameDecoder {
  /// Lines tell no format: it is in the board's profile.
  public var announcedFormat: SignalFormat? { nil }
  public var counters: FrameCounters { timeline.counters }
  public var nextIndex: Int64 { timeline.nextIndex }

  private var queue = ByteQueue(capacity: 4096)
  private var timeline: SampleTimeline
  private let channelCount: Int
  /// Bytes of the longest line without its line feed: 32 for one channel, 12 more for each other.
  private let lineByteCountMax: Int
  private var arrival: UInt64 = 0
  /// The rest of a line goes by: the one that was cut at the start, or one that was too long.
  private var isSkipping = true
  private var isStarted = false
  /// Whether the last line was a good one.
  private var isInStep = true
  /// Bytes of an overlong line so far, and of the last good line, to estimate how many lines it swallowed.
  private var skipped = 0
  private var lastLineByteCount = 1

  public init(_ settings: WireSettings) {
    channelCount = settings.channelCount
    lineByteCountMax = 20 + 12 * settings.channelCount
    timeline = SampleTimeline(settings)
  }

  public func feed(_ bytes: UnsafeRawBufferPointer, arrivalNanoseconds: UInt64) -> Int {
    arrival = arrivalNanoseconds
    return queue.append(bytes)
  }

  public func skip(samples: Int64, cause: GapCause) {
    timeline.skip(samples: samples, cause: cause)
    guard cause == .deviceLost else { return }
    isSkipping = true
    isStarted = false
    skipped = 0
    queue.remove(queue.count)
  }

  public func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome {
    let channels = min(channelCount, block.channelCount)
    var filled = 0
    var leadOff: UInt32 = 0
    while filled < SampleBlock.sampleCountMax {
      let bytes = UnsafePointer(queue.bytes)
      let count = queue.count
      if isSkipping {
        guard skipLine(bytes, count) else { break }
        continue
      }
      let line = TextLine.read(
        bytes, count: count, byteCountMax: lineByteCountMax, channels: channels,
        into: block, at: filled)
      guard line.kind != .incomplete else { break }
      if line.kind == .samples || line.kind == .leadOff {
        let newLeadOff = line.kind == .leadOff ? (UInt32(1) &<< UInt32(channels)) &- 1 : 0
        if filled > 0 && newLeadOff != leadOff { break }
        leadOff = newLeadOff
        filled &+= 1
        isStarted = true
        isInStep = true
        timeline.counters.framesReceived &+= 1
        if line.kind == .samples { lastLineByteCount = line.byteCount }
        queue.remove(line.byteCount)
      } else {
        // A gap comes before a block, never within it.
        if filled > 0 && line.kind != .blank { break }
        drop(line)
      }
    }
    guard filled > 0 else { return .needsBytes }
    timeline.deliver(
      samples: filled, leadOff: leadOff, arrivalNanoseconds: arrival, in: block)
    return .samples
  }

  private func drop(_ line: TextLine) {
    switch line.kind {
    case .malformed:
      loseStep()
      lose(line.byteCount)
    case .overlong:
      isSkipping = true
      skipped = 0
      loseStep()
      return
    default: break
    }
    timeline.counters.bytesDiscarded &+= Int64(line.byteCount)
    queue.remove(line.byteCount)
  }

  /// The next good line is searched for.
  private func loseStep() {
    if isStarted && isInStep { timeline.counters.resynchronisations &+= 1 }
    isInStep = false
  }

  /// Removes the rest of a line; false when its end has not come.
  private func skipLine(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var end = 0
    while end < count && bytes[end] != TextLine.lineFeed { end &+= 1 }
    let isComplete = end < count
    let removed = isComplete ? end &+ 1 : end
    skipped &+= removed
    if isStarted { timeline.counters.bytesDiscarded &+= Int64(removed) }
    queue.remove(removed)
    if isComplete {
      isSkipping = false
      if isStarted { lose(skipped) }
      skipped = 0
    }
    return isComplete
  }

  /// Bytes up to a line feed that are no line: as many samples as lines of the usual length. Before the first line that
  /// is one, words of greeting are no loss.
  private func lose(_ byteCount: Int) {
    guard isStarted else { return }
    timeline.counters.framesCorrupt &+= 1
    let lines = (byteCount &+ lastLineByteCount / 2) / lastLineByteCount
    timeline.lose(Int64(max(1, lines)), cause: .framesLost)
  }
}
