// ProtoCentral's frames: golden frames (reference golden_frames.py, which shares no code with the product), what the
// boards mean by them, and damage of every kind.

import ECGSignal
import TestSupport
import Testing

@testable import FrontEnds

private let healthyPi4 = hexadecimal("0afa1400022efb370240e2010047940300420e106248507800000b")
private let healthyPi5 = hexadecimal(
  "0afa1600022efbffff370200000057040000ae080000420e624810000b")
private let openView3 = hexadecimal(
  "0afa320003fcfffffffdfffffffeffffffffffffff000000000100000002000000030000000a000000140000001e"
    + "000000280000004810000b")

private let formats = [WireFormat.healthyPi4, .healthyPi5, .openView3]

@Test("the golden frames are read: ECG and respiration as their makers wrote them")
func goldenFrames() {
  var received = Received(.healthyPi4, channels: 2)
  received.feed(healthyPi4, isQuiet: true)
  #expect(received.codes == [[-1234], [567]])
  received = Received(.healthyPi5, channels: 2)
  received.feed(healthyPi5, isQuiet: true)
  #expect(received.codes == [[-1234], [567]])
  received = Received(.openView3, channels: 2)
  received.feed(openView3, isQuiet: true)
  #expect(received.codes[0] == [-4, -3, -2, -1, 0, 1, 2, 3])
  #expect(received.codes[1] == [10, 10, 20, 20, 30, 30, 40, 40])
}

@Test("without respiration in the profile only ECG comes", arguments: formats)
func oneChannel(format: WireFormat) {
  var received = Received(format, channels: 1)
  received.feed(frames(format, 8), isQuiet: true)
  #expect(received.codes[0] == Array(0..<8))
}

@Test(
  "v4's status bits: IN2 and RLD are the ECG's, IN1 and RLD respiration's, and zeros are not measured"
)
func leadStatus() {
  for (status, leadOff): (UInt8, UInt32) in [(1, 2), (2, 2), (4, 1), (8, 1), (16, 3), (31, 3)] {
    var frame = healthyPi4
    for index in 5..<9 { frame[index] = 0 }
    frame[5 + 19] = status
    var received = Received(.healthyPi4, channels: 2)
    received.feed(healthyPi4 + frame + healthyPi4, isQuiet: true)
    #expect(
      received.codes == [[-1234, SampleBlock.missing, -1234], [567, SampleBlock.missing, 567]])
    #expect(received.leadOff == [0, leadOff, 0])
  }
}

@Test("a BioZ value that HealthyPi 5 marks as an old one is missing")
func skippedBioZ() {
  var frame = healthyPi5
  frame[5 + 8] = 0xFF
  var received = Received(.healthyPi5, channels: 2)
  received.feed(frame, isQuiet: true)
  #expect(received.codes == [[-1234], [SampleBlock.missing]])
}

@Test("a repeated first byte loses no frame", arguments: formats)
func repeatedStart(format: WireFormat) {
  var received = Received(format, channels: 1)
  let one = frames(format, 8)
  received.feed(one + [0x0A] + one + [0x0A, 0x0A] + one, isQuiet: true)
  #expect(received.codes[0].count == 24)
  #expect(received.decoder.counters.samplesLost == 0)
  #expect(received.decoder.counters.bytesDiscarded == 3)
}

@Test("OpenView 3's oximeter frames are neither samples nor loss")
func oximeterFrames() {
  let oximeter: [UInt8] =
    [0x0A, 0xFA, 19, 0, 4] + [UInt8](repeating: 7, count: 19) + [0, 0x0B]
  var received = Received(.openView3, channels: 1)
  received.feed(openView3 + oximeter + openView3 + oximeter + oximeter + openView3, isQuiet: true)
  #expect(received.codes[0].count == 24)
  let counters = received.decoder.counters
  #expect(counters.samplesLost == 0 && counters.framesCorrupt == 0 && counters.bytesDiscarded == 0)
}

