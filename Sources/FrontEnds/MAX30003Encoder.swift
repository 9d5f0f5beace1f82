// Samples to bursts of FIFO words, as a reader of the whole FIFO gets them from a MAX30003.

import ECGSignal

/// Encoder of bursts of up to 32 samples of one channel.
public final class MAX30003Encoder: FrameEncoder {
  /// 1 V reference, gain 20, 18 bits: 0.38 microvolts a code. 128, 256 or 512 samples a second.
  public static let converter = WireConverter(
    sampleRate: nil, channelCountMax: 1, microvoltsPerCode: 1_000_000 / 20 / Double(1 << 17),
    codeRange: -131_072...131_071)
  public static let samplesPerFrameMax = MAX30003Word.fifoCount
  /// With the overflow word in front and the empty word behind.
  public static let frameByteCountMax = (MAX30003Word.fifoCount + 2) * MAX30003Word.byteCount

  private var hasOverflowed = false

  public init(_ format: SignalFormat) {}

  public func encode(
    _ block: SampleBlock, samples: Range<Int>, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var count = 0
    func append(_ word: UInt32) {
      BigEndian.write24(Int32(bitPattern: word), to: destination + count)
      count += MAX30003Word.byteCount
    }
    if hasOverflowed { append(MAX30003Word.overflow) }
    hasOverflowed = false
    for sample in samples {
      let code = block.channel(0)[sample]
      let isMissing = code == SampleBlock.missing
      let last = sample == samples.upperBound - 1 ? MAX30003Word.Tag.lastValid : 0
      let tag = (isMissing ? MAX30003Word.Tag.fast : MAX30003Word.Tag.valid) | last
      append((isMissing ? 0 : UInt32(bitPattern: code) & 0x3FFFF) << 6 | tag << 3)
    }
    append(MAX30003Word.empty)
    return count
  }

  /// The chip tells that samples were lost, not how many.
  public func lose(samples: Int) { hasOverflowed = samples > 0 }
}
