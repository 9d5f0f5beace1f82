// Frames of the ADS129x family to blocks: from an SPI transfer each, or from a bridge that passes them on as they are.

import ECGSignal

/// Decoder of the family's frames, 9, 15, 21 or 27 bytes by the channels of the settings. One thread.
///
/// Nothing in a frame counts. Behind SPI (`WireSettings.isAligned`) the data-ready line counts, and its losses come
/// through `skip`. As a stream of bytes, only the first four bits of a frame are fixed, and a slow signal's bytes can
/// look like them for long: a frame is believed when the next one's status is the same in all its bits. In step it is
/// also believed when it differs for one frame, when it changes for good behind this frame, or when the next frame is
/// damaged and the one after it is at its place.
/// Discarded bytes count as the frames that they would have been; the host's clock tells the rest.
/// Codes at the converter's limits pass as they are: they are saturated, not missing.
public final class ADS1298Decoder: FrameDecoder {
  private var stream: FrameStream
  private let channelCount: Int
  private let byteCount: Int
  private let isAligned: Bool
  private let watchedPositive: UInt32
  private let watchedNegative: UInt32
  /// The last good frame's status; never one while there was none.
  private var lastStatus: UInt32 = .max

  public init(_ settings: WireSettings) {
    stream = FrameStream(settings)
    channelCount = ADS1298Frame.channelCount(atLeast: settings.channelCount)
    byteCount = ADS1298Frame.byteCount(channelCount: channelCount)
    isAligned = settings.isAligned
    watchedPositive = settings.watchedPositiveInputs
    watchedNegative = settings.watchedNegativeInputs ?? (channelCount == 2 ? .max : 0)
  }

  public var counters: FrameCounters { stream.counters }
  public var nextIndex: Int64 { stream.nextIndex }
  /// A frame does not tell its format: it is in the board's profile.
  public var announcedFormat: SignalFormat? { nil }

  public func feed(_ bytes: UnsafeRawBufferPointer, arrivalNanoseconds: UInt64) -> Int {
    stream.feed(bytes, arrivalNanoseconds: arrivalNanoseconds)
  }

  public func skip(samples: Int64, cause: GapCause) {
    stream.skip(samples: samples, cause: cause)
    if cause == .deviceLost { lastStatus = .max }
  }

  /// Frames that follow each other with the same status come in one block.
  public func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome {
    let channels = min(channelCount, block.channelCount)
    var filled = 0
    while filled < SampleBlock.sampleCountMax && stream.count >= byteCount {
      let bytes = stream.bytes
      let status = ADS1298Frame.status(bytes)
      if !isExpected(bytes, status) {
        if filled > 0 { break }
        guard let isFrame = isFrame(bytes, status, isQuiet: isQuiet) else { return .needsBytes }
        guard isFrame else {
          if isAligned { stream.refuse(byteCount) } else { stream.discard(1) }
          continue
        }
      }
      if filled == 0 { stream.loseDiscarded(frameByteCount: byteCount) }
      lastStatus = status
      for channel in 0..<channels {
        block.channel(channel)[filled] = BigEndian.read24(bytes + 3 + 3 &* channel)
      }
      stream.take(byteCount)
      filled &+= 1
    }
    if filled == 0 { return .needsBytes }
    let leadOff = ADS1298Frame.leadOff(
      lastStatus, channelCount: channelCount, positive: watchedPositive, negative: watchedNegative)
    stream.deliver(block, samples: filled, frames: filled, leadOff: leadOff)
    return .samples
  }

  /// Whether a frame begins here as the last one did, and the same behind it.
  @inline(__always)
  private func isExpected(_ bytes: UnsafePointer<UInt8>, _ status: UInt32) -> Bool {
    guard stream.isInStep && status == lastStatus else { return false }
    return isAligned
      || stream.count >= byteCount &+ 3 && ADS1298Frame.status(bytes + byteCount) == status
  }

  /// Looks closely: whether a frame begins here; nil when more bytes must tell.
  private func isFrame(
    _ bytes: UnsafePointer<UInt8>, _ status: UInt32, isQuiet: Bool
  ) -> Bool? {
    guard ADS1298Frame.isStatus(status, channelCount: channelCount) else { return false }
    if isAligned { return true }
    let atHand = stream.count &- 3
    guard atHand >= byteCount else { return isQuiet ? true : nil }
    let next = ADS1298Frame.status(bytes + byteCount)
    if !stream.isInStep || status != lastStatus {
      return next == status || stream.isInStep && next == lastStatus
    }
    guard atHand >= 2 &* byteCount || isQuiet else { return nil }
    for position in 1...min(2 &* byteCount &- 1, atHand)
    where ADS1298Frame.status(bytes + position) == status { return false }
    if atHand < 2 &* byteCount { return true }
    let second = ADS1298Frame.status(bytes + 2 &* byteCount)
    return second == status
      || second == next && ADS1298Frame.isStatus(next, channelCount: channelCount)
  }
}
