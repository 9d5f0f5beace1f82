// ADAS1000 frames to blocks: a check sum tells damage, the header what the chip lost itself.

import ECGSignal

/// Decoder of the default frame of 44 bytes at 2 and 16 kHz, in the chip's lead format. One thread.
///
/// Codes are read as two's complement: leads I, II, III, V1', V2', which is what the chip sends after a reset. The
/// electrode format (FRMCTL bit 4) is unsigned and not read. The data sheet's two statements of the scale, the size of
/// a code and the range of all codes, differ by a factor of two: it stays in the profile until it is measured with the
/// chip's test tone. Missed frames that a header tells are counted as lost in the front-end, before that frame;
/// a frame that is busy repeats old data and is dropped. Discarded bytes count as the frames that they would have been.
public final class ADAS1000Decoder: FrameDecoder {
  /// The newest frame's header.
  public private(set) var header = ADAS1000Header(word: 0)

  private var stream: FrameStream
  private let crc = CRC24()
  private let isAligned: Bool
  private var lastLeadOff: UInt32 = 0

  public init(_ settings: WireSettings) {
    stream = FrameStream(settings)
    isAligned = settings.isAligned
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
  }

  /// Frames without a gap between them and with the same electrodes off come in one block.
  public func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome {
    let channels = min(ADAS1000Frame.channelCount, block.channelCount)
    var filled = 0
    while filled < SampleBlock.sampleCountMax && stream.count >= ADAS1000Frame.byteCount {
      let bytes = stream.bytes
      guard let header = soundHeader(bytes) else {
        if filled > 0 { break }
        refuse(bytes)
        continue
      }
      if header.isBusy {
        stream.counters.framesRepeated &+= 1
        stream.take(ADAS1000Frame.byteCount)
        continue
      }
      let leadOff = ADAS1000Frame.leadOff(bytes)
      if filled > 0 && (leadOff != lastLeadOff || header.framesMissed > 0) { break }
      if filled == 0 {
        stream.loseDiscarded(frameByteCount: ADAS1000Frame.byteCount)
        stream.lose(Int64(header.framesMissed), cause: .frontEndOverflow)
        lastLeadOff = leadOff
      }
      self.header = header
      for channel in 0..<channels {
        block.channel(channel)[filled] = BigEndian.read24(bytes + 5 + 4 &* channel)
      }
      stream.take(ADAS1000Frame.byteCount)
      filled &+= 1
    }
    if filled == 0 { return .needsBytes }
    stream.deliver(block, samples: filled, frames: filled, leadOff: lastLeadOff)
    return .samples
  }

  /// The header of a frame whose words and check sum are right, nil where there is none.
  @inline(__always)
  private func soundHeader(_ bytes: UnsafePointer<UInt8>) -> ADAS1000Header? {
    guard ADAS1000Frame.isHeader(bytes), ADAS1000Frame.hasAddresses(bytes),
      crc.register(bytes, count: ADAS1000Frame.byteCount) == CRC24.residue
    else { return nil }
    return ADAS1000Header(bytes)
  }

  private func refuse(_ bytes: UnsafePointer<UInt8>) {
    let isHeader = ADAS1000Frame.isHeader(bytes)
    if isHeader && ADAS1000Header(bytes).isBusy
      && ADAS1000Frame.isHeader(bytes + ADAS1000Frame.wordByteCount)
    {
      // A chip that repeats its header until it is ready (FRMCTL bit 6).
      stream.take(ADAS1000Frame.wordByteCount)
      return
    }
    let isDamaged = isHeader && ADAS1000Frame.hasAddresses(bytes)
    if isDamaged { stream.counters.framesFailedChecksum &+= 1 }
    if isAligned {
      stream.refuse(ADAS1000Frame.byteCount)
    } else {
      stream.discard(1, isFrame: isDamaged)
    }
  }
}
