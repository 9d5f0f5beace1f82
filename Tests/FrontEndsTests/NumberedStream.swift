// Samples that say which they are, sent through an encoder, damaged, and received in pieces of random size: what every
// decoder is held against.

import ECGSignal
import FrontEnds
import TestSupport

/// The codes of sample `number`: its number, and numbers that follow from it.
struct NumberedSamples {
  let format: WireFormat
  let channelCount: Int

  func code(_ number: Int, _ channel: Int) -> Int32 {
    let mixed = (number &+ 1) &* (channel &+ 3) &* 40_503 &>> 3
    switch format {
    case .p2:
      return Int32(channel == 0 ? number % 1024 : channel == 1 ? number / 1024 : mixed % 1024)
    default: return Int32(channel == 0 ? number : mixed % 60_001 - 30_000)
    }
  }

  /// The number of a sample that was sent so; nil of one that never was.
  func number(_ codes: [Int32]) -> Int? {
    let number = format == .p2 ? Int(codes[0]) + 1024 * Int(codes[1]) : Int(codes[0])
    guard number >= 0 else { return nil }
    return codes.indices.allSatisfy { codes[$0] == code(number, $0) } ? number : nil
  }
}

/// Frames of numbered samples.
final class NumberedStream {
  let samples: NumberedSamples
  let samplesPerFrame: Int
  private let encoder: any FrameEncoder
  private let storage: SampleBlockStorage
  private(set) var sent = 0

  init(_ format: WireFormat, channelCount: Int) {
    samples = NumberedSamples(format: format, channelCount: channelCount)
    samplesPerFrame = min(5, format.encoder.samplesPerFrameMax)
    let channel = Channel(name: "", lead: nil, microvoltsPerCode: 1)
    encoder = format.encoder.init(
      SignalFormat(
        sampleRate: 250, channels: Array(repeating: channel, count: channelCount),
        provenance: .simulated, sourceName: ""))
    storage = SampleBlockStorage(channelCount: channelCount)
  }

  func frame() -> [UInt8] {
    for sample in 0..<samplesPerFrame {
      for channel in 0..<samples.channelCount {
        storage.block.channel(channel)[sample] = samples.code(sent + sample, channel)
      }
    }
    storage.block.header.pointee.firstIndex = Int64(sent)
    var bytes = [UInt8](repeating: 0, count: samples.format.encoder.frameByteCountMax)
    let count = encoder.encode(storage.block, samples: 0..<samplesPerFrame, into: &bytes)
    sent += samplesPerFrame
    return Array(bytes[..<count])
  }

  /// The front-end loses samples itself.
  func lose(_ count: Int) {
    encoder.lose(samples: count)
    sent += count
  }
}

/// What a decoder gave.
struct Reception {
  /// Samples that were sent: their number and the index they were given.
  var placed: [(number: Int, index: Int)] = []
  /// Samples that never were.
  var invented = 0
  var gaps: Int64 = 0
  var lastIndex: Int64 = -1
  var isOrdered = true

  /// Index less number, of all samples; one value where every sample is at its place.
  var displacements: Set<Int> { Set(placed.map { $0.index - $0.number }) }

  /// Feeds in pieces of random size.
  mutating func take(
    _ bytes: [UInt8], _ decoder: any FrameDecoder, _ samples: NumberedSamples,
    _ generator: inout SeededRandom, isQuiet: Bool = true
  ) {
    let storage = SampleBlockStorage(channelCount: samples.channelCount)
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Int(generator.next() % 200) + 1)
      let taken = piece.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: 0) }
      rest = rest.dropFirst(taken)
      while decoder.next(into: storage.block, isQuiet: isQuiet && rest.isEmpty) == .samples {
        add(storage.block, samples)
      }
    }
  }

  private mutating func add(_ block: SampleBlock, _ samples: NumberedSamples) {
    let header = block.header.pointee
    isOrdered = isOrdered && header.firstIndex == lastIndex + 1 + header.gapBefore
    gaps += header.gapBefore
    lastIndex = header.firstIndex + Int64(header.sampleCount) - 1
    for sample in 0..<Int(header.sampleCount) {
      let codes = (0..<samples.channelCount).map { block.channel($0)[sample] }
      if let number = samples.number(codes) {
        placed.append((number, Int(header.firstIndex) + sample))
      } else {
        invented += 1
      }
    }
  }
}
