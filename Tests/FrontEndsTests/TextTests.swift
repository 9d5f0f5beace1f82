// Lines of text: what is a line, what is not, and that each of them is counted.

import ECGSignal
import TestSupport
import Testing

@testable import FrontEnds

/// What comes of a text after a first line that is cut.
private func received(_ text: String, channels: Int = 1) -> Received {
  var received = Received(.text, channels: channels)
  received.feed(Array(("12\n" + text).utf8), isQuiet: false)
  return received
}

@Test("whole numbers with signs, and every usual separator and line end, are read")
func numbers() {
  #expect(received("512\r\n-7\n+3\n 0 \r\n007\r\n").codes == [[512, -7, 3, 0, 7]])
  #expect(
    received("1,2\n3, 4\r\n5\t6\n7 8\n9;10\n-1 ,-2,\n", channels: 2).codes
      == [[1, 3, 5, 7, 9, -1], [2, 4, 6, 8, 10, -2]])
  #expect(received("999999999\n-999999999\n").codes == [[999_999_999, -999_999_999]])
  let sixteen = (1...16).map { String(-8_388_608 + $0) }.joined(separator: ",")
  #expect(
    received(sixteen + "\n", channels: 16).codes.map(\.count) == Array(repeating: 1, count: 16))
}

@Test("further columns are ignored if they are numbers")
func moreColumns() {
  let result = received("512,4294967295\r\n513,0\r\n514,x\r\n515,4\r\n")
  #expect(result.codes == [[512, 513, 515]])
  #expect(result.decoder.counters.framesCorrupt == 1)
}

@Test(
  "what is no line of numbers is refused, counted and a gap of one sample",
  arguments: [
    "5.12", "abc", "5a", "a5", "1e3", "--1", "1-2", "-", "5,,6", ",5", "9999999999", "51\r2", "5 !",
    "!!",
    "! 5", "\u{0}", "0x10",
  ])
func malformed(line: String) {
  let result = received("512\n" + line + "\n513\n514\n")
  let counters = result.decoder.counters
  #expect(result.codes == [[512, 513, 514]])
  #expect(counters.framesCorrupt == 1 && counters.bytesDiscarded == Int64(line.utf8.count + 1))
  #expect(counters.resynchronisations == 1)
  #expect(counters.samplesLost >= 1 && counters.samplesLost == result.gaps)
  #expect(counters.samplesLost <= Int64(max(1, (line.utf8.count + 3) / 4)))
}

@Test("too few columns are refused")
func tooFew() {
  let result = received("1,2\n3\n4,5\n", channels: 2)
  #expect(result.codes == [[1, 4], [2, 5]])
  #expect(result.decoder.counters.samplesLost == 1)
}

@Test("bad lines one behind the other are searched through once, whatever is wrong with each")
func resynchronisedOnce() {
  let long = String(repeating: "1", count: 40)
  let result = received("512\nx\n\(long)\ny\n513\n514\n5.1\n515\n")
  #expect(result.codes == [[512, 513, 514, 515]])
  #expect(result.decoder.counters.framesCorrupt == 4)
  #expect(result.decoder.counters.resynchronisations == 2)
}

@Test("blank lines are nothing")
func blank() {
  let result = received("1\n\n \r\n\r\n2\n")
  #expect(result.codes == [[1, 2]])
  #expect(result.decoder.counters.samplesLost == 0 && result.decoder.counters.framesCorrupt == 0)
}

@Test("the AD8232 sketches' ! is a sample that was not measured, with every electrode's bit")
func leadOff() {
  let result = received("5,6\r\n!\r\n!\n7,8\r\n", channels: 2)
  let missing = SampleBlock.missing
  #expect(result.codes == [[5, missing, missing, 7], [6, missing, missing, 8]])
  #expect(result.leadOff == [0, 3, 3, 0])
  #expect(result.decoder.counters.samplesReceived == 4)
  #expect(result.decoder.counters.framesCorrupt == 0)
}

@Test("the first line may be cut, and words of greeting are no loss")
func start() {
  var result = Received(.text, channels: 1)
  result.feed(Array("99\r\nAD8232 ready\r\n512\r\n".utf8), isQuiet: false)
  #expect(result.codes == [[512]])
  #expect(result.decoder.counters.samplesLost == 0 && result.decoder.counters.framesCorrupt == 0)
}

