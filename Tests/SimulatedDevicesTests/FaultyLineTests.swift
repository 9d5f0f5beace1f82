// Faults of single frames on an emulated line against what the decoders count: nothing is lost or invented unseen.

import ECGSignal
import FrontEnds
import Testing

@testable import SimulatedDevices

private func run(
  _ format: WireFormat, _ faults: LineFaults, seconds: Double = 20
) -> EmulatedHost {
  let host = EmulatedHost(format, seconds: seconds, faults: faults)
  host.run()
  return host
}

@Test("a faultless line loses and changes nothing", arguments: WireFormat.allCases)
func faultless(format: WireFormat) {
  let host = run(format, LineFaults())
  #expect(host.isFlawless)
  #expect(host.decoder.counters.framesCorrupt == 0)
  #expect(host.decoder.counters.framesRepeated == 0)
}

@Test(
  "every dropped frame is a gap of its length",
  arguments: WireFormat.allCases.filter(\.countsFrames), [1, 2, 3])
func dropped(format: WireFormat, seed: UInt64) {
  let host = run(format, LineFaults(drop: 0.02, seed: seed))
  let counters = host.decoder.counters
  #expect(host.line.sent.framesDropped > 10)
  #expect(host.verdict.right == counters.samplesReceived)
  #expect(counters.samplesLost == host.verdict.gaps)
  #expect(host.verdict.displacement == 0)
  #expect(host.isComplete)
}

@Test(
  "a repeated frame is dropped and counted",
  arguments: WireFormat.allCases.filter(\.countsFrames))
func repeated(format: WireFormat) {
  let host = run(format, LineFaults(duplicate: 0.05, seed: 4))
  #expect(host.line.sent.framesDuplicated > 10)
  #expect(host.decoder.counters.framesRepeated == host.line.sent.framesDuplicated)
  #expect(host.isFlawless)
}

@Test(
  "no damaged frame with a check sum is believed, and each is a gap",
  arguments: WireFormat.allCases.filter { $0.hasCheckSum && $0.countsFrames }, [5, 6, 7])
func damaged(format: WireFormat, seed: UInt64) {
  let host = run(
    format, LineFaults(drop: 0.01, corrupt: 0.02, duplicate: 0.01, burst: 0.005, seed: seed))
  #expect(host.line.sent.framesCorrupted > 10)
  #expect(host.verdict.right == host.decoder.counters.samplesReceived)
  #expect(host.verdict.displacement == 0)
  #expect(host.isComplete)
}

@Test("the same seed damages the same bytes, another one others", arguments: WireFormat.allCases)
func seeds(format: WireFormat) {
  func bytes(_ seed: UInt64) -> [UInt8] {
    let line = EmulatedLine(
      signal: PlaceSignal(format, seconds: 5, seed: 1), wireFormat: format,
      faults: LineFaults(drop: 0.05, corrupt: 0.05, duplicate: 0.05, burst: 0.01, seed: seed))
    var bytes: [UInt8] = []
    while let arrival = line.next() { bytes += arrival.bytes }
    return bytes
  }
  #expect(bytes(1) == bytes(1))
  #expect(bytes(1) != bytes(2))
}

@Test(
  "after damage at most two good frames are lost until the decoder is in step again",
  arguments: WireFormat.allCases)
func resynchronisation(format: WireFormat) {
  let rate = format.encoder.converter.sampleRate ?? 500
  // Damage once in some two seconds, at most 64 bytes of it; the clock is no help in so short a time.
  for seed in UInt64(1)...20 {
    let host = EmulatedHost(
      format, seconds: 600 / rate, faults: LineFaults(burst: 0.004, seed: seed),
      usesHostTime: false)
    host.run()
    let samplesPerFrame = min(Int64(format.encoder.samplesPerFrameMax), 10)
    let lost = host.placeCount - host.verdict.right - host.damagedPlaces
    // The last frame of all may not be full, or not be followed.
    #expect(lost <= 2 * samplesPerFrame * host.line.sent.bursts + samplesPerFrame, "seed \(seed)")
  }
}
