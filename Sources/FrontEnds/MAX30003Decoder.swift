// Bursts read from a MAX30003's FIFO to blocks: valid words, the last one tagged, then the empty word.

import ECGSignal

/// Decoder of FIFO bursts of one ECG channel. One thread.
///
/// A burst is believed as a whole when the empty word ends it, or when it is an SPI transfer of its own
/// (`WireSettings.isAligned`), or when nothing more comes. A zero that is tagged valid is a sample; a fast-recovery
/// word is a time step whose voltage is `SampleBlock.missing`. An overflow word counts as one sample lost in the
/// front-end, as the chip does not tell how many: the host's clock does. Of a damaged burst as many samples are lost
/// as its bytes would have been. Bursts that did not arrive, or came twice, only the host's clock tells. Two losses of
/// bytes within 32 words that add up to whole words are not seen.
public final class MAX30003Decoder: FrameDecoder {
  private var stream: FrameStream
  private let isAligned: Bool
  /// The bytes are not in step with the words: the next empty word begins them anew.
  private var isSearching = false

  public init(_ settings: WireSettings) {
    stream = FrameStream(settings)
    isAligned = settings.isAligned
  }

  public var counters: FrameCounters { stream.counters }
  public var nextIndex: Int64 { stream.nextIndex }
  /// A word does not tell its format: it is in the board's profile.
  public var announcedFormat: SignalFormat? { nil }

  public func feed(_ bytes: UnsafeRawBufferPointer, arrivalNanoseconds: UInt64) -> Int {
    stream.feed(bytes, arrivalNanoseconds: arrivalNanoseconds)
  }

  public func skip(samples: Int64, cause: GapCause) {
    stream.skip(samples: samples, cause: cause)
    if cause == .deviceLost { isSearching = false }
  }

  public func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome {
    while stream.count >= MAX30003Word.byteCount {
      if isSearching {
        guard findEmptyWord() else { return .needsBytes }
        continue
      }
      let first = MAX30003Word.read(stream.bytes)
      if isEnd(first, MAX30003Word.overflow) {
        stream.lose(1, cause: .frontEndOverflow)
        stream.take(MAX30003Word.byteCount)
        continue
      }
      if isEnd(first, MAX30003Word.empty) {
        stream.loseDiscarded(frameByteCount: MAX30003Word.byteCount)
        stream.take(MAX30003Word.byteCount)
        continue
      }
      switch readBurst(into: block.channel(0), isQuiet: isQuiet || isAligned) {
      case .wait: return .needsBytes
      case .damaged:
        isSearching = true
        stream.discard(1)
      case .words(let count):
        stream.loseDiscarded(frameByteCount: MAX30003Word.byteCount)
        stream.take(count &* MAX30003Word.byteCount)
        stream.deliver(block, samples: count, frames: 1)
        return .samples
      }
    }
    return .needsBytes
  }

  /// Whether a word is the empty or the overflow word: of a chip's transfer the tag tells, its other bits may be
  /// anything.
  @inline(__always)
  private func isEnd(_ word: UInt32, _ kind: UInt32) -> Bool {
    word == kind || isAligned && MAX30003Word.tag(word) == MAX30003Word.tag(kind)
  }

  private enum Burst {
    case wait, damaged
    case words(Int)
  }

  /// Writes the codes of the burst at the front.
  private func readBurst(into codes: UnsafeMutablePointer<Int32>, isQuiet: Bool) -> Burst {
    let available = stream.count / MAX30003Word.byteCount
    var bytes = stream.bytes
    for index in 0..<MAX30003Word.fifoCount {
      guard index < available else { return isQuiet && index > 0 ? .words(index) : .wait }
      let word = MAX30003Word.read(bytes)
      let tag = MAX30003Word.tag(word)
      if tag > MAX30003Word.Tag.lastFast {
        // A burst may end without its last word being tagged, where a fixed number was read.
        let ends = isEnd(word, MAX30003Word.empty) || isEnd(word, MAX30003Word.overflow)
        return ends && index > 0 ? .words(index) : .damaged
      }
      codes[index] = tag & 1 == 0 ? MAX30003Word.code(word) : SampleBlock.missing
      bytes += MAX30003Word.byteCount
      if tag >= MAX30003Word.Tag.lastValid {
        guard index &+ 1 < available else { return isQuiet ? .words(index &+ 1) : .wait }
        let ends = isEnd(MAX30003Word.read(bytes), MAX30003Word.empty)
        return ends ? .words(index &+ 1) : .damaged
      }
    }
    guard MAX30003Word.fifoCount < available else {
      return isQuiet ? .words(MAX30003Word.fifoCount) : .wait
    }
    let ends = isEnd(MAX30003Word.read(bytes), MAX30003Word.empty)
    return isAligned || ends ? .words(MAX30003Word.fifoCount) : .damaged
  }

  /// Discards up to the next empty word; false when there is none yet.
  private func findEmptyWord() -> Bool {
    let bytes = stream.bytes
    let last = stream.count &- MAX30003Word.byteCount
    var position = 0
    while position <= last && MAX30003Word.read(bytes + position) != MAX30003Word.empty {
      position &+= 1
    }
    if position > 0 { stream.discard(position) }
    isSearching = position > last
    return !isSearching
  }
}
