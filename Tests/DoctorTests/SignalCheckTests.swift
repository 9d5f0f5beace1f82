// Two seconds of a front-end that is well, and of one with each fault.

import Doctor
import ECGSignal
import Testing

private let format = SignalFormat(
  sampleRate: 500,
  channels: ["I", "II", "V1"].map { Channel(name: $0, lead: nil, microvoltsPerCode: 0.05) },
  provenance: .live, sourceName: "bench-7")

/// Two seconds in blocks of 10 samples every 20 ms, each of which may be changed.
private func check(
  isTimed: Bool = true, blocks: Int = 100, _ change: (Int, SampleBlock) -> Void = { _, _ in }
) -> [String: CheckResult] {
  var check = SignalCheck(format: format)
  let storage = SampleBlockStorage(channelCount: 3)
  for number in 0..<blocks {
    storage.block.header.pointee = SampleBlock.Header()
    storage.block.header.pointee.sampleCount = 10
    storage.block.header.pointee.arrivalNanoseconds = UInt64(number) * 20_000_000
    for channel in 0..<3 {
      for index in 0..<10 { storage.block.channel(channel)[index] = Int32(index * 1000) }
    }
    change(number, storage.block)
    check.take(storage.block)
  }
  return Dictionary(uniqueKeysWithValues: check.results(isTimed: isTimed).map { ($0.id, $0) })
}

@Test("a front-end that is well passes all of it")
func healthySignal() {
  let results = check()
  #expect(results.count == 4 && results.values.allSatisfy { $0.state == .ok })
  #expect(results["signal.rate"]?.text.contains("500 samples a second") == true)
}

@Test("a front-end that sends nothing fails")
func silentSignal() {
  #expect(check(blocks: 0)["signal.rate"]?.state == .failure)
}

@Test("another rate than the stated one fails where blocks come as time passes, and only there")
func wrongRate() {
  let slow: (Int, SampleBlock) -> Void = { $1.header.pointee.arrivalNanoseconds *= 2 }
  #expect(check(slow)["signal.rate"]?.state == .failure)
  #expect(check(slow)["signal.rate"]?.text.contains("250 samples a second") == true)
  #expect(check(isTimed: false, slow)["signal.rate"]?.state == .ok)
}

@Test("a gap and a damaged frame fail")
func losses() {
  let gap = check { number, block in if number == 50 { block.header.pointee.gapBefore = 3 } }
  #expect(gap["signal.losses"]?.state == .failure)
  #expect(gap["signal.losses"]?.text.contains("3 lost") == true)
  let damaged = check { $1.header.pointee.counters.framesCorrupt = 1 }
  #expect(damaged["signal.losses"]?.state == .failure)
}

@Test("an electrode that is off warns by the name of its channel, a saturated input fails")
func electrodes() {
  let off = check { number, block in if number == 7 { block.header.pointee.leadOff = 0b100 } }
  #expect(off["signal.leadOff"]?.state == .warning)
  #expect(off["signal.leadOff"]?.text.hasSuffix("V1") == true)
  let saturated = check { number, block in if number == 99 { block.channel(1)[9] = -8_388_608 } }
  #expect(saturated["signal.range"]?.state == .failure)
  #expect(saturated["signal.range"]?.text.hasSuffix("II") == true)
  // What was not measured is no value.
  let missing = check { $1.channel(1)[3] = SampleBlock.missing }
  #expect(missing["signal.range"]?.state == .ok)
}
