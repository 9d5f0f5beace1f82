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
  #expect(deliver(encoder.announce(into: &frame)) == .format)
  var outcomes = 0
  let answer = BridgeAcknowledgement(id: 1, .done)
  func exchange(_ rounds: Range<Int>) {
    for index in rounds {
      sent.block.header.pointee.firstIndex = Int64(index) * 10
      sent.block.header.pointee.sampleCount = 10
      if deliver(encoder.encode(sent.block, samples: 0..<10, into: &frame)) == .samples {
        outcomes += 1
      }
      // An answer that nobody waits for.
      if deliver(encoder.acknowledge(answer, into: &frame)) != .needsBytes { outcomes = 0 }
    }
  }
  // What the runtime looks up once, as a type's metadata, is no part of decoding.
  exchange(0..<1)
  #expect(countAllocations { exchange(1..<100) } == 0)
  #expect(outcomes == 100)
}

@Test(
  "decoding allocates nothing, whatever the format", .enabled(if: allocationsAreCountable),
  arguments: Board.all)
func noFormatAllocates(board: Board) {
  let stream = NumberedStream(board.format, channelCount: board.channelCount)
  var bytes: [UInt8] = []
  for number in 0..<100 { bytes += stream.frame() + (number % 10 == 0 ? [0x55] : []) }
  let decoder = board.decoder()
  let storage = SampleBlockStorage(channelCount: board.channelCount)
  func deliver() {
    bytes.withUnsafeBytes { _ = decoder.feed($0, arrivalNanoseconds: 0) }
    while decoder.next(into: storage.block, isQuiet: true) == .samples {}
  }
  deliver()
  let before = decoder.counters.samplesReceived
  #expect(countAllocations { deliver() } == 0)
  #expect(decoder.counters.samplesReceived > before)
}
