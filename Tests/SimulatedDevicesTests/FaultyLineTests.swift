// Faults of single frames on an emulated line against what the decoders count: nothing is lost or invented unseen.

import ECGSignal
import FrontEnds
import Testing

@testable import SimulatedDevices

private func run(
  _ board: LineBoard, _ faults: LineFaults, seconds: Double = 20
) -> EmulatedHost {
  let host = EmulatedHost(board, seconds: seconds, faults: faults)
  host.run()
  return host
}

@Test("a faultless line loses and changes nothing", arguments: LineBoard.all)
func faultless(board: LineBoard) {
  let host = run(board, LineFaults())
  #expect(host.isFlawless)
  #expect(host.decoder.counters.framesCorrupt == 0)
  #expect(host.decoder.counters.framesRepeated == 0)
}

@Test(
  "every dropped frame is a gap of its length",
  arguments: LineBoard.all.filter(\.format.countsFrames), [1, 2, 3])
func dropped(board: LineBoard, seed: UInt64) {
  let host = run(board, LineFaults(drop: 0.02, seed: seed))
  let counters = host.decoder.counters
  #expect(host.line.sent.framesDropped > 10)
  #expect(host.verdict.right == counters.samplesReceived)
  #expect(counters.samplesLost == host.verdict.gaps)
  #expect(host.verdict.displacement == 0)
  #expect(host.isComplete)
}

@Test(
  "a repeated frame is dropped and counted",
  arguments: LineBoard.all.filter(\.format.countsFrames))
func repeated(board: LineBoard) {
  let host = run(board, LineFaults(duplicate: 0.05, seed: 4))
  #expect(host.line.sent.framesDuplicated > 10)
  #expect(host.decoder.counters.framesRepeated == host.line.sent.framesDuplicated)
  #expect(host.isFlawless)
}

@Test(
  "no damaged frame with a check sum is believed, and each is a gap",
  arguments: LineBoard.all.filter { $0.format.hasCheckSum && $0.format.countsFrames }, [5, 6, 7])
func damaged(board: LineBoard, seed: UInt64) {
  let host = run(
    board, LineFaults(drop: 0.01, corrupt: 0.02, duplicate: 0.01, burst: 0.005, seed: seed))
  #expect(host.line.sent.framesCorrupted > 10)
  #expect(host.verdict.right == host.decoder.counters.samplesReceived)
  #expect(host.verdict.displacement == 0)
  #expect(host.isComplete)
}

@Test("the same seed damages the same bytes, another one others", arguments: LineBoard.all)
func seeds(board: LineBoard) {
  func bytes(_ seed: UInt64) -> [UInt8] {
    let line = EmulatedLine(
      signal: PlaceSignal(board, seconds: 5, seed: 1), wireFormat: board.format,
      converter: board.converter,
      faults: LineFaults(drop: 0.05, corrupt: 0.05, duplicate: 0.05, burst: 0.01, seed: seed))
    var bytes: [UInt8] = []
    while let arrival = line.next() { bytes += arrival.bytes }
    return bytes
  }
  #expect(bytes(1) == bytes(1))
  #expect(bytes(1) != bytes(2))
}
