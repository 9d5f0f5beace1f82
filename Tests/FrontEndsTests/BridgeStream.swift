// A bridge's encoder and a decoder at the two ends of a line on which a test does what it likes.

import ECGSignal
import FrontEnds

/// A line of two channels at 500 samples a second. Code of channel c of sample n: 2 n + c.
final class BridgeStream {
  let encoder = BridgeEncoder(
    hello: BridgeHello(
      frontEnd: "line", provenance: .live, sampleRate: 500, referenceMicrovolts: 2_400_000,
      adcBits: 24, leads: [.I, .II], gain: 6))
  let decoder: BridgeDecoder
  private let sent = SampleBlockStorage(channelCount: 2)
  private let received = SampleBlockStorage(channelCount: 2)
  private var output = [UInt8](repeating: 0, count: BridgeFrame.encodedByteCountMax)

  init(usesHostTime: Bool = false) {
    decoder = BridgeDecoder(
      WireSettings(sampleRate: 0, channelCount: 0, usesHostTime: usesHostTime))
  }

  func hello() -> [UInt8] { Array(output[..<encoder.announce(into: &output)]) }

  func samples(_ range: Range<Int64>) -> [UInt8] {
    sent.block.header.pointee.firstIndex = range.lowerBound
    for (sample, index) in range.enumerated() {
      for channel in 0..<2 {
        sent.block.channel(channel)[sample] = Int32(2 * index) + Int32(channel)
      }
    }
    return Array(output[..<encoder.encode(sent.block, samples: 0..<range.count, into: &output)])
  }

  func acknowledge(_ answer: BridgeAcknowledgement) -> [UInt8] {
    Array(output[..<encoder.acknowledge(answer, into: &output)])
  }

  /// What the decoder makes of bytes.
  struct Received {
    var formats = 0
    /// First code of each block with what is known about it.
    var blocks: [(code: Int32, header: SampleBlock.Header)] = []
    var codes: [Int32] = []
  }

  func deliver(_ bytes: [UInt8], at nanoseconds: UInt64 = 0) -> Received {
    var result = Received()
    var rest = bytes[...]
    repeat {
      let taken = rest.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: nanoseconds) }
      rest = rest.dropFirst(taken)
      var outcome = decoder.next(into: received.block, isQuiet: false)
      while outcome != .needsBytes {
        if outcome == .format { result.formats += 1 }
        if outcome == .samples {
          let header = received.block.header.pointee
          result.blocks.append((received.block.channel(0)[0], header))
          result.codes += (0..<Int(header.sampleCount)).map { received.block.channel(0)[$0] }
        }
        outcome = decoder.next(into: received.block, isQuiet: false)
      }
    } while !rest.isEmpty
    return result
  }
}
