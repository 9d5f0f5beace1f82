// What is peculiar to Cyton: a Daisy's pairs, stop and start bytes, the clocks that tell a whole turn of the counter.

import ECGSignal
import TestSupport
import Testing

@testable import FrontEnds

/// A packet whose channels are `first`, `first + 1`, ...
private func packet(
  _ counter: UInt8, first: Int32 = 0, start: UInt8 = 0xA0, stop: UInt8 = 0xC0,
  milliseconds: UInt32 = 0
) -> [UInt8] {
  var bytes = [start, counter]
  for code in first..<(first + 8) {
    bytes += [16, 8, 0].map { UInt8(truncatingIfNeeded: code >> $0) }
  }
  bytes += [0, 0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: milliseconds >> $0) } + [stop]
  return bytes
}

private final class Line {
  let decoder: CytonDecoder
  let storage: SampleBlockStorage
  var codes: [[Int32]] = []
  /// Gaps before blocks, by the samples that came before them.
  var gaps: [Int: Int64] = [:]

  init(channels: Int = 8, rate: Double = 250, usesHostTime: Bool = true) {
    decoder = CytonDecoder(
      WireSettings(sampleRate: rate, channelCount: channels, usesHostTime: usesHostTime))
    storage = SampleBlockStorage(channelCount: channels)
  }

  func send(_ bytes: [UInt8], at milliseconds: UInt64 = 0, isQuiet: Bool = true) {
    _ = bytes.withUnsafeBytes {
      decoder.feed($0, arrivalNanoseconds: milliseconds * 1_000_000)
    }
    while decoder.next(into: storage.block, isQuiet: isQuiet) == .samples {
      let gap = storage.block.header.pointee.gapBefore
      if gap > 0 { gaps[codes.count] = gap }
      for sample in 0..<Int(storage.block.header.pointee.sampleCount) {
        codes.append((0..<storage.block.channelCount).map { storage.block.channel($0)[sample] })
      }
    }
  }
}

@Test("a Daisy's even packet is channels 9 to 16, the odd one after it channels 1 to 8")
func daisyPairs() {
  let line = Line(channels: 16, rate: 125)
  line.send(packet(1) + packet(2, first: 100) + packet(3, first: 10) + packet(4, first: 200))
  line.send(packet(5, first: 20))
  #expect(line.codes == [Array(10..<18) + Array(100..<108), Array(20..<28) + Array(200..<208)])
  // Packet 7 is missing: sample 6/7 is lost, and so says the next one, once another confirms its counter.
  line.send(packet(6) + packet(8, first: 300) + packet(9, first: 30), at: 16)
  #expect(line.codes.count == 2)
  line.send(packet(10, first: 400) + packet(11, first: 40), at: 24)
  #expect(line.codes.count == 4 && line.decoder.counters.samplesLost == 1)
  #expect(line.gaps == [2: 1])
}

@Test("every documented stop byte is accepted, and the start byte of a board without its dongle")
func stopBytes() {
  let line = Line()
  for (index, stop) in (UInt8(0xC0)...0xC6).enumerated() {
    line.send(packet(UInt8(index), start: index < 4 ? 0xA0 : 0x41, stop: stop))
  }
  #expect(line.codes.count == 7 && line.decoder.counters.framesCorrupt == 0)
  line.send(packet(7, stop: 0xC7))
  line.send(packet(8, stop: 0xBF))
  #expect(line.codes.count == 7)
}

@Test("a reader that was late by a second is no loss where the board tells its own time")
func lateReader() {
  for (boardMilliseconds, lost) in [(4, 0), (1028, 256)] as [(UInt32, Int64)] {
    let line = Line()
    line.send(packet(9, stop: 0xC4, milliseconds: 50_000), at: 1000)
    for number in 0..<100 {
      let passed = UInt32(4 * number)
      line.send(
        packet(
          UInt8(10 + number), stop: 0xC4, milliseconds: 50_000 + boardMilliseconds + passed),
        at: 2028 + UInt64(passed))
    }
    #expect(line.decoder.counters.samplesLost == lost)
  }
  // A damaged time says nothing against the host's.
  let line = Line()
  line.send(packet(9, stop: 0xC4, milliseconds: 50_000), at: 1000)
  line.send(packet(10, stop: 0xC4, milliseconds: .max), at: 1004)
  #expect(line.decoder.counters.samplesLost == 0)
}

@Test(
  "a damaged counter costs its packet, not a turn of the counter", arguments: [1, 100, 200, 254])
func damagedCounter(offset: UInt8) {
  let line = Line(usesHostTime: false)
  let damaged = packet(12 &+ offset)
  line.send(packet(10) + packet(11) + damaged + packet(13) + packet(14))
  #expect(line.decoder.counters.samplesLost == 1)
  #expect(line.codes.count == 4)
}

@Test("commands are the characters of OpenBCI's documentation")
func commands() {
  let characters = CytonCommand.allCases.map { String(UnicodeScalar($0.rawValue)) }.joined()
  #expect(characters == "bsv?dcC0-=[]p<>")
}
