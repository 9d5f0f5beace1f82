// Samples to lines of text, as the usual sketch for an AD8232 prints them.

import ECGSignal

/// Encoder of lines.
public final class TextEncoder: FrameEncoder {
  /// AD8232 with gain 1100 (its 100, times 11 of the usual breakout's filter) behind a 10-bit ADC with 3.3 V reference.
  public static let converter = WireConverter(
    sampleRate: nil, channelCountMax: SignalFormat.channelCountMax,
    microvoltsPerCode: 3_300_000 / 1023 / 1100, baseline: 512, codeRange: 0...1023)
  public static let samplesPerFrameMax = 1
  /// Sign, ten digits and a separator for each channel, and the end of the line.
  public static let frameByteCountMax = 12 * SignalFormat.channelCountMax + 1

  public init(_ format: SignalFormat) {}

  /// With any electrode off, or a code that was not measured, the line is "!".
  public func encode(
    _ block: SampleBlock, samples: Range<Int>, into destination: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var count = 0
    let sample = samples.lowerBound
    var isMeasured = block.header.pointee.leadOff == 0
    for channel in 0..<block.channelCount {
      isMeasured = isMeasured && block.channel(channel)[sample] != SampleBlock.missing
    }
    if isMeasured {
      for channel in 0..<block.channelCount {
        if channel > 0 { append(UInt8(ascii: ","), to: destination, &count) }
        append(block.channel(channel)[sample], to: destination, &count)
      }
    } else {
      append(UInt8(ascii: "!"), to: destination, &count)
    }
    append(UInt8(ascii: "\r"), to: destination, &count)
    append(UInt8(ascii: "\n"), to: destination, &count)
    return count
  }

  private func append(
    _ code: Int32, to destination: UnsafeMutablePointer<UInt8>, _ count: inout Int
  ) {
    if code < 0 { append(UInt8(ascii: "-"), to: destination, &count) }
    let magnitude = code.magnitude
    var divisor: UInt32 = 1
    while magnitude / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      append(UInt8(ascii: "0") + UInt8(magnitude / divisor % 10), to: destination, &count)
      divisor /= 10
    }
  }

  private func append(
    _ byte: UInt8, to destination: UnsafeMutablePointer<UInt8>, _ count: inout Int
  ) {
    destination[count] = byte
    count += 1
  }
}
