// Random damage on the wire: everything delivered was sent, at its place, and what is missing is counted. How soon all
// is well again after each burst ResynchronisationTests hold.

import ECGSignal
import FrontEnds
import TestSupport
import Testing

/// A format as some board sends it.
struct Board: CustomTestStringConvertible, Sendable {
  let format: WireFormat
  let channelCount: Int
  var testDescription: String { "\(format.rawValue) of \(channelCount)" }

  func decoder() -> any FrameDecoder {
    format.decoder.init(
      WireSettings(sampleRate: 250, channelCount: channelCount, usesHostTime: false))
  }

  static let counted = [
    Board(format: .cyton, channelCount: 8), Board(format: .cyton, channelCount: 16),
    Board(format: .p2, channelCount: 6),
  ]
  static let ads = [2, 4, 6, 8].map { Board(format: .ads1298, channelCount: $0) }
  static let checked = Board(format: .adas1000, channelCount: 5)
  static let fifo = Board(format: .max30003, channelCount: 1)
  static let all = counted + ads + [checked, fifo]
}

/// Sends `frameCount` frames, each through `damage`, and returns what came through.
private func receive(
  _ board: Board, seed: UInt64, frameCount: Int = 3000,
  damage: ([UInt8], inout SeededRandom) -> [UInt8]
) -> (Reception, FrameCounters, sent: Int) {
  var generator = SeededRandom(seed: seed)
  let stream = NumberedStream(board.format, channelCount: board.channelCount)
  var bytes: [UInt8] = []
  for number in 0..<frameCount {
    let frame = stream.frame()
    // The first and the last arrive whole, so that everything between them has a place.
    bytes += number < 3 || number > frameCount - 5 ? frame : damage(frame, &generator)
  }
  let decoder = board.decoder()
  var reception = Reception()
  reception.take(bytes, decoder, stream.samples, &generator)
  return (reception, decoder.counters, stream.sent)
}

private func without(_ count: Int, of frame: [UInt8], _ generator: inout SeededRandom) -> [UInt8] {
  let start = Int(generator.next() % UInt64(frame.count - count))
  return Array(frame[..<start] + frame[(start + count)...])
}

private func noise(_ count: Int, _ generator: inout SeededRandom) -> [UInt8] {
  (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
}

@Test(
  "counted frames: what is delivered was sent and is at its place", arguments: Board.counted,
  [1, 2, 3, 4] as [UInt64])
func damagedCountedFrames(board: Board, seed: UInt64) {
  var faults = 0
  var wasDamaged = false
  let (reception, counters, sent) = receive(board, seed: seed) { frame, generator in
    let choice = generator.next() % 40
    defer { wasDamaged = choice < 4 }
    if choice < 4 { faults += 1 }
    switch choice {
    case 0: return []
    case 1: return without(Int(generator.next() % 10) + 1, of: frame, &generator)
    case 2: return noise(Int(generator.next() % 40) + 1, &generator) + frame
    case 3:
      var changed = frame
      // The start, in P2 its second byte, or the counter: of damaged counters one behind the other nothing tells.
      let counter = board.format == .p2 ? 3 : 1
      let isCounter = !wasDamaged && generator.next() % 2 == 0
      changed[isCounter ? counter : counter - 1] ^= UInt8(generator.next() % 127) + 1
      return changed
    default: return frame
    }
  }
  #expect(faults > 200)
  #expect(reception.invented == 0)
  #expect(reception.displacements == [0])
  #expect(reception.isOrdered && reception.gaps == counters.samplesLost)
  #expect(counters.samplesReceived + counters.samplesLost == Int64(sent))
  // Noise costs no frame, other faults one, and one more where the next begins damaged.
  #expect(counters.samplesLost <= Int64(faults * 2))
}

@Test(
  "frames of converter chips: bytes that are missing cost their frame alone",
  arguments: Board.ads, [1, 2, 3] as [UInt64])
func damagedChipFrames(board: Board, seed: UInt64) {
  var faults = 0
  let (reception, counters, sent) = receive(board, seed: seed) { frame, generator in
    guard generator.next() % 10 == 0 else { return frame }
    faults += 1
    // A byte or two, so that four damaged frames in a row still are four.
    if generator.next() % 2 == 0 {
      return without(Int(generator.next() % 2) + 1, of: frame, &generator)
    }
    var changed = frame
    changed[0] ^= 0x80
    return changed
  }
  #expect(faults > 200)
  #expect(reception.invented == 0)
  #expect(reception.displacements == [0])
  #expect(reception.isOrdered && reception.gaps == counters.samplesLost)
  #expect(counters.samplesReceived >= Int64(sent - 2 * faults))
}

@Test("frames with a check sum: nothing damaged is believed", arguments: [1, 2, 3] as [UInt64])
func damagedCheckedFrames(seed: UInt64) {
  var changes = 0
  let (reception, counters, sent) = receive(.checked, seed: seed) { frame, generator in
    guard generator.next() % 10 == 0 else { return frame }
    changes += 1
    if generator.next() % 3 == 0 {
      return without(Int(generator.next() % 10) + 1, of: frame, &generator)
    }
    var changed = frame
    for _ in 0...generator.next() % 3 {
      changed[Int(generator.next() % 44)] ^= UInt8(generator.next() % 255) + 1
    }
    return changed
  }
  #expect(changes > 200)
  #expect(reception.invented == 0)
  #expect(reception.displacements == [0])
  #expect(
    counters.framesFailedChecksum > 0 && counters.framesCorrupt >= counters.framesFailedChecksum)
  #expect(counters.samplesReceived == Int64(sent - changes))
  #expect(counters.samplesLost == Int64(changes))
}

