// Frames made by others: the example of the specification (firmware-config/frames.py, which shares no code with the
// product) and the Cyton packet of OpenBCI's documented layout.

import ECGSignal
import TestSupport
import Testing

@testable import FrontEnds

private let hello = BridgeExamples.hello
private let samples = BridgeExamples.samples

@Test("the check value of CRC-32/ISO-HDLC is that of the catalogue")
func checkValue() {
  let text = Array("123456789".utf8)
  #expect(CRC32().checksum(text, count: text.count) == 0xCBF4_3926)
}

@Test("the specification's HELLO and SAMPLES are read as it says")
func specificationExample() throws {
  let decoder = BridgeDecoder()
  let storage = SampleBlockStorage(channelCount: 2)
  #expect(hello.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: 1) } == hello.count)
  #expect(decoder.next(into: storage.block, isQuiet: false) == .format)
  let format = try #require(decoder.announcedFormat)
  #expect(format.sampleRate == 500 && format.sourceName == "emulated")
  #expect(format.provenance == .simulated)
  #expect(format.channels.map(\.lead) == [.I, nil])
  // 2.4 V, gain 6, 24 bits: the ADS1298's 47.68 nV.
  #expect(abs(format.channels[0].microvoltsPerCode - 0.0476837) < 1e-7)
  _ = samples.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: 2) }
  #expect(decoder.next(into: storage.block, isQuiet: false) == .samples)
  let header = storage.block.header.pointee
  #expect(header.sampleCount == 2 && header.leadOff == 0b10 && header.arrivalNanoseconds == 2)
  #expect([storage.block.channel(0)[0], storage.block.channel(1)[0]] == [1, -1])
  #expect([storage.block.channel(0)[1], storage.block.channel(1)[1]] == [0x123456, -0x123456])
  #expect(decoder.next(into: storage.block, isQuiet: false) == .needsBytes)
}

@Test("the encoder writes the specification's example, byte for byte")
func encoderExample() {
  let description = BridgeHello(
    frontEnd: "emulated", provenance: .simulated, sampleRate: 500, referenceMicrovolts: 2_400_000,
    adcBits: 24, leads: [.I, nil], gain: 6)
  let encoder = BridgeEncoder(hello: description)
  var output = [UInt8](repeating: 0, count: BridgeFrame.encodedByteCountMax)
  let count = encoder.announce(into: &output)
  #expect(Array(output[..<count]) == hello)
}

@Test("frames of 32 samples of 8 channels, longer than a COBS block, come through")
func longFrame() throws {
  let description = BridgeHello(
    frontEnd: "x", provenance: .live, sampleRate: 500, referenceMicrovolts: 1, adcBits: 24,
    leads: Array(repeating: nil, count: 8), gain: 1)
  let encoder = BridgeEncoder(hello: description)
  let decoder = BridgeDecoder()
  let sent = SampleBlockStorage(channelCount: 8)
  let received = SampleBlockStorage(channelCount: 8)
  sent.block.header.pointee.sampleCount = 32
  // As frames.py makes them; a third of the bytes would be zero without the prime strides.
  for sample in 0..<32 {
    for channel in 0..<8 {
      sent.block.channel(channel)[sample] = Int32(
        (sample * 7919 + channel * 104_729) % 16_777_216 - 8_388_608)
    }
  }
  var output = [UInt8](repeating: 0, count: BridgeFrame.encodedByteCountMax)
  for write in [encoder.announce(into: &output)] {
    _ = output.withUnsafeBytes {
      decoder.feed(UnsafeRawBufferPointer(rebasing: $0[..<write]), arrivalNanoseconds: 0)
    }
  }
  #expect(decoder.next(into: received.block, isQuiet: false) == .format)
  let count = encoder.encode(sent.block, samples: 0..<32, into: &output)
  #expect(count == 797)
  #expect(output[..<(count - 1)].allSatisfy { $0 != 0 })
  _ = output.withUnsafeBytes {
    decoder.feed(UnsafeRawBufferPointer(rebasing: $0[..<count]), arrivalNanoseconds: 0)
  }
  #expect(decoder.next(into: received.block, isQuiet: false) == .samples)
  for channel in 0..<8 {
    for sample in 0..<32 {
      #expect(received.block.channel(channel)[sample] == sent.block.channel(channel)[sample])
    }
  }
}

@Test("OpenBCI's packet is read in microvolts, the last one when nothing follows")
func cytonPacket() {
  let packet = BridgeExamples.bytes(
    "a02a000000000001ffffff7fffff8000000186a0fe79600030390010fff00100c0")
  let decoder = CytonDecoder(
    WireSettings(sampleRate: 250, channelCount: 8, usesHostTime: true))
  let storage = SampleBlockStorage(channelCount: 8)
  _ = packet.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: 5) }
  #expect(decoder.next(into: storage.block, isQuiet: false) == .needsBytes)
  #expect(decoder.next(into: storage.block, isQuiet: true) == .samples)
  let codes = (0..<8).map { storage.block.channel($0)[0] }
  #expect(codes == [0, 1, -1, 0x7FFFFF, -0x800000, 100_000, -100_000, 12_345])
  let microvolts = codes.map { Double($0) * 4.5e6 / 24 / Double((1 << 23) - 1) }
  let expected = [0, 0.0224, -0.0224, 187_500, -187_500.0224, 2235.1744, -2235.1744, 275.9323]
  #expect(zip(microvolts, expected).allSatisfy { abs($0 - $1) < 1e-4 })
}

@Test("258 lost Cyton packets are told from 2 by the time that passed")
func turnsOfTheCounter() {
  for (elapsedPackets, lost) in [(3, 2), (259, 258), (515, 514)] {
    let decoder = CytonDecoder(
      WireSettings(sampleRate: 250, channelCount: 8, usesHostTime: true))
    let storage = SampleBlockStorage(channelCount: 8)
    func send(counter: UInt8, at nanoseconds: UInt64) {
      var packet = [UInt8](repeating: 0, count: 33)
      packet[0] = 0xA0
      packet[1] = counter
      packet[32] = 0xC0
      _ = packet.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: nanoseconds) }
      _ = decoder.next(into: storage.block, isQuiet: true)
    }
    send(counter: 10, at: 1_000_000_000)
    send(counter: 13, at: 1_000_000_000 + UInt64(elapsedPackets) * 4_000_000)
    // A jump alone could be a damaged counter.
    #expect(decoder.counters.samplesLost == 0)
    send(counter: 14, at: 1_000_000_000 + UInt64(elapsedPackets + 1) * 4_000_000)
    #expect(decoder.counters.samplesLost == Int64(lost))
  }
}

@Test("random bytes are never samples and never a crash", arguments: 0..<20)
func randomBytes(seed: UInt64) {
  var generator = SeededRandom(seed: seed)
  let decoder = BridgeDecoder()
  let storage = SampleBlockStorage(channelCount: 2)
  for _ in 0..<200 {
    let count = Int(generator.next() % 600)
    let noise = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    var rest = noise[...]
    while !rest.isEmpty {
      let taken = rest.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: 0) }
      rest = rest.dropFirst(taken)
      #expect(decoder.next(into: storage.block, isQuiet: false) == .needsBytes)
    }
  }
  #expect(decoder.counters.framesReceived == 0)
  #expect(decoder.counters.framesCorrupt > 100)
  // A good frame after the noise is read: at most one frame is spoilt by what stood before it.
  for frame in [hello, hello, samples] {
    _ = frame.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: 0) }
  }
  #expect(decoder.next(into: storage.block, isQuiet: false) == .format)
  #expect(decoder.next(into: storage.block, isQuiet: false) == .samples)
}
