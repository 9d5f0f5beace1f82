// Beat classes on drawn hearts whose beats are known.

import Glibc
import SignalProcessing
import TestSupport
import Testing

/// Ectopic beats: broad, upside down, with a T wave the other way.
private func broad(_ beats: [Double]) -> SyntheticECG {
  var ecg = SyntheticECG(beats: beats)
  ecg.rMicrovolts = -1500
  ecg.qrsSeconds = 0.16
  ecg.tMicrovolts = 400
  ecg.tDelaySeconds = 0.3
  return ecg
}

/// The class told for the beat nearest to a time.
private func told(_ record: MonitoredRecord, at seconds: Double, rate: Double) -> BeatClass? {
  record.beats.first { abs(Double($0.sampleIndex) / rate - seconds) < 0.06 }?.beatClass
}

private func monitor(
  rate: Double, seconds: Double, rowCount: Int = 2, _ value: @escaping (Double) -> Double
) -> MonitoredRecord {
  var noise = SeededRandom(seed: 5)
  return MonitoredRecord(
    Signal(sampleRate: rate, seconds: seconds, rowCount: rowCount) { row, time in
      value(time) * (row % 2 == 0 ? 1 : -0.7) + 5 * noise.value()
    })
}

@Test("bigeminy: every other beat is ventricular", arguments: [125.0, 250, 360, 500, 1000])
func bigeminy(rate: Double) {
  let normal = Array(stride(from: 0.5, to: 60, by: 1.6))
  let early = normal.filter { $0 > 20 }.map { $0 + 0.55 }
  let before = stride(from: 1.3, to: 20, by: 1.6)
  let usual = SyntheticECG(beats: (normal + before).sorted())
  let ectopic = broad(early)
  let record = monitor(rate: rate, seconds: 60) { usual.value(at: $0) + ectopic.value(at: $0) }
  let wrong = early.dropLast().filter { told(record, at: $0, rate: rate) != .ventricular }
  #expect(wrong == [], "ectopic beats at \(rate) Hz")
  let wrongUsual = usual.beats.filter { $0 > 6 && $0 < 59 }
    .filter { told(record, at: $0, rate: rate) != .normal }
  #expect(wrongUsual == [], "usual beats at \(rate) Hz")
}

@Test("a heart whose every beat is broad, as with a bundle branch block, beats normally")
func bundleBranchBlock() {
  var ecg = SyntheticECG(beatsPerMinute: 70, to: 60)
  ecg.qrsSeconds = 0.16
  ecg.tMicrovolts = -300
  let record = monitor(rate: 360, seconds: 60) { ecg.value(at: $0) }
  let late = record.beats.filter { $0.sampleIndex > 6 * 360 }
  #expect(late.count > 60)
  #expect(late.allSatisfy { $0.beatClass == .normal })
}

@Test("an early beat of the usual shape is supraventricular")
func prematureAtrialBeat() {
  let beats = stride(from: 0.5, to: 60, by: 0.8).map { $0 - (Int($0) % 15 == 14 ? 0.25 : 0) }
  let early = zip(beats, beats.dropFirst()).filter { $1 - $0 < 0.6 }.map(\.1)
  let ecg = SyntheticECG(beats: beats)
  let record = monitor(rate: 360, seconds: 60) { ecg.value(at: $0) }
  #expect(early.count >= 3)
  for beat in early { #expect(told(record, at: beat, rate: 360) == .supraventricular) }
  #expect(!record.beats.contains { $0.beatClass == .ventricular })
}

/// Pulses of 2 ms and 2.5 mV before each beat of `captured`, and alone at each time of `alone`.
private func pacing(_ captured: SyntheticECG, alone: [Double], lead: Double) -> (Double) -> Double {
  { time in
    let isPulse =
      captured.beats.contains { time >= $0 - lead && time < $0 - lead + 0.002 }
      || alone.contains { time >= $0 && time < $0 + 0.002 }
    return captured.value(at: time) + (isPulse ? 2500 : 0)
  }
}

@Test("paced beats are told as paced, at their pulse")
func pacedBeats() {
  var ecg = SyntheticECG(beatsPerMinute: 70, to: 40)
  ecg.qrsSeconds = 0.16
  let record = monitor(rate: 500, seconds: 40, pacing(ecg, alone: [], lead: 0.1))
  let late = record.beats.filter { $0.sampleIndex > 4 * 500 }
  #expect(late.count > 35)
  #expect(late.allSatisfy { $0.beatClass == .paced })
  let misplaced = late.filter { beat in
    !ecg.beats.contains { abs(Double(beat.sampleIndex) / 500 - ($0 - 0.1)) < 0.01 }
  }
  #expect(misplaced == [])
}

@Test("a pulse without capture is no beat", arguments: [500.0, 1000])
func pulsesWithoutCapture(rate: Double) {
  // The heart beats at 40 a minute, the pacemaker at 70, and none of its pulses is answered.
  let ecg = SyntheticECG(beatsPerMinute: 40, to: 60)
  let alone = stride(from: 0.9, to: 60, by: 60.0 / 70)
    .filter { pulse in !ecg.beats.contains { pulse > $0 - 0.3 && pulse < $0 + 0.02 } }
  let own = SyntheticECG(beats: ecg.beats)
  let value: (Double) -> Double = { time in
    own.value(at: time) + (alone.contains { time >= $0 && time < $0 + 0.002 } ? 2500 : 0)
  }
  let record = monitor(rate: rate, seconds: 60, value)
  let invented = record.beats.filter { beat in
    !ecg.beats.contains { abs(Double(beat.sampleIndex) / rate - $0) < 0.05 }
  }
  #expect(invented == [])
  #expect(record.beats.count >= ecg.beats.count - 3)
  // Asystole under a working pacemaker is the case that kills.
  let stopped = monitor(rate: rate, seconds: 40) { time in
    (time < 15 ? own.value(at: time) : 0)
      + (alone.contains { time >= $0 && time < $0 + 0.002 } ? 2500 : 0)
  }
  #expect(stopped.beats.allSatisfy { Double($0.sampleIndex) / rate < 15.1 })
  #expect(stopped.starts(of: .asystole).count == 1)
}
