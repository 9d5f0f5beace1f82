// Each grade brought about on a real recording by its physical cause, for ten seconds, and gone soon after it. The
// other row of the recording stays as it is.

import Glibc
import Recordings
import SignalProcessing
import TestSupport
import Testing

/// What happens to row 0 of a recording from its second 20 to its second 30.
private struct Cause: Sendable, CustomTestStringConvertible {
  let grade: RowGrade
  /// When the grade must have come, and when it must have gone.
  var onsetSeconds = 1.1
  var offsetSeconds = 1.1
  /// Whether the row may be listened to meanwhile.
  let isTrusted: Bool
  /// Microvolts that the row shows instead, by seconds since the onset, with a random number from -1 to 1.
  let change: @Sendable (_ microvolts: Float, _ seconds: Double, _ random: Double) -> Float
  var testDescription: String { grade.name }
}

private let causes = [
  Cause(grade: .mains, isTrusted: true) { value, time, _ in
    value + 200 * Float(sin(100 * .pi * time))
  },
  Cause(grade: .mains, isTrusted: true) { value, time, _ in
    value + 80 * Float(sin(119.6 * .pi * time))
  },
  // White noise of 115 and of 460 microvolts root mean square: muscle.
  Cause(grade: .noisy, isTrusted: true) { value, _, random in value + 200 * Float(random) },
  Cause(grade: .noisy, isTrusted: false) { value, _, random in value + 800 * Float(random) },
  // A cable is pulled every second.
  Cause(grade: .motion, onsetSeconds: 1.6, offsetSeconds: 3.1, isTrusted: true) { value, time, _ in
    value + (Int(time) % 2 == 0 ? 1500 : -1500)
  },
  Cause(grade: .flat, offsetSeconds: 3.1, isTrusted: true) { _, _, _ in 137 },
  Cause(grade: .saturated, offsetSeconds: 3.1, isTrusted: false) { _, _, _ in 375_000 },
  Cause(grade: .missing, isTrusted: false) { _, _, _ in .nan },
  Cause(grade: .electrodeOff, isTrusted: false) { _, _, _ in .nan },
]

@Test(
  "a cause gives its grade within the time stated, and the row is good again within the time stated",
  .enabled(if: TestData.isPresent), arguments: causes)
