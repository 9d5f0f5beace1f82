// What the bridge frame promises beyond carrying samples: nobody's test signal is taken for a patient, and no sample is
// lost without being told, whoever lost it.

import ECGSignal
import Testing

@testable import FrontEnds

@Test("samples of a test signal are not delivered under a HELLO of electrodes, and are a gap")
func testSignalBeforeItsHello() {
  let stream = BridgeStream()
  _ = stream.deliver(stream.hello() + stream.samples(0..<10))
  stream.encoder.hello.provenance = .testSignal
  // The HELLO that says so is lost.
  _ = stream.hello()
  #expect(stream.deliver(stream.samples(10..<20)).codes.isEmpty)
  #expect(stream.decoder.announcedFormat?.provenance == .live)
  #expect(!stream.decoder.isDescribed)
  let later = stream.deliver(stream.hello() + stream.samples(20..<30))
  #expect(later.formats == 1 && stream.decoder.announcedFormat?.provenance == .testSignal)
  #expect(later.blocks.map(\.code) == [40])
  #expect(later.blocks.first?.header.gapBefore == 10)
  #expect(later.blocks.first?.header.gapCause == .framesLost)
  // And back: electrodes are not delivered as a test signal either.
  stream.encoder.hello.provenance = .live
  #expect(stream.deliver(stream.samples(30..<40)).codes.isEmpty)
}

@Test("samples measured with another gain than the last HELLO's are not scaled by it")
func anotherGain() {
  let stream = BridgeStream()
  _ = stream.deliver(stream.hello() + stream.samples(0..<10))
  stream.encoder.hello.gainsSixteenths = [16, 16]
  #expect(stream.encoder.hello.configuration == 1)
  #expect(stream.deliver(stream.samples(10..<20)).codes.isEmpty)
  let after = stream.deliver(stream.hello() + stream.samples(20..<30))
  #expect(after.blocks.first?.header.gapBefore == 10)
  // 2.4 V at gain 1.
  #expect(
    stream.decoder.announcedFormat.map { abs($0.channels[0].microvoltsPerCode - 0.2861) < 1e-4 }
      == true)
}

@Test("a gap across which no frame is missing is the bridge's own, any other the line's")
func whoLostThem() {
  let stream = BridgeStream()
  _ = stream.deliver(stream.hello() + stream.samples(0..<10))
  let own = stream.deliver(stream.samples(15..<25))
  #expect(own.blocks.first?.header.gapBefore == 5)
  #expect(own.blocks.first?.header.gapCause == .frontEndOverflow)
  #expect(stream.decoder.counters.samplesLostInFrontEnd == 5)
  _ = stream.samples(25..<35)
  // A HELLO stands where the lost frame's number is told; the loss is the line's all the same.
  let line = stream.deliver(stream.hello() + stream.samples(35..<45))
  #expect(line.blocks.first?.header.gapBefore == 10)
  #expect(line.blocks.first?.header.gapCause == .framesLost)
  #expect(stream.decoder.counters.samplesLostInFrontEnd == 5)
  #expect(stream.decoder.counters.samplesLost == 15)
}

@Test("a bridge that started again is not taken for a repetition, and what it missed is a gap")
func bridgeRestart() {
  let stream = BridgeStream(usesHostTime: true)
  stream.encoder.status.start = 1
  _ = stream.deliver(stream.hello() + stream.samples(0..<10) + stream.samples(10..<20))
  // Two frames after its start it starts again: the ticks are those of frames that were received.
  let again = BridgeStream()
  again.encoder.status.start = 2
  let result = stream.deliver(
    again.hello() + again.samples(0..<10) + again.samples(10..<20), at: 1_000_000_000)
  #expect(result.codes.count == 20)
  #expect(stream.decoder.counters.framesRepeated == 0)
  #expect(stream.decoder.counters.resynchronisations == 1)
  // A second at 500 samples, less those of the frame that ended it.
  #expect(result.blocks.map(\.header.gapBefore) == [490, 0])
  #expect(result.blocks.first?.header.gapCause == .clockEstimate)
  #expect(stream.decoder.counters.samplesLostByClock == 490)
  #expect(stream.decoder.nextIndex == 20 + 490 + 20)
}

@Test("without a clock a restart is still a gap")
func bridgeRestartWithoutClock() {
  let stream = BridgeStream()
  _ = stream.deliver(stream.hello() + stream.samples(100_000..<100_010))
  let result = stream.deliver(BridgeStream().samples(0..<10))
  #expect(result.blocks.map(\.header.gapBefore) == [1])
}

@Test("a stream that begins anew has no past")
func beginsAnew() {
  let stream = BridgeStream()
  _ = stream.deliver(stream.hello() + stream.samples(0..<10) + stream.samples(15..<25))
  stream.decoder.beginStream()
  let result = stream.deliver(stream.samples(40..<50))
  #expect(result.blocks.first?.header.firstIndex == 0)
  #expect(result.blocks.first?.header.gapBefore == 0)
  #expect(stream.decoder.counters.samplesLost == 0)
  #expect(stream.decoder.counters.samplesReceived == 10)
}

@Test("a frame of version 1 is refused")
func otherVersion() {
  // The HELLO of version 1's specification.
  let old = BridgeExamples.bytes(
    "040101010101010109656d756c61746564010101010101010420a10701039f2403180201010101010101010"
      + "26003ff60058d45884300")
  let stream = BridgeStream()
  #expect(stream.deliver(old).formats == 0)
  #expect(stream.decoder.counters.framesCorrupt == 1)
  #expect(stream.decoder.counters.framesFailedChecksum == 0)
}

@Test("a restart is counted by the rate that arrivals tell")
func restartAtTrueRate() {
  let stream = BridgeStream(usesHostTime: true)
  stream.encoder.status.start = 1
  _ = stream.deliver(stream.hello() + stream.samples(0..<10))
  stream.decoder.follow(sampleRate: 502.5)
  let again = BridgeStream()
  again.encoder.status.start = 2
  let result = stream.deliver(again.hello() + again.samples(0..<10), at: 60_000_000_000)
  #expect(result.blocks.first?.header.gapBefore == 30_140)
}
