// A signal every sample of which tells its place, so that a receiver's mistake cannot hide: the first channel counts,
// the others are a hash of index and channel.

import ECGSignal
import FrontEnds

@testable import SimulatedDevices

/// Samples that name their place in the scale of a wire format.
final class PlaceSignal: EmulatedSignal {
  let format: SignalFormat
  /// Indices after which the first channel repeats.
  let period: Int64
  private let step: Int32
  private let end: Int64
  private let seed: UInt64
  private var index: Int64 = 0

  init(_ board: LineBoard, seconds: Double, seed: UInt64) {
    let converter = board.converter
    let rate = converter.sampleRate ?? 500
    // Codes of the emulated converter for a code on the wire, and how far codes may go without a rail.
    let perCode = converter.microvoltsPerCode / EmulatedConverter.microvoltsPerCode
    step = Int32(max(1, perCode.rounded(.up)))
    let codes = Double(converter.codeRange.upperBound) - Double(converter.baseline)
    let reach = min(codes * perCode, Double(EmulatedConverter.codeMax)) / Double(step)
    period = min(20_000, Int64(reach * 1.9))
    end = Int64(seconds * rate)
    self.seed = seed
    format = SignalFormat(
      sampleRate: rate, channels: board.channels, provenance: .simulated, sourceName: "place")
  }

  func rewind() {}

  func fill(_ block: SampleBlock, count: Int) -> Bool {
    let count = min(Int64(count), end - index)
    guard count > 0 else { return false }
    block.header.pointee.firstIndex = index
    block.header.pointee.sampleCount = Int32(count)
    for sample in 0..<Int(count) {
      for channel in 0..<block.channelCount {
        block.channel(channel)[sample] =
          channel == 0 ? counting(index) : hash(index, channel)
      }
      index += 1
    }
    return true
  }

  /// The first channel at an index: one step more every time.
  func counting(_ index: Int64) -> Int32 { (Int32(index % period) - Int32(period / 2)) * step }

  private func hash(_ index: Int64, _ channel: Int) -> Int32 {
    var generator = SeededGenerator(
      seed: seed ^ UInt64(bitPattern: index) &* 16 &+ UInt64(channel))
    return (Int32(generator.next() % UInt64(period)) - Int32(period / 2)) * step
  }
}
