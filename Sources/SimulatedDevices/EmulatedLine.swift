// Blocks to the bytes that arrive at the other end of an emulated line, faults included.

import ECGSignal
import FrontEnds

/// Encodes blocks in a wire format and damages what its faults say.
final class EmulatedLine {
  private(set) var sent = EmulatedFrontEnd.Sent()
  private let wireFormat: WireFormat
  private let sampleRate: Double
  private let bridge: BridgeEncoder
  private var cyton = CytonEncoder()
  private let faults: LineFaults
  private var generator: SeededGenerator
  private let frame: UnsafeMutablePointer<UInt8>
  private let output: UnsafeMutablePointer<UInt8>
  private var outputCount = 0

  init(format: SignalFormat, wireFormat: WireFormat, faults: LineFaults) {
    self.wireFormat = wireFormat
    self.faults = faults
    sampleRate = format.sampleRate
    generator = SeededGenerator(seed: faults.seed)
    bridge = BridgeEncoder(
      hello: BridgeHello(
        frontEnd: format.sourceName, provenance: format.provenance,
        sampleRate: format.sampleRate,
        referenceMicrovolts: EmulatedConverter.referenceMicrovolts,
        adcBits: EmulatedConverter.bits, leads: format.channels.map(\.lead),
        gain: EmulatedConverter.gain))
    frame = .allocate(capacity: BridgeFrame.encodedByteCountMax)
    output = .allocate(capacity: 2 * BridgeFrame.encodedByteCountMax)
  }

  deinit {
    frame.deallocate()
    output.deallocate()
  }

  /// The frame in which the front-end tells what it is; none for formats that have none. Never faulty.
  func hello() -> UnsafeRawBufferPointer {
    outputCount = wireFormat == .bridge ? bridge.encodeHello(into: output) : 0
    return UnsafeRawBufferPointer(start: output, count: outputCount)
  }

  /// The bytes that arrive of a block.
  func frames(of block: SampleBlock) -> UnsafeRawBufferPointer {
    outputCount = 0
    let samples = Int(block.header.pointee.sampleCount)
    sent.samples += Int64(samples)
    switch wireFormat {
    case .bridge:
      let microseconds = Double(block.header.pointee.firstIndex) / sampleRate * 1e6
      send(
        bridge.encode(
          block, timeMicroseconds: UInt32(truncatingIfNeeded: Int64(microseconds)), into: frame))
    case .cyton:
      for sample in 0..<samples {
        cyton.encode(block, sample: sample, into: frame)
        send(CytonEncoder.packetByteCount)
      }
    }
    return UnsafeRawBufferPointer(start: output, count: outputCount)
  }

  private func send(_ count: Int) {
    sent.frames += 1
    if generator.uniform() < faults.drop {
      sent.framesDropped += 1
      return
    }
    if generator.uniform() < faults.corrupt {
      sent.framesCorrupted += 1
      // Any byte but the delimiter, to any other value but the delimiter's.
      let position = Int(generator.next() % UInt64(count - 1))
      frame[position] = frame[position] == 1 ? 2 : frame[position] ^ 1
    }
    append(count)
    if generator.uniform() < faults.duplicate {
      sent.framesDuplicated += 1
      append(count)
    }
  }

  private func append(_ count: Int) {
    (output + outputCount).update(from: frame, count: count)
    outputCount += count
  }
}