@Test("another length or type with the same start is no frame of this board")
func otherBoard() {
  var received = Received(.healthyPi4, channels: 2)
  received.feed(healthyPi5 + openView3 + healthyPi5, isQuiet: true)
  #expect(received.codes[0].isEmpty)
  received = Received(.healthyPi5, channels: 2)
  received.feed(healthyPi4 + healthyPi4, isQuiet: true)
  #expect(received.codes[0].isEmpty)
}

@Test(
  "after damage a frame that something else than a frame follows does not count", arguments: formats
)
func notFollowed(format: WireFormat) {
  let one = Array(frames(format, 8)[..<format.encoder.frameByteCountMax])
  var received = Received(format, channels: 1)
  received.feed([0x55] + one + [0x55, 0x55], isQuiet: true)
  #expect(received.codes[0].isEmpty)
  received.feed(one + one, isQuiet: true)
  #expect(received.codes[0].count == (format == .openView3 ? 16 : 2))
}

@Test("content that no firmware writes is a lost frame")
func implausible() {
  // The fourth byte of an 18-bit code, a flag of 0x40, a status bit that does not exist.
  for (format, frame, place) in [
    (WireFormat.healthyPi5, healthyPi5, 5 + 3), (.healthyPi5, healthyPi5, 5 + 8),
    (.healthyPi4, healthyPi4, 5 + 19), (.openView3, openView3, 5 + 7 * 4 + 3),
  ] {
    var damaged = frame
    damaged[place] ^= 0x40
    var received = Received(format, channels: 2)
    received.feed(frame + damaged + frame, isQuiet: true)
    let perFrame = received.codes[0].count / 2
    #expect(perFrame == (format == .openView3 ? 8 : 1))
    #expect(received.decoder.counters.samplesLost == Int64(perFrame))
    #expect(received.decoder.counters.framesCorrupt == 1)
  }
}

@Test(
  "whatever byte of start, length, type or end is hit, one frame is lost and counted",
  arguments: formats)
func hitFraming(format: WireFormat) {
  let good = frames(format, 8)
  let size = format.encoder.frameByteCountMax
  let perFrame = format == .openView3 ? 8 : 1
  let all = good + good + good + good
  let frameCount = all.count / size
  for place in Array(0..<5) + [size - 2, size - 1] {
    for value: UInt8 in [0x00, 0x0A, 0x0B, 0xFA, 0xFF, 0x55] {
      var damaged = all
      // The third frame: the first one counts once the second follows it.
      guard damaged[2 * size + place] != value else { continue }
      damaged[2 * size + place] = value
      var received = Received(format, channels: 1)
      received.feed(damaged, isQuiet: true)
      let counters = received.decoder.counters
      #expect(counters.samplesReceived == Int64((frameCount - 1) * perFrame))
      #expect(counters.samplesLost == Int64(perFrame), "byte \(place) to \(value)")
      #expect(received.gaps == counters.samplesLost)
    }
  }
}

@Test(
  "random damage: what was not damaged arrives, and nothing in excess goes uncounted",
  arguments: formats)
func randomDamage(format: WireFormat) {
  let size = format.encoder.frameByteCountMax
  let perFrame: Int64 = format == .openView3 ? 8 : 1
  for seed: UInt64 in 0..<20 {
    var random = SeededRandom(seed: seed)
    var bytes: [UInt8] = []
    var sent: Int64 = 0
    var hit: Int64 = 0
    for _ in 0..<200 {
      var frame = Array(frames(format, 8, firstCode: Int32(truncatingIfNeeded: sent))[..<size])
      sent += perFrame
      // The first and the last three stay: what is lost before and after, no decoder can know.
      if sent > perFrame && sent < 197 * perFrame && random.next() % 20 == 0 {
        hit += 1
        switch random.next() % 3 {
        case 0: frame[Int(random.next() % 5)] ^= 1 << UInt8(random.next() % 8)
        case 1: frame.removeLast(size / 4)
        default: frame += (0..<Int(random.next() % 8)).map { _ in UInt8(random.next() % 256) }
        }
      }
      bytes += frame
    }
    var received = Received(format, channels: 1)
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = min(rest.count, 1 + Int(random.next() % 90))
      received.feed(Array(rest.prefix(piece)), isQuiet: rest.count == piece)
      rest = rest.dropFirst(piece)
    }
    let counters = received.decoder.counters
    #expect(counters.samplesReceived >= sent - hit * perFrame)
    #expect(counters.samplesReceived + counters.samplesLost <= sent + hit * perFrame)
    #expect(counters.samplesReceived + counters.samplesLost >= sent - hit * perFrame)
    #expect(Int64(received.codes[0].count) == counters.samplesReceived)
    #expect(received.gaps == counters.samplesLost)
  }
}

