// The beat detector on drawn beats: rates, sizes, tall T waves, artefacts, and input that is no ECG at all.

import Glibc
import SignalProcessing
import TestSupport
import Testing

/// Every beat of `truth` has one detection within 50 ms, and nothing else is detected, from a time on.
private func expectExactly(
  _ truth: [Double], _ record: MonitoredRecord, rate: Double, from start: Double = 2,
  until end: Double = .infinity, _ comment: Comment,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let found = record.beats.map { Double($0.sampleIndex) / rate }
  // The last beat may not have been decided yet.
  let wanted = truth.dropLast().filter { $0 >= start && $0 < end }
  let missed = wanted.filter { beat in found.count { abs($0 - beat) < 0.05 } != 1 }
  let invented = found.filter { beat in
    beat >= start && beat < end && !truth.contains { abs($0 - beat) < 0.05 }
  }
  #expect(missed == [], comment, sourceLocation: sourceLocation)
  #expect(invented == [], comment, sourceLocation: sourceLocation)
}

@Test(
  "every beat from the second second on, at its place, at any rate of samples",
  arguments: [100.0, 125, 128, 200, 250, 360, 500, 720, 1000, 2000])
func everyRateOfSamples(rate: Double) {
  for beatsPerMinute in [30.0, 60, 120, 200, 250] {
    var ecg = SyntheticECG(beatsPerMinute: beatsPerMinute, to: 20)
    ecg.tMicrovolts = beatsPerMinute > 150 ? 100 : 250
    ecg.qrsSeconds = 0.08
    let record = MonitoredRecord(
      Signal(sampleRate: rate, seconds: 20) { _, time in ecg.value(at: time) })
    let start = beatsPerMinute < 40 ? 2.5 : 2
    expectExactly(
      ecg.beats, record, rate: rate, from: start, "\(beatsPerMinute) a minute at \(rate) Hz")
  }
}

@Test("every beat is told within half a second")
func beatsAreToldSoon() {
  let ecg = SyntheticECG(beatsPerMinute: 75, to: 60)
  let record = MonitoredRecord(
    Signal(sampleRate: 500, seconds: 60) { _, time in ecg.value(at: time) })
  let delays = zip(record.beats, record.decidedAt).map { $1 - Int($0.sampleIndex) }
  #expect(delays.count > 70)
  #expect((delays.max() ?? .max) <= 250)
}

/// IEC 60601-2-27, 201.12.1.101.17: T waves up to 1.2 mV beside a QRS of 1 mV and 100 ms, T 180 ms, QT 350 ms.
@Test(
  "a T wave as tall as 1.2 times the QRS is no beat",
  arguments: [0.2, 0.4, 0.6, 0.8, 1.0, 1.2])
func tallT(millivolts: Double) {
  var ecg = SyntheticECG(beatsPerMinute: 80, to: 30)
  ecg.tMicrovolts = millivolts * 1000
  ecg.tSeconds = 0.18
  // QT from the onset of QRS, 50 ms before R, to the end of T.
  ecg.tDelaySeconds = 0.35 - 0.05 - 0.09
  let record = MonitoredRecord(
    Signal(sampleRate: 250, seconds: 30) { _, time in ecg.value(at: time) })
  expectExactly(ecg.beats, record, rate: 250, from: 3, "T \(millivolts) mV")
}

@Test("complexes from 0.5 to 5 mV are found, 0.1 mV are not", arguments: [500.0, 1000, 5000])
func sizes(microvolts: Double) {
  var ecg = SyntheticECG(beatsPerMinute: 80, to: 20)
  ecg.rMicrovolts = microvolts
  ecg.tMicrovolts = 0.2 * microvolts
  let record = MonitoredRecord(
    Signal(sampleRate: 250, seconds: 20) { _, time in ecg.value(at: time) })
  expectExactly(ecg.beats, record, rate: 250, "\(microvolts) microvolts")
  ecg.rMicrovolts = 100
  ecg.tMicrovolts = 0
  let small = MonitoredRecord(
    Signal(sampleRate: 250, seconds: 20) { _, time in ecg.value(at: time) })
  #expect(small.beats.isEmpty)
}

@Test("a row full of noise does not blind or mislead the others")
func oneNoisyRow() {
  let ecg = SyntheticECG(beatsPerMinute: 70, to: 60)
  var noise = SeededRandom(seed: 1)
  let record = MonitoredRecord(
    Signal(sampleRate: 250, seconds: 60, rowCount: 3) { row, time in
      let isNoisy = row == 1 && time > 15 && time < 45
      return ecg.value(at: time) * (row == 2 ? -0.6 : 1) + (isNoisy ? 600 * noise.value() : 0)
    })
  expectExactly(ecg.beats, record, rate: 250, "noise in one row of three")
}