@Test("an overlong line is refused up to its end, and counts as the lines that fit into it")
func overlong() {
  for length in [33, 100, 10_000] {
    let result = received("512\r\n" + String(repeating: "1", count: length) + "\r\n513\r\n")
    #expect(result.codes == [[512, 513]])
    #expect(result.decoder.counters.framesCorrupt == 1)
    #expect(result.decoder.counters.resynchronisations == 1)
    #expect(result.decoder.counters.samplesLost == Int64((length + 2 + 2) / 5))
    #expect(result.decoder.counters.bytesDiscarded == Int64(length + 2 + 3 - 3))
  }
  // The longest line that is one.
  #expect(received(String(repeating: " ", count: 28) + "512\n").codes == [[512]])
  #expect(received(String(repeating: " ", count: 29) + "512\n1\n").codes == [[1]])
}

@Test("what the encoder writes is read again, in pieces of any size", arguments: [1, 2, 16])
func roundTrip(channels: Int) {
  var random = SeededRandom(seed: 5)
  let samples = (0..<500).map { _ in
    (0..<channels).map { _ in Int32(truncatingIfNeeded: random.next()) >> 3 }
  }
  let bytes = Array("1\n".utf8) + encoded(.text, samples)
  var result = Received(.text, channels: channels)
  var rest = bytes[...]
  while !rest.isEmpty {
    let piece = min(rest.count, 1 + Int(random.next() % 40))
    result.feed(Array(rest.prefix(piece)), isQuiet: false)
    rest = rest.dropFirst(piece)
  }
  #expect(result.codes == (0..<channels).map { channel in samples.map { $0[channel] } })
  #expect(result.decoder.counters.samplesLost == 0)
}

@Test("the encoder writes what a sketch prints")
func encoderText() {
  #expect(encoded(.text, [[512], [0], [1023]]) == Array("512\r\n0\r\n1023\r\n".utf8))
  #expect(encoded(.text, [[-10, 7]]) == Array("-10,7\r\n".utf8))
  #expect(encoded(.text, [[512]], leadOff: 1) == Array("!\r\n".utf8))
  #expect(encoded(.text, [[SampleBlock.missing]]) == Array("!\r\n".utf8))
}

@Test(
  "every sample of damaged lines is delivered or counted, a wrong digit aside", arguments: 0..<10)
func randomDamage(seed: UInt64) {
  var random = SeededRandom(seed: seed)
  var bytes = Array("1\r\n".utf8)
  var hits = 0
  for line in 0..<400 {
    var text = Array("\(500 + line % 500)\r\n".utf8)
    if line > 3 && line < 395 && random.next() % 20 == 0 {
      hits += 1
      text[Int(random.next() % 5)] = UInt8(truncatingIfNeeded: random.next())
    }
    bytes += text
  }
  var result = Received(.text, channels: 1)
  result.feed(bytes, isQuiet: false)
  let counters = result.decoder.counters
  #expect(hits > 5)
  #expect(counters.samplesReceived >= Int64(400 - 2 * hits))
  #expect((counters.samplesReceived + counters.samplesLost - 400).magnitude <= UInt64(hits))
  #expect(Int64(result.codes[0].count) == counters.samplesReceived)
  #expect(result.gaps == counters.samplesLost)
}

@Test("random bytes never crash the line parser", arguments: 0..<10)
func noise(seed: UInt64) {
  var random = SeededRandom(seed: seed)
  var result = Received(.text, channels: 3)
  for _ in 0..<100 {
    // Mostly the bytes that lines are made of.
    let alphabet = Array("0123456789-+,; \t\r\n!.x".utf8)
    let bytes = (0..<Int(random.next() % 300)).map { _ in
      random.next() % 10 == 0
        ? UInt8(truncatingIfNeeded: random.next())
        : alphabet[Int(random.next() % UInt64(alphabet.count))]
    }
    result.feed(bytes, isQuiet: false)
  }
  #expect(result.decoder.counters.framesCorrupt > 10)
}

@Test("lines that vanish are told by the host's clock")
func vanishedLines() {
  var result = Received(.text, channels: 1, usesHostTime: true, sampleRate: 250)
  for line in 0..<15_000 where line != 7500 && line != 7501 {
    result.feed(Array("512\r\n".utf8), isQuiet: false, at: 1_000_000_000 + UInt64(line) * 4_000_000)
  }
  #expect(result.decoder.counters.samplesLostByClock == 2)
  #expect(result.decoder.counters.samplesLost == 2 && result.decoder.counters.samplesSurplus == 0)
}

@Test("decoding lines allocates nothing", .enabled(if: allocationsAreCountable))
func linesWithoutAllocations() {
  let lines = (0..<2000).map { $0 % 100 == 7 ? "!\r\n" : "\($0),\(-$0)\r\n" }
  #expect(allocations(.text, Array(lines.joined().utf8)) == 0)
}
