// HealthyPi 5 in its OpenView 3 format: eight samples of ECG and four of BioZ a frame, 16 times a second, 57 bytes.

import ECGSignal

/// Decoder of OpenView 3: channels ECG and, if the profile has two, BioZ, each value of which stands for two samples.
/// The eight numbers of a frame are one channel at eight times, not eight leads: the board has one.
public final class OpenView3Decoder: CESDecoder, FrameDecoder {
  public init(_ settings: WireSettings) { super.init(settings, .openView3) }
}

/// Encoder of OpenView 3: a frame is written when its eight samples are there.
public final class OpenView3Encoder: FrameEncoder {
  /// As the board's MAX30001 is set: 0.0954 uV a code, not measured on a board.
  public static let converter = HealthyPi5.converter
  public static let samplesPerFrameMax = CESPayload.openView3.samplesPerFrame
  public static let frameByteCountMax = CESPayload.openView3.byteCount + CESFrame.overheadByteCount

  private let frame: UnsafeMutablePointer<UInt8>
  private let payload: UnsafeMutablePointer<UInt8>
  private var waiting = 0

  public init(_ format: SignalFormat) {
    frame = .allocate(capacity: Self.frameByteCountMax)
    let kind = CESPayload.openView3
    payload = CESFrame.open(type: kind.type, payloadByteCount: kind.byteCount, in: frame)
  }

  deinit { frame.deallocate() }

  public func encode(
    _ block: SampleBlock, samples: Range<Int>, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    precondition(samples.count <= Self.samplesPerFrameMax)
    var written = 0
    for sample in samples {
      write(block.channel(0)[sample], at: waiting)
      if block.channelCount > 1 && waiting % 2 == 0 {
        write(block.channel(1)[sample], at: 8 + waiting / 2)
      }
      waiting += 1
      guard waiting == Self.samplesPerFrameMax else { continue }
      waiting = 0
      destination.update(from: frame, count: Self.frameByteCountMax)
      written = Self.frameByteCountMax
    }
    return written
  }

  private func write(_ code: Int32, at position: Int) {
    LittleEndian.write32(UInt32(bitPattern: code), to: payload + 4 * position)
  }
}
