// What each kind of bad row is called, and which may still be listened to.

import Glibc
import SignalProcessing
import Testing

/// Two seconds of one row at 250 Hz.
private func judge(saturated: Bool = false, _ value: (Double) -> Double) -> SignalQuality {
  let quality = SignalQuality(sampleRate: 250, rowCount: 1)
  for sample in 0..<500 {
    let microvolts = Float(value(Double(sample) / 250))
    quality.process([microvolts], saturated: saturated ? 1 : 0, filtered: [microvolts])
  }
  return quality
}

@Test("a clean ECG is good")
func goodRow() {
  let ecg = SyntheticECG(beatsPerMinute: 75, to: 2)
  let quality = judge { ecg.value(at: $0) }
  #expect(quality.grade(row: 0) == .good)
  #expect(quality.usableMask == 1)
  #expect(quality.index > 80)
}

@Test("a flat row is flat and still listened to: a stopped heart is flat, too")
func flatRow() {
  let quality = judge { _ in 1234 }
  #expect(quality.grade(row: 0) == .flat)
  #expect(quality.usableMask == 1)
  #expect(quality.index == 0)
}

@Test("strong noise above 40 Hz, the ADC's end and nothing at all are not listened to")
func unusableRows() {
  let noisy = judge { 500 * sin(2 * .pi * 80 * $0) }
  #expect(noisy.grade(row: 0) == .noisy)
  #expect(noisy.usableMask == 0)
  let saturated = judge(saturated: true) { _ in 375_000 }
  #expect(saturated.grade(row: 0) == .saturated)
  #expect(saturated.usableMask == 0)
  let missing = judge { _ in .nan }
  #expect(missing.grade(row: 0) == .missing)
  #expect(missing.usableMask == 0)
  #expect(missing.index == 0)
}

@Test("a row counts again half a second after it recovered, and is out at once while it is missing")
func recovery() {
  let quality = SignalQuality(sampleRate: 250, rowCount: 2)
  func run(_ count: Int, _ first: Float, saturated: UInt32 = 0) {
    for _ in 0..<count {
      quality.process([first, 50], saturated: saturated, filtered: [first, 50])
    }
  }
  run(500, 375_000, saturated: 1)
  #expect(quality.usableMask == 2)
  run(250, 10)
  #expect(quality.usableMask == 3)
  run(1, .nan)
  #expect(quality.usableMask == 2)
}

@Test("sixteen rows and a rate of 100 Hz are judged like others")
func limits() {
  let quality = SignalQuality(sampleRate: 100, rowCount: 16)
  let rows = [Float](repeating: 0, count: 16)
  for _ in 0..<200 { quality.process(rows, saturated: 0, filtered: rows) }
  #expect(quality.usableMask == 0xFFFF)
}
