// What a decoder makes of bytes, and bytes of samples: shared by the tests of the wire formats.

import ECGSignal
import TestSupport

@testable import FrontEnds

/// Everything that a decoder delivered.
struct Received {
  let decoder: any FrameDecoder
  /// Codes `[channel][sample]`.
  private(set) var codes: [[Int32]]
  /// The blocks' bits, for each sample.
  private(set) var leadOff: [UInt32] = []
  private(set) var causes: [GapCause] = []
  private(set) var gaps: Int64 = 0
  private let channels: Int

  init(_ format: WireFormat, channels: Int, usesHostTime: Bool = false, sampleRate: Double = 128) {
    decoder = format.decoder.init(
      WireSettings(sampleRate: sampleRate, channelCount: channels, usesHostTime: usesHostTime))
    self.channels = channels
    codes = Array(repeating: [], count: channels)
  }

  mutating func feed(_ bytes: [UInt8], isQuiet: Bool, at nanoseconds: UInt64 = 0) {
    let storage = SampleBlockStorage(channelCount: channels)
    var rest = bytes[...]
    repeat {
      let taken = rest.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: nanoseconds) }
      rest = rest.dropFirst(taken)
      while decoder.next(into: storage.block, isQuiet: isQuiet && rest.isEmpty) == .samples {
        take(storage.block)
      }
    } while !rest.isEmpty
  }

  private mutating func take(_ block: SampleBlock) {
    let header = block.header.pointee
    gaps += header.gapBefore
    if header.gapBefore > 0 { causes.append(header.gapCause) }
    for sample in 0..<Int(header.sampleCount) {
      leadOff.append(header.leadOff)
      for channel in 0..<channels { codes[channel].append(block.channel(channel)[sample]) }
    }
  }
}

/// Samples `[sample][channel]` in a format's frames, one sample handed over at a time.
func encoded(_ format: WireFormat, _ samples: [[Int32]], leadOff: UInt32 = 0) -> [UInt8] {
  let channels = samples[0].count
  let encoder = format.encoder.init(
    SignalFormat(
      sampleRate: 128,
      channels: Array(
        repeating: Channel(name: "x", lead: nil, microvoltsPerCode: 1), count: channels),
      provenance: .simulated, sourceName: "x"))
  let storage = SampleBlockStorage(channelCount: channels)
  storage.block.header.pointee.leadOff = leadOff
  var frame = [UInt8](repeating: 0, count: format.encoder.frameByteCountMax)
  var bytes: [UInt8] = []
  for sample in samples {
    for channel in 0..<channels { storage.block.channel(channel)[0] = sample[channel] }
    let count = encoder.encode(storage.block, samples: 0..<1, into: &frame)
    bytes += frame[..<count]
  }
  return bytes
}

/// Allocations of a decoder over `bytes`, in pieces of 100 with a millisecond between them. One decoder goes before, so
/// that what the runtime makes at the first use of a type is not counted.
func allocations(_ format: WireFormat, _ bytes: [UInt8]) -> Int {
  let settings = WireSettings(sampleRate: 128, channelCount: 2, usesHostTime: true)
  _ = countOpened(format.decoder.init(settings), bytes)
  return countOpened(format.decoder.init(settings), bytes)
}

private func countOpened<Decoder: FrameDecoder>(_ decoder: Decoder, _ bytes: [UInt8]) -> Int {
  let storage = SampleBlockStorage(channelCount: 2)
  var samples: Int64 = 0
  let count = countAllocations {
    bytes.withUnsafeBytes { all in
      var arrival: UInt64 = 0
      for start in stride(from: 0, to: all.count, by: 100) {
        arrival += 1_000_000
        let piece = UnsafeRawBufferPointer(rebasing: all[start..<min(start + 100, all.count)])
        _ = decoder.feed(piece, arrivalNanoseconds: arrival)
        while decoder.next(into: storage.block, isQuiet: false) == .samples { samples += 1 }
      }
    }
  }
  precondition(samples > 0)
  return count
}

/// The bytes of a hexadecimal number.
func hexadecimal(_ text: String) -> [UInt8] {
  stride(from: 0, to: text.count, by: 2).compactMap { offset in
    let start = text.index(text.startIndex, offsetBy: offset)
    return UInt8(text[start..<text.index(start, offsetBy: 2)], radix: 16)
  }
}