@Test("noise is never samples, and two frames after it are read", arguments: formats)
func noise(format: WireFormat) {
  for seed: UInt64 in 0..<10 {
    var random = SeededRandom(seed: seed)
    var received = Received(format, channels: 2)
    received.feed(
      (0..<20_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }, isQuiet: false)
    #expect(received.codes[0].isEmpty)
    received.feed(frames(format, 16), isQuiet: true)
    #expect(received.codes[0].count >= 15 - (format == .openView3 ? 7 : 0))
    // Before the first frame nothing is known to be lost.
    #expect(received.decoder.counters.samplesLost <= 8)
  }
}

@Test("frames that vanish whole are told by the host's clock", arguments: formats)
func vanishedFrames(format: WireFormat) {
  let perFrame = format == .openView3 ? 8 : 1
  var received = Received(format, channels: 1, usesHostTime: true)
  let period = UInt64(1e9 / 128 * Double(perFrame))
  let one = Array(frames(format, 8)[..<format.encoder.frameByteCountMax])
  for frame in 0..<UInt64(60 * 128 / perFrame) where frame != UInt64(30 * 128 / perFrame) {
    received.feed(one, isQuiet: true, at: 1_000_000_000 + frame * period)
  }
  let counters = received.decoder.counters
  #expect(counters.samplesLostByClock == Int64(perFrame))
  #expect(counters.samplesLost == Int64(perFrame) && counters.samplesSurplus == 0)
  #expect(received.causes.contains(.clockEstimate))
}

@Test("a damaged frame is not counted again by the clock", arguments: formats)
func countedOnce(format: WireFormat) {
  let perFrame = format == .openView3 ? 8 : 1
  var received = Received(format, channels: 1, usesHostTime: true)
  let period = UInt64(1e9 / 128 * Double(perFrame))
  let one = Array(frames(format, 8)[..<format.encoder.frameByteCountMax])
  for frame in 0..<UInt64(60 * 128 / perFrame) {
    var sent = one
    if frame % 500 == 250 { sent[4] = 0x77 }
    received.feed(sent, isQuiet: false, at: 1_000_000_000 + frame * period)
  }
  let counters = received.decoder.counters
  #expect(counters.samplesLost > 0)
  #expect(counters.samplesLostByClock == 0 && counters.samplesSurplus == 0)
}

@Test(
  "after the device was away its first frames are new, and the time away is what the caller says")
func deviceLost() {
  var received = Received(.healthyPi4, channels: 1)
  received.feed(frames(.healthyPi4, 8) + [0x0A, 0xFA, 0x14], isQuiet: true)
  received.decoder.skip(samples: 250, cause: .deviceLost)
  received.feed([1, 2, 3] + frames(.healthyPi4, 8), isQuiet: true)
  let counters = received.decoder.counters
  #expect(counters.samplesReceived == 16 && counters.samplesLost == 250)
  #expect(counters.reconnects == 1)
  #expect(received.decoder.nextIndex == 266)
}

@Test(
  "decoding ProtoCentral's frames allocates nothing", .enabled(if: allocationsAreCountable),
  arguments: formats)
func decodesWithoutAllocations(format: WireFormat) {
  // What the runtime looks up once, as a type's metadata, is no part of decoding.
  _ = allocations(format, frames(format, 20))
  #expect(allocations(format, frames(format, 2000)) == 0)
}

/// Frames of samples that count up, by the format's encoder.
private func frames(_ format: WireFormat, _ samples: Int, firstCode: Int32 = 0) -> [UInt8] {
  encoded(format, (0..<samples).map { [firstCode + Int32($0), -Int32($0)] })
}