private func causeGivesGrade(_ cause: Cause) throws {
  let signal = try Signal(path: TestData.path("mitdb/201"))
  let quality = SignalQuality(sampleRate: signal.sampleRate, rowCount: 2)
  var random = SeededRandom(seed: 7)
  var calmIndex = 0
  for sample in 0..<Int(36 * signal.sampleRate) {
    let time = Double(sample) / signal.sampleRate - 20
    let isOn = time >= 0 && time < 10
    var row = [signal.microvolts[2 * sample], signal.microvolts[2 * sample + 1]]
    if isOn { row[0] = cause.change(row[0], time, random.value()) }
    quality.process(
      row, saturated: isOn && cause.grade == .saturated ? 1 : 0, filtered: row,
      electrodesOff: isOn && cause.grade == .electrodeOff ? 1 : 0)
    guard sample % 36 == 0 else { continue }
    let grade = quality.grade(row: 0)
    if time >= -15 && time < 0 || time >= 10 + cause.offsetSeconds {
      #expect(grade == .good, "at \(time) s: \(quality.measures(row: 0))")
      #expect(quality.usableMask == 3)
      calmIndex = quality.index
    } else if time >= cause.onsetSeconds && time < 10 {
      #expect(grade == cause.grade, "at \(time) s: \(quality.measures(row: 0))")
      #expect(quality.usableMask == (cause.isTrusted ? 3 : 2))
      #expect(quality.index < calmIndex)
      #expect(quality.rowGrades[0] == cause.grade)
    }
    if time >= -15 { #expect(quality.grade(row: 1) == .good) }
  }
}

@Test("the measures say how much: mains by its size, muscle by what is left of it")
func measuresAreTrue() {
  let quality = SignalQuality(sampleRate: 500, rowCount: 1)
  var random = SeededRandom(seed: 3)
  func run(_ value: (Double) -> Double) -> RowMeasures {
    for sample in 0..<2000 {
      let row = [Float(value(Double(sample) / 500))]
      quality.process(row, saturated: 0, filtered: row)
    }
    return quality.measures(row: 0)
  }
  for hertz in [50.0, 60] {
    let mains = run { 100 * sin(2 * .pi * hertz * $0) }
    #expect(abs(mains.mainsMicrovolts - 70.7) < 1.5, "\(mains)")
    #expect(mains.muscleMicrovolts < 3, "\(mains)")
  }
  // White noise of 57.7 root mean square has 84 % of its power between 40 and 250 Hz.
  let muscle = run { _ in 100 * random.value() }
  #expect(abs(muscle.muscleMicrovolts - 52.9) < 6, "\(muscle)")
  #expect(muscle.mainsMicrovolts < 15)
  let step = run { $0 < 2.6 ? 0 : 3000 }
  #expect(abs(step.jumpMicrovolts - 3000) < 200, "\(step)")
}

@Test(
  "noise of the stress test is graded in its two-minute periods", .enabled(if: TestData.isPresent))
func noiseStressIsGraded() throws {
  let signal = try Signal(path: TestData.path("nstdb/118e06"))
  let quality = SignalQuality(sampleRate: signal.sampleRate, rowCount: 2)
  var bad = (noisy: 0, clean: 0)
  var all = (noisy: 0, clean: 0)
  for sample in 0..<signal.sampleCount {
    signal.microvolts.withUnsafeBufferPointer {
      quality.process($0.baseAddress! + 2 * sample, saturated: 0, filtered: $0.baseAddress!)
    }
    guard sample % 180 == 0 else { continue }
    let time = Double(sample) / signal.sampleRate
    let isNoisy = time >= 300 && Int((time - 300) / 120) % 2 == 0
    for row in 0..<2 {
      let isBad = quality.grade(row: row) != .good
      if isNoisy {
        all.noisy += 1
        bad.noisy += isBad ? 1 : 0
      } else {
        all.clean += 1
        bad.clean += isBad ? 1 : 0
      }
    }
  }
  #expect(Double(bad.noisy) / Double(all.noisy) >= 0.90, "\(bad) of \(all)")
  // Record 118 is not quiet either.
  #expect(Double(bad.clean) / Double(all.clean) <= 0.13, "\(bad) of \(all)")
}

@Test(
  "beats are found again within 5 s after all rows were saturated or off",
  .enabled(if: TestData.isPresent), arguments: [true, false])
func beatsComeBack(isSaturated: Bool) throws {
  let signal = try Signal(path: TestData.path("mitdb/101"))
  let beats = try AnnotationFile.read(TestData.path("mitdb/101.atr")).filter(\.isBeat)
  let chain = SignalChain(sampleRate: signal.sampleRate, rowCount: 2)
  var found: [Double] = []
  for sample in 0..<Int(60 * signal.sampleRate) {
    let time = Double(sample) / signal.sampleRate
    let isOn = time >= 20 && time < 30
    var row = [signal.microvolts[2 * sample], signal.microvolts[2 * sample + 1]]
    if isOn { row = isSaturated ? [375_000, -375_000] : [.nan, .nan] }
    let beat = chain.step(
      row, saturated: isOn && isSaturated ? 3 : 0, lost: isOn && !isSaturated ? 3 : 0,
      at: Int64(sample))
    if let beat { found.append(Double(beat.sampleIndex) / signal.sampleRate) }
  }
  for beat in beats {
    let time = Double(beat.sample) / signal.sampleRate
    guard time > 35, time < 59 else { continue }
    #expect(found.contains { abs($0 - time) < 0.15 }, "the beat at \(time) s")
  }
}

@Test("any input: no trap, and a heart is seen again afterwards", arguments: [1, 7, 12, 20, 32])
func anyInput(rowCount: Int) {
  let quality = SignalQuality(sampleRate: 250, rowCount: rowCount)
  let odd: [Float] = [
    .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e30, -1e12,
    0,
    .leastNonzeroMagnitude, 3e5, -0.0,
  ]
  var random = SeededRandom(seed: UInt64(rowCount))
  for _ in 0..<5000 {
    let row = (0..<rowCount).map { _ in odd.randomElement(using: &random) ?? 0 }
    quality.process(
      row, saturated: UInt32(truncatingIfNeeded: random.next()), filtered: row,
      electrodesOff: UInt32(truncatingIfNeeded: random.next() & random.next() & random.next()))
    _ = (quality.index, quality.usableMask, quality.rowGrades)
  }
  let ecg = SyntheticECG(beatsPerMinute: 75, to: 6)
  for sample in 0..<1500 {
    let row = [Float](repeating: Float(ecg.value(at: Double(sample) / 250)), count: rowCount)
    quality.process(row, saturated: 0, filtered: row)
  }
  #expect((0..<rowCount).allSatisfy { quality.grade(row: $0) == .good })
  #expect(quality.usableMask == UInt32.max >> UInt32(32 - rowCount))
}

@Test("judging allocates nothing", .enabled(if: allocationsAreCountable))
func judgingAllocatesNothing() {
  let quality = SignalQuality(sampleRate: 500, rowCount: 12)
  var row = [Float](repeating: 0, count: 12)
  let count = countAllocationsOnceUsed {
    for sample in 0..<2000 {
      for lead in 0..<12 { row[lead] = sample % (97 + lead) == 0 ? .nan : Float(sample % 50) }
      quality.process(row, saturated: 1, filtered: row, electrodesOff: 2)
      _ = (quality.index, quality.usableMask, quality.rowGrades)
    }
  }
  #expect(count == 0)
}
