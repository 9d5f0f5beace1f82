// Rhythms that must alarm, drawn and real, and what must not be taken for them.

import Glibc
import SignalProcessing
import TestSupport
import Testing

/// Beats for 20 s, then what is asked for.
private func signal(
  seconds: Double, noise microvolts: Double = 3, after: @escaping (Double) -> Double
) -> Signal {
  let ecg = SyntheticECG(beatsPerMinute: 75, to: 20)
  var noise = SeededRandom(seed: 3)
  return Signal(sampleRate: 250, seconds: seconds) { _, time in
    (time < 20 ? ecg.value(at: time) : after(time - 20)) + microvolts * noise.value()
  }
}

@Test(
  "asystole alarms within five seconds of the last beat, whether the line is noisy or perfectly flat"
)
func asystole() throws {
  for noise in [0.0, 3, 15] {
    let record = MonitoredRecord(signal(seconds: 60, noise: noise) { _ in 0 })
    let starts = record.starts(of: .asystole)
    #expect(starts.count == 1)
    #expect(try #require(starts.first) < 25)
    #expect(record.starts(of: .ventricularFibrillation) == [])
    #expect(record.starts(of: .extremeBradycardia) == [])
    #expect(record.heartRates.last == .some(nil))
  }
}

@Test("fibrillation alarms within ten seconds, coarse or fine", arguments: [300.0, 600, 1500])
func fibrillation(microvolts: Double) throws {
  let record = MonitoredRecord(
    signal(seconds: 60) { time in
      // A wave of 4 to 6 Hz whose size and rate wander.
      let phase = 2 * .pi * (5 * time + 0.4 * sin(2 * .pi * 0.3 * time))
      return microvolts / 2 * sin(phase) * (1 + 0.3 * sin(2 * .pi * 0.7 * time))
    })
  let starts =
    record.starts(of: .ventricularFibrillation) + record.starts(of: .ventricularTachycardia)
    + record.starts(of: .extremeTachycardia)
  #expect(try #require(starts.min()) < 30)
  #expect(!record.starts(of: .ventricularFibrillation).isEmpty)
}

@Test(
  "a ventricular tachycardia alarms within ten seconds, and is no fibrillation",
  arguments: [140.0, 180, 206])
func ventricularTachycardia(beatsPerMinute: Double) throws {
  var run = SyntheticECG(beatsPerMinute: beatsPerMinute, from: 0.2, to: 40)
  run.qrsSeconds = 0.16
  run.tMicrovolts = 0
  let record = MonitoredRecord(signal(seconds: 60) { run.value(at: $0) })
  let starts = record.starts(of: .ventricularTachycardia)
  #expect(try #require(starts.first) < 30)
  #expect(record.starts(of: .ventricularFibrillation) == [])
}

@Test("a sinus tachycardia of narrow complexes is no ventricular one")
func sinusTachycardia() {
  var run = SyntheticECG(beatsPerMinute: 160, from: 0.2, to: 60)
  run.qrsSeconds = 0.08
  run.tMicrovolts = 150
  run.tDelaySeconds = 0.18
  run.tSeconds = 0.12
  let record = MonitoredRecord(signal(seconds: 80) { run.value(at: $0) })
  #expect(record.starts(of: .ventricularTachycardia) == [])
  #expect(record.starts(of: .ventricularFibrillation) == [])
  #expect(record.starts(of: .extremeTachycardia).count == 1)
}

@Test("a slow heart is slow, not stopped", arguments: [(45.0, false), (30.0, true)])
func slowHeart(beatsPerMinute: Double, isExtreme: Bool) {
  let slow = SyntheticECG(beatsPerMinute: beatsPerMinute, from: 0.5, to: 60)
  let record = MonitoredRecord(signal(seconds: 80) { slow.value(at: $0) })
  #expect(record.starts(of: .asystole) == [])
  #expect(record.starts(of: .extremeBradycardia).isEmpty == !isExtreme)
  // One cause, one alarm.
  #expect(record.starts(of: .bradycardia).isEmpty == isExtreme)
}

@Test("without a usable row nothing is said of the heart")
func nothingUsable() {
  let rhythm = RhythmDetector(sampleRate: 250, rowCount: 2, limits: RhythmLimits())
  for index in 0..<5000 {
    let state = rhythm.process([0, 0], usable: 0, beat: nil, heartRate: nil, at: Int64(index))
    #expect(state == [])
  }
  // And the four seconds of an asystole count from when a row is there again.
  for index in 5000..<5990 {
    let state = rhythm.process([0, 0], usable: 1, beat: nil, heartRate: nil, at: Int64(index))
    #expect(state == [])
  }
}

@Test("limits are limits", arguments: [(40.0, 60.0), (35.0, 50.0)])
func limitsAreKept(limit: Double, rate: Double) {
  var limits = RhythmLimits()
  limits.bradycardiaBPM = Float(limit)
  let rhythm = RhythmDetector(sampleRate: 250, rowCount: 1, limits: limits)
  let above = rhythm.process([0], usable: 1, beat: nil, heartRate: Float(rate), at: 0)
  #expect(!above.contains(.bradycardia))
  let below = rhythm.process([0], usable: 1, beat: nil, heartRate: Float(limit) - 1, at: 1)
  #expect(below.contains(.bradycardia))
}
