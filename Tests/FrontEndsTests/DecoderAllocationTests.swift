import ECGSignal
import FrontEnds
import TestSupport
import Testing

@Test("decoding allocates nothing once the format is known", .enabled(if: allocationsAreCountable))
func decodingAllocatesNothing() {
  let encoder = BridgeEncoder(
    hello: BridgeHello(
      frontEnd: "x", provenance: .simulated, sampleRate: 500, referenceMicrovolts: 2_400_000,
      adcBits: 24, leads: [.I, .II], gain: 6))
  let decoder = BridgeDecoder()
  let sent = SampleBlockStorage(channelCount: 2)
  let received = SampleBlockStorage(channelCount: 2)
  var frame = [UInt8](repeating: 0, count: BridgeFrame.encodedByteCountMax)
  func deliver(_ count: Int) -> DecodeOutcome {
    _ = frame.withUnsafeBytes {
      decoder.feed(UnsafeRawBufferPointer(rebasing: $0[..<count]), arrivalNanoseconds: 0)
    }
    return decoder.next(into: received.block, isQuiet: false)
  }
  #expect(deliver(encoder.encodeHello(into: &frame)) == .format)
  var outcomes = 0
  let allocations = countAllocations {
    for index in 0..<100 {
      sent.block.header.pointee.firstIndex = Int64(index) * 10
      sent.block.header.pointee.sampleCount = 10
      if deliver(encoder.encode(sent.block, timeMicroseconds: 0, into: &frame)) == .samples {
        outcomes += 1
      }
    }
  }
  #expect(outcomes == 100)
  #expect(allocations == 0)
}
