// Frames of one length with a small counter and no check sum, as Cyton's and OpenEEG's: care is in the resynchronising.

import ECGSignal

/// How such a frame is laid out.
protocol CountedFrameLayout {
  /// Bytes of a frame.
  var byteCount: Int { get }
  /// Frames after which the counter begins anew.
  var counterPeriod: Int { get }
  /// Bytes of the next frame that tell that it is one, its counter among them.
  var followerByteCount: Int { get }

  /// Whether a frame lies here, as far as one can see.
  func isFrame(_ bytes: UnsafePointer<UInt8>) -> Bool
  /// Whether the first `followerByteCount` bytes of a frame lie here.
  func isFollower(_ bytes: UnsafePointer<UInt8>) -> Bool
  func counter(_ bytes: UnsafePointer<UInt8>) -> Int
  /// The board's own clock, nil where this frame does not tell it.
  func boardMilliseconds(_ bytes: UnsafePointer<UInt8>) -> UInt32?
  /// Writes the codes.
  func read(_ bytes: UnsafePointer<UInt8>, into block: SampleBlock, at position: Int)
}

/// A stream of such frames. Allocates only at `init`. One thread.
///
/// A frame counts when another follows it; the last one of all when nothing more comes. Where none follows an expected
/// frame, it is still good if its successor begins later, or the one after that at its place: else bytes of it are
/// missing. Where the frame behind a jump of the counter does not confirm it, the counter itself was damaged and the
/// frame is refused. What cannot be seen: a changed byte among the codes.
struct CountedFrames<Layout: CountedFrameLayout>: ~Copyable {
  var stream: FrameStream
  private let layout: Layout
  private let period: Int
  private let frameRate: Double
  private let usesHostTime: Bool
  /// The counter that comes next; below 0 while none is known.
  private var expected = -1
  private var lastArrival: UInt64 = 0
  private var lastBoardMilliseconds: UInt32?
  /// Frames of the last block, whose first one set the times above.
  private var framesSinceTime = 0
  /// After a pause that the counter cannot span: when its end was seen; 0 while there is none.
  private var pauseEnd: UInt64 = 0

  /// - Parameter settings: with the rate of the samples, of which a frame holds one.
  init(_ layout: Layout, _ settings: WireSettings) {
    stream = FrameStream(settings, turn: layout.counterPeriod)
    self.layout = layout
    period = layout.counterPeriod
    frameRate = settings.sampleRate
    usesHostTime = settings.usesHostTime
  }

  mutating func skip(samples: Int64, cause: GapCause) {
    stream.skip(samples: samples, cause: cause)
    guard cause == .deviceLost else { return }
    expected = -1
    lastBoardMilliseconds = nil
    pauseEnd = 0
  }

  /// Frames that follow each other without a gap come in one block.
  mutating func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome {
    let size = layout.byteCount
    var filled = 0
    while filled < SampleBlock.sampleCountMax && stream.count >= size {
      let bytes = stream.bytes
      guard layout.isFrame(bytes) else {
        if filled > 0 { break }
        stream.discard(1)
        continue
      }
      let counter = layout.counter(bytes)
      if filled == 0 || counter != expected || !isFollowed(bytes) {
        if filled > 0 { break }
        if !isQuiet && isBacklogComing() { return .needsBytes }
        switch judge(bytes, counter: counter, isQuiet: isQuiet) {
        case .wait: return .needsBytes
        case .noFrame:
          stream.discard(1)
          continue
        case .damaged:
          stream.refuse(size)
          continue
        case .repeated:
          stream.counters.framesRepeated &+= 1
          stream.take(size)
          continue
        case .good(let lost):
          stream.lose(Int64(lost), cause: .framesLost)
          noteTimes(bytes)
        }
      }
      layout.read(bytes, into: block, at: filled)
      stream.take(size)
      filled &+= 1
      expected = successor(of: counter)
    }
    if filled == 0 { return .needsBytes }
    stream.deliver(block, samples: filled, waiting: isNextWaiting ? 1 : 0, frames: filled)
    framesSinceTime = filled
    return .samples
  }

  /// Whether the next frame is at hand and only waits to be followed.
  private var isNextWaiting: Bool {
    stream.count >= layout.byteCount && layout.isFrame(stream.bytes)
      && layout.counter(stream.bytes) == expected
  }

  private mutating func noteTimes(_ bytes: UnsafePointer<UInt8>) {
    lastBoardMilliseconds = layout.boardMilliseconds(bytes)
    lastArrival = stream.arrivalNanoseconds
    pauseEnd = 0
  }

  /// After a pause of nearly a turn of the counter, bytes are held for eight frames' time: what comes late all at once
  /// is no loss, and how much it is tells one from the other.
  private mutating func isBacklogComing() -> Bool {
    let arrival = stream.arrivalNanoseconds
    let pauseFrames = Double(arrival &- lastArrival) / 1e9 * frameRate
    guard usesHostTime, expected >= 0, arrival > lastArrival,
      pauseFrames > 0.875 * Double(period), stream.count < FrameStream.byteCountMax / 2
    else { return false }
    if pauseEnd == 0 { pauseEnd = arrival }
    return Double(arrival &- pauseEnd) / 1e9 * frameRate < 8
  }

