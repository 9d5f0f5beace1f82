// ProtoCentral's frames to blocks. No counter and no check sum: a frame counts if start, length, type, content and end
// fit, and after damage only if another one follows it.

import ECGSignal

/// What the decoders of ProtoCentral's boards have in common. One thread.
public class CESDecoder {
  public final var counters: FrameCounters { timeline.counters }
  public final var nextIndex: Int64 { timeline.nextIndex }
  /// The frames tell no format: it is in the board's profile.
  public final var announcedFormat: SignalFormat? { nil }

  private final let payload: CESPayload
  private final let frameByteCount: Int
  private final var queue = ByteQueue(capacity: 4096)
  private final var timeline: SampleTimeline
  private final var arrival: UInt64 = 0
  private final var isInStep = false
  /// A frame was accepted since the start or the last reconnection: what is discarded from then on is loss.
  private final var isStarted = false
  /// Bytes discarded since the last accepted frame, and starts of frames among them.
  private final var discarded = 0
  private final var startsDiscarded: Int64 = 0

  init(_ settings: WireSettings, _ payload: CESPayload) {
    self.payload = payload
    frameByteCount = payload.byteCount + CESFrame.overheadByteCount
    timeline = SampleTimeline(settings)
  }

  public final func feed(_ bytes: UnsafeRawBufferPointer, arrivalNanoseconds: UInt64) -> Int {
    arrival = arrivalNanoseconds
    return queue.append(bytes)
  }

  public final func skip(samples: Int64, cause: GapCause) {
    timeline.skip(samples: samples, cause: cause)
    guard cause == .deviceLost else { return }
    isInStep = false
    isStarted = false
    discarded = 0
    startsDiscarded = 0
    queue.remove(queue.count)
  }

  /// Frames that follow each other without a gap come in one block.
  public final func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome {
    var filled = 0
    var leadOff: UInt32 = 0
    while filled &+ payload.samplesPerFrame <= SampleBlock.sampleCountMax {
      let bytes = UnsafePointer(queue.bytes)
      let found = find(bytes, count: queue.count, isQuiet: isQuiet)
      if found == .incomplete { break }
      // A gap comes before a block, never within it.
      if filled > 0 && (found == .nothing || found == .implausible) { break }
      switch found {
      case .nothing: slide()
      case .implausible: refuse()
      case .other(let count):
        timeline.counters.framesReceived &+= 1
        isInStep = true
        queue.remove(count)
      case .samples:
        let content = bytes + CESFrame.headerByteCount
        let newLeadOff = payload.leadOff(content)
        if filled > 0 && newLeadOff != leadOff { return finish(block, filled, leadOff) }
        leadOff = newLeadOff
        accept(content, into: block, at: filled)
        filled &+= payload.samplesPerFrame
      case .incomplete: break
      }
    }
    return filled > 0 ? finish(block, filled, leadOff) : .needsBytes
  }

  private final func finish(
    _ block: SampleBlock, _ samples: Int, _ leadOff: UInt32
  ) -> DecodeOutcome {
    timeline.deliver(
      samples: samples, leadOff: leadOff, arrivalNanoseconds: arrival, in: block)
    return .samples
  }

  /// What stands at the front of the bytes.
  private enum Found: Equatable {
    case incomplete, nothing, samples, implausible
    case other(Int)
  }

  private final func find(
    _ bytes: UnsafePointer<UInt8>, count: Int, isQuiet: Bool
  ) -> Found {
    if count >= 1 && bytes[0] != CESFrame.start.0 { return .nothing }
    if count >= 2 && bytes[1] != CESFrame.start.1 { return .nothing }
    guard count >= CESFrame.headerByteCount else { return .incomplete }
    let length = Int(LittleEndian.read16(bytes + 2))
    let isSamples = bytes[4] == payload.type && length == payload.byteCount
    guard isSamples || payload.isOther(type: bytes[4], byteCount: length) else { return .nothing }
    let frameCount = length &+ CESFrame.overheadByteCount
    guard count >= frameCount else { return .incomplete }
    guard bytes[frameCount - 2] == CESFrame.end.0, bytes[frameCount - 1] == CESFrame.end.1 else {
      return .nothing
    }
    if !isInStep {
      // After damage a frame counts only if another follows it, or nothing.
      if count == frameCount && !isQuiet { return .incomplete }
      if count > frameCount && bytes[frameCount] != CESFrame.start.0 { return .nothing }
    }
    guard isSamples else { return .other(frameCount) }
    return payload.isPlausible(bytes + CESFrame.headerByteCount) ? .samples : .implausible
  }

  /// No frame starts here: the next byte is tried, and a repeated first byte of a start is no harm.
  private final func slide() {
    if isInStep {
      timeline.counters.framesCorrupt &+= 1
      timeline.counters.resynchronisations &+= 1
    }
    isInStep = false
    let bytes = queue.bytes
    if queue.count >= CESFrame.headerByteCount && bytes[0] == CESFrame.start.0
      && bytes[1] == CESFrame.start.1 && bytes[4] == payload.type
    {
      startsDiscarded &+= 1
    }
    discard(1)
  }

  /// A frame in its frame, with content that no firmware writes.
  private final func refuse() {
    timeline.counters.framesCorrupt &+= 1
    startsDiscarded &+= 1
    isInStep = true
    discard(frameByteCount)
  }

  private final func discard(_ count: Int) {
    timeline.counters.bytesDiscarded &+= Int64(count)
    discarded &+= count
    queue.remove(count)
  }

  private final func accept(
    _ content: UnsafePointer<UInt8>, into block: SampleBlock, at position: Int
  ) {
    if discarded > 0 { loseDiscarded() }
    payload.read(content, into: block, at: position)
    timeline.counters.framesReceived &+= 1
    isInStep = true
    isStarted = true
    queue.remove(frameByteCount)
  }

  /// As many frames as fit the discarded bytes, or as began among them.
  private final func loseDiscarded() {
    let fitting = Int64((discarded &+ frameByteCount / 2) / frameByteCount)
    if isStarted {
      timeline.lose(
        max(fitting, startsDiscarded) &* Int64(payload.samplesPerFrame), cause: .framesLost)
    }
    discarded = 0
    startsDiscarded = 0
  }
}