@Test("a step of 300 mV, ten seconds at the rail and a pause of minutes are survived")
func artefactsAreSurvived() {
  let artefacts: [(String, @Sendable (Double) -> Double?, Double)] = [
    ("step", { $0 > 20 ? 300_000 : 0 }, 24),
    ("spikes", { $0 > 20 && $0 < 25 && Int($0 * 250) % 40 == 0 ? 200_000 : 0 }, 32),
    ("rail", { $0 > 20 && $0 < 30 ? nil : 0 }, 33),
  ]
  for (name, artefact, recovered) in artefacts {
    let ecg = SyntheticECG(beatsPerMinute: 75, to: 60)
    let record = MonitoredRecord(
      Signal(sampleRate: 250, seconds: 60) { _, time in
        artefact(time).map { $0 + ecg.value(at: time) } ?? 375_000
      })
    expectExactly(ecg.beats, record, rate: 250, until: 19.5, "before the \(name)")
    expectExactly(ecg.beats, record, rate: 250, from: recovered, "after the \(name)")
  }
}

@Test("a heart that starts again after ten minutes without a beat is seen within two seconds")
func heartStartsAgain() {
  let ecg = SyntheticECG(
    beats: Array(stride(from: 0.5, to: 20, by: 0.8)) + Array(stride(from: 620, to: 650, by: 0.8)))
  let record = MonitoredRecord(
    Signal(sampleRate: 250, seconds: 650) { _, time in ecg.value(at: time) })
  expectExactly(ecg.beats, record, rate: 250, until: 610, "before")
  expectExactly(ecg.beats, record, rate: 250, from: 622, "after")
  #expect(record.starts(of: .asystole).count == 1)
}

@Test("any input is survived, and an ECG after it is read", arguments: 0..<8)
func anyInput(kind: Int) {
  let extremes: [Float] = [
    .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0, 1e6, -1e6,
    .nan, .infinity,
  ]
  var noise = SeededRandom(seed: UInt64(kind))
  let ecg = SyntheticECG(beatsPerMinute: 75, to: 60)
  var signal = Signal(sampleRate: 250, seconds: 60, rowCount: 2) { _, time in ecg.value(at: time) }
  for index in 0..<(30 * 250 * 2) {
    signal.microvolts[index] =
      switch kind {
      case 0: extremes[Int(noise.next() % 8)]
      case 1: 1e6 * Float(noise.value())
      case 2: index / 500 % 2 == 0 ? 1e6 : -1e6
      case 3: extremes[0]
      case 4: extremes[index % 2]
      case 5: 0
      case 6: .nan
      default: extremes[2]
      }
  }
  let record = MonitoredRecord(signal)
  expectExactly(ecg.beats, record, rate: 250, from: 34, "after input \(kind)")
  let isSane = record.beats.allSatisfy {
    $0.sampleIndex >= 0 && $0.sampleIndex < 15000 && $0.widthSeconds.isFinite
  }
  #expect(isSane)
  let isInOrder = zip(record.beats, record.beats.dropFirst()).allSatisfy {
    $0.sampleIndex < $1.sampleIndex
  }
  #expect(isInOrder)
}

@Test("the width tells 70 ms from 160 ms", arguments: [250.0, 500, 1000])
func widths(rate: Double) {
  for (seconds, isWide) in [(0.07, false), (0.09, false), (0.16, true), (0.18, true)] {
    var ecg = SyntheticECG(beatsPerMinute: 75, to: 20)
    ecg.qrsSeconds = seconds
    let record = MonitoredRecord(
      Signal(sampleRate: rate, seconds: 20) { _, time in ecg.value(at: time) })
    #expect(record.beats.count > 20)
    let agreeing = record.beats.count { $0.isWide == isWide }
    #expect(
      agreeing == record.beats.count, "\(seconds) s at \(rate) Hz: \(record.beats[5].widthSeconds)")
  }
}

@Test("detecting allocates nothing", .enabled(if: allocationsAreCountable))
func detectingAllocatesNothing() {
  let ecg = SyntheticECG(beatsPerMinute: 120, to: 20)
  let signal = Signal(sampleRate: 250, seconds: 20, rowCount: 4) { _, time in ecg.value(at: time) }
  let quality = SignalQuality(sampleRate: 250, rowCount: 4)
  let detector = BeatDetector(sampleRate: 250, rowCount: 4)
  let rhythm = RhythmDetector(sampleRate: 250, rowCount: 4, limits: RhythmLimits())
  var heartRate = HeartRate(sampleRate: 250)
  var beats = 0
  signal.microvolts.withUnsafeBufferPointer { rows in
    func run(_ range: Range<Int>) {
      for index in range {
        let row = rows.baseAddress! + index * 4
        quality.process(row, saturated: 0, filtered: row)
        let beat = detector.process(row, usable: quality.usableMask)
        if let beat {
          heartRate.add(beat)
          beats += 1
        }
        _ = rhythm.process(
          row, usable: quality.usableMask, beat: beat,
          heartRate: heartRate.beatsPerMinute(at: Int64(index)), at: Int64(index))
      }
    }
    run(0..<2500)
    let count = countAllocations { run(2500..<5000) }
    #expect(count == 0)
  }
  #expect(beats > 30)
}