  private func successor(of counter: Int) -> Int { counter &+ 1 == period ? 0 : counter &+ 1 }

  /// Whether another frame begins where this one ends.
  @inline(__always)
  private func isFollowed(_ bytes: UnsafePointer<UInt8>) -> Bool {
    stream.count >= layout.byteCount &+ layout.followerByteCount
      && layout.isFollower(bytes + layout.byteCount)
  }

  /// Whether a jump of the counter is a loss, as the whole frame behind it says, which counts on, and not a damaged
  /// counter.
  private func isConfirmed(_ counter: Int, by follower: UnsafePointer<UInt8>) -> Bool {
    layout.isFrame(follower) && layout.counter(follower) == successor(of: counter)
  }

  /// Whether the expected frame, which none follows, is whole; nil when more bytes must tell.
  private func isWhole(_ bytes: UnsafePointer<UInt8>, isQuiet: Bool) -> Bool? {
    let size = layout.byteCount
    let atHand = stream.count &- layout.followerByteCount
    guard atHand >= 2 &* size || isQuiet else { return nil }
    let next = successor(of: expected)
    for position in 1...max(1, min(2 &* size &- 1, atHand))
    where layout.isFollower(bytes + position) && layout.counter(bytes + position) == next {
      return position >= size
    }
    if atHand < 2 &* size { return true }
    let second = bytes + 2 &* size
    return layout.isFollower(second) && layout.counter(second) == successor(of: next)
  }

  private enum Judgement {
    case wait, noFrame, damaged, repeated
    case good(lost: Int)
  }

  /// Looks closely at a frame that begins a block: is it one, and which?
  private func judge(
    _ bytes: UnsafePointer<UInt8>, counter: Int, isQuiet: Bool
  ) -> Judgement {
    let jump = expected >= 0 ? distance(from: expected, to: counter) : 0
    let isExpected = stream.isInStep && expected >= 0 && jump == 0
    // A jump of the last frame of all is not believed until another confirms it, however quiet it is.
    if isFollowed(bytes) {
      let isAhead = jump > 0 && jump < period &- 1
      if isAhead && stream.count < 2 &* layout.byteCount {
        return .wait
      } else if isAhead && !isConfirmed(counter, by: bytes + layout.byteCount) {
        return stream.isInStep ? .damaged : .noFrame
      }
    } else if isExpected {
      guard let isWhole = isWhole(bytes, isQuiet: isQuiet) else { return .wait }
      if !isWhole { return .noFrame }
    } else if stream.count >= layout.byteCount &+ layout.followerByteCount {
      return .noFrame
    } else if !isQuiet || jump > 0 {
      return .wait
    }
    guard expected >= 0 else { return .good(lost: 0) }
    let waiting = stream.count / layout.byteCount
    let lateness = stream.lateness(of: jump &+ waiting)
    // The last frame again, unless the clock says that nearly a whole turn of the counter went by.
    if jump == period &- 1 && (lateness ?? -.infinity) < -Double(period / 8) { return .repeated }
    return .good(lost: jump &+ period &* turns(lateness ?? 0, bytes, jump: jump))
  }

  /// Whole turns of the counter that are lost before a frame, as far as they are certain now: what is not is left to
  /// the ledger of the host's clock, which waits until a backlog has drained. The board's own clock, where it is sent,
  /// is certain. The host's is where the newest frame is a turn late, to an eighth of it; but not where the counter
  /// goes on: there they are more likely to be missing further on, where it jumps.
  private func turns(_ lateness: Double, _ bytes: UnsafePointer<UInt8>, jump: Int) -> Int {
    let turn = Double(period)
    let byHost = (lateness / turn + 0.125).rounded(.down)
    guard byHost > 0 else { return 0 }
    if let elapsed = elapsedByBoard(bytes) {
      return Int(max(0, min(byHost, ((elapsed - 1 - Double(jump)) / turn).rounded())))
    }
    return jump > 0 && lateness - byHost * turn <= turn / 8 ? Int(byHost) : 0
  }

  /// Frames from one counter to another, forwards.
  private func distance(from first: Int, to second: Int) -> Int {
    second >= first ? second &- first : second &- first &+ period
  }

  /// Frames from the last one to this one by the board's own clock, nil where it is not sent.
  private func elapsedByBoard(_ bytes: UnsafePointer<UInt8>) -> Double? {
    guard let last = lastBoardMilliseconds, let now = layout.boardMilliseconds(bytes), now >= last
    else { return nil }
    return Double(now &- last) / 1000 * frameRate - Double(framesSinceTime &- 1)
  }
}
