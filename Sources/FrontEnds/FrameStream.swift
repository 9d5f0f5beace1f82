// What all decoders share: bytes that arrived and are not yet understood, and the place in time of what was understood.

import ECGSignal

/// The bytes, the counters and the pending gap of one stream. Allocates only at `init`. One thread.
struct FrameStream: ~Copyable {
  /// 64 KiB: six seconds of the fastest serial line, and a whole read of a file.
  static let byteCountMax = 1 << 16

  /// When the newest bytes arrived, CLOCK_MONOTONIC.
  private(set) var arrivalNanoseconds: UInt64 = 0
  /// Whether the bytes before the front of the queue were a good frame's.
  private(set) var isInStep = false
  /// Bytes discarded since the last good frame; 0 before the first.
  private(set) var discardedRun = 0
  private var hasBegun = false

  private var queue = ByteQueue(capacity: byteCountMax)
  private var timeline: SampleTimeline

  /// - Parameter turn: frames after which the counter that they carry begins anew, 1 where they carry none.
  init(_ settings: WireSettings, turn: Int = 1) {
    timeline = SampleTimeline(settings, turn: turn)
  }

  /// What happened to the frames so far.
  var counters: FrameCounters {
    get { timeline.counters }
    _modify { yield &timeline.counters }
  }
  /// Index of the next sample, gaps counted, the pending one not.
  var nextIndex: Int64 { timeline.nextIndex }
  /// Bytes at hand, oldest first.
  var count: Int { queue.count }
  /// Where they are; valid until the next call that changes the stream.
  var bytes: UnsafePointer<UInt8> { UnsafePointer(queue.bytes) }

  /// Takes bytes that arrived; returns how many fitted.
  mutating func feed(_ bytes: UnsafeRawBufferPointer, arrivalNanoseconds: UInt64) -> Int {
    self.arrivalNanoseconds = arrivalNanoseconds
    return queue.append(bytes)
  }

  /// By how many samples the last of so many more would be late that arrived now; nil where the clock does not tell.
  func lateness(of samples: Int) -> Double? {
    timeline.lateness(of: Int64(samples), arrivalNanoseconds: arrivalNanoseconds)
  }

  /// So many samples are missing before the next block.
  mutating func lose(_ samples: Int64, cause: GapCause) { timeline.lose(samples, cause: cause) }

  /// As `FrameDecoder.skip`; after `.deviceLost` what the device sent before is incomplete.
  mutating func skip(samples: Int64, cause: GapCause) {
    timeline.skip(samples: samples, cause: cause)
    guard cause == .deviceLost else { return }
    queue.remove(queue.count)
    isInStep = false
    hasBegun = false
    discardedRun = 0
  }

  /// The front of the queue is a good frame, or bytes that belong to the format.
  mutating func take(_ count: Int) {
    queue.remove(count)
    isInStep = true
    hasBegun = true
    discardedRun = 0
  }

  /// The front of the queue is no frame. The first bytes so refused are one corrupt frame; further ones where the
  /// caller is sure that a frame was meant.
  mutating func discard(_ count: Int, isFrame: Bool = false) {
    if isInStep || isFrame { counters.framesCorrupt &+= 1 }
    if isInStep { counters.resynchronisations &+= 1 }
    isInStep = false
    drop(count)
  }

  /// A frame in its place that is damaged: what follows is in step.
  mutating func refuse(_ count: Int) {
    counters.framesCorrupt &+= 1
    drop(count)
  }

  private mutating func drop(_ count: Int) {
    if hasBegun { discardedRun &+= count }
    counters.bytesDiscarded &+= Int64(count)
    queue.remove(count)
  }

  /// Where no counter tells: as many frames are lost as the bytes discarded since the last good one would have been,
  /// one at least.
  mutating func loseDiscarded(frameByteCount: Int) {
    let frames = (discardedRun &+ frameByteCount &- 1) / frameByteCount
    lose(Int64(frames), cause: .framesLost)
    discardedRun = 0
  }

  /// Heads a block whose codes are written; the pending gap lies before it, `waiting` samples are at hand behind it.
  mutating func deliver(
    _ block: SampleBlock, samples: Int, waiting: Int = 0, frames: Int, leadOff: UInt32 = 0
  ) {
    counters.framesReceived &+= Int64(frames)
    timeline.deliver(
      samples: samples, waiting: waiting, leadOff: leadOff,
      arrivalNanoseconds: arrivalNanoseconds, in: block)
  }
}