@Test("bursts: a damaged one is refused whole, and counted", arguments: [1, 2, 3] as [UInt64])
func damagedBursts(seed: UInt64) {
  var faults = 0
  var number = 0
  let (reception, counters, sent) = receive(.fifo, seed: seed) { frame, generator in
    number += 1
    // Farther apart than the 32 words within which two losses of bytes can make up for each other.
    guard number % 10 == 0 else { return frame }
    faults += 1
    if generator.next() % 2 == 0 {
      let body = Array(frame.dropLast(3))
      return without(Int(generator.next() % 2) + 1, of: body, &generator) + frame.suffix(3)
    }
    var changed = frame
    // ETAG 4 does not exist.
    changed[3 * Int(generator.next() % 4) + 2] |= 0x20
    return changed
  }
  #expect(faults > 200)
  #expect(reception.invented == 0)
  #expect(reception.displacements == [0])
  #expect(counters.samplesReceived == Int64(sent - 5 * faults))
  #expect(counters.samplesLost == Int64(5 * faults))
}

@Test(
  "random bytes never crash, are never more samples than bytes, and good frames after them are read",
  arguments: Board.all, [1, 2] as [UInt64])
func randomWireBytes(board: Board, seed: UInt64) {
  var generator = SeededRandom(seed: seed)
  let decoder = board.decoder()
  let stream = NumberedStream(board.format, channelCount: board.channelCount)
  let byteCount = stream.frame().count
  var reception = Reception()
  var fed = 0
  for _ in 0..<100 {
    let bytes = noise(Int(generator.next() % 600), &generator)
    fed += bytes.count
    reception.take(bytes, decoder, stream.samples, &generator, isQuiet: false)
  }
  let least = board.format == .max30003 ? 3 : byteCount
  #expect(decoder.counters.samplesReceived * Int64(least) <= Int64(fed))
  let before = stream.sent
  var good: [UInt8] = []
  for _ in 0..<10 { good += stream.frame() }
  reception.take(good, decoder, stream.samples, &generator)
  let numbers = reception.placed.map(\.number).filter { $0 >= before }
  #expect(numbers.count >= 8 * stream.samplesPerFrame && numbers.last == stream.sent - 1)
  #expect(numbers == Array(numbers.first!..<stream.sent))
}

@Test("samples that the chip says it lost are its own loss", arguments: [1, 2, 3])
func lostInTheChip(count: Int) {
  let stream = NumberedStream(.adas1000, channelCount: 5)
  var bytes = stream.frame()
  stream.lose(count)
  bytes += stream.frame()
  var generator = SeededRandom(seed: 1)
  let decoder = Board.checked.decoder()
  var reception = Reception()
  reception.take(bytes, decoder, stream.samples, &generator)
  #expect(reception.displacements == [0] && reception.placed.count == 2)
  #expect(decoder.counters.samplesLostInFrontEnd == Int64(count))
  #expect(decoder.counters.samplesLost == Int64(count))
}
