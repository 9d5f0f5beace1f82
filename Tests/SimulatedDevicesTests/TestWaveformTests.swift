// The drawn test waveforms: sizes, durations and rates as disclosed.

import ECGSignal
import Testing

@testable import SimulatedDevices

@Test(
  "irregular rhythms have the disclosed rates, and premature beats every second",
  arguments: [("3a", 80.0, "NV"), ("3b", 60, "VN"), ("3c", 120, "VN"), ("3d", 90, "VV")])
func irregularRhythms(name: String, beatsPerMinute: Double, pattern: String) throws {
  let tracing = try Tracing("ec13-\(name)", seconds: 60, sampleRate: 500)
  #expect(abs(Double(tracing.truth.beats.count) - beatsPerMinute) <= 1)
  #expect(tracing.truth.beats.map(\.symbol).joined().hasPrefix(pattern + pattern))
  // Beats are marked at their peaks.
  for beat in tracing.truth.beats.dropFirst().dropLast() {
    let span = tracing.samples(beat.seconds - 0.03...beat.seconds + 0.03)
    let peak = tracing[.II][span].map(abs).max() ?? 0
    #expect(abs(tracing.value(.II, at: beat.seconds)) > 0.9 * peak && peak > 200)
  }
}

@Test(
  "tachycardias follow half a minute of complexes, 1 mV at 206 and 2 mV at 195 a minute",
  arguments: [("4a", 206.0, 1000.0), ("4b", 195, 2000)], [0.5, 1, 2])
func tachycardias(tachycardia: (String, Double, Double), gain: Double) throws {
  let (name, beatsPerMinute, microvolts) = tachycardia
  let tracing = try Tracing("ec13-\(name)?gain=\(gain)", seconds: 60, sampleRate: 500)
  let span = 35.0...59.0
  let (low, high) = tracing.range(.II, span)
  #expect(abs(high - low - gain * microvolts) < 0.02 * gain * microvolts)
  let run = tracing.intervals(after: 31)
  #expect(abs(60 / statistics(run).mean - beatsPerMinute) < 0.1)
  #expect(tracing.truth.beats.filter { $0.seconds < 30 }.allSatisfy { $0.symbol == "N" })
  #expect((39...40).contains(tracing.truth.beats.count { $0.seconds < 30 }))
}

@Test(
  "a QRS is 7/8 of its size up and 1/8 down, as wide as asked for", arguments: [40.0, 70, 100, 120])
func complexes(milliseconds: Double) throws {
  let tracing = try Tracing(
    "ec13-qrs?width=\(milliseconds)&amplitude=2", seconds: 4, sampleRate: 2000)
  let beat = tracing.truth.beats[1].seconds
  let (low, high) = tracing.range(.II, beat - 0.1...beat + 0.2)
  #expect(abs(high - 1750) < 60 && abs(low + 250) < 60)
  let span = tracing.samples(beat - 0.1...beat + 0.2)
  let moving = span.filter { abs(tracing[.II][$0]) > 0.5 }
  #expect(abs(Double(moving.count) / 2 - milliseconds) <= 2)
}

@Test("tall T: 1.2 mV, 180 ms, ending 350 ms after the complex begins")
func tallT() throws {
  let tracing = try Tracing("ec13-tall-t", seconds: 4, sampleRate: 1000)
  let onset = tracing.truth.beats[1].seconds - 0.04375
  let span = tracing.samples(onset + 0.12...onset + 0.5)
  let moving = span.filter { tracing[.II][$0] > 0.5 }
  #expect(abs(Double(moving.count) - 180) <= 3)
  #expect(abs(Double(moving.last ?? 0) / 1000 - onset - 0.35) < 0.003)
  #expect(abs((tracing[.II][span].max() ?? 0) - 1200) < 2)
}

@Test("drift is a triangle of 4 mV in ten seconds; mains hum is 100 uV from peak to peak")
func additions() throws {
  let drift = try Tracing("ec13-drift", seconds: 20, sampleRate: 500)
  #expect(abs(drift.value(.II, at: 5) - drift.value(.II, at: 0) - 4000) < 1)
  #expect(abs(drift.value(.II, at: 10) - drift.value(.II, at: 0)) < 1)
  let mains = try Tracing("ec13-mains", seconds: 2, sampleRate: 2000)
  let (low, high) = mains.range(.II, 0.01...0.29)
  #expect(abs(high - low - 100) < 1)
}

@Test("below the limits of a QRS there are no beats", arguments: ["amplitude=0.15", "width=10"])
func belowLimits(option: String) throws {
  #expect(try Tracing("ec13-qrs?\(option)", seconds: 5).truth.beats.isEmpty)
}

@Test("a standstill has no beats behind its onset, a step has its new rate")
func steps() throws {
  let standstill = try Tracing("ec13-standstill", seconds: 30, sampleRate: 500)
  #expect(standstill.truth.beats.allSatisfy { $0.seconds < 20 })
  #expect(abs(standstill.value(.II, at: 25)) < 0.1)
  for (name, rate) in [("step-120", 120.0), ("step-40", 40), ("low", 30), ("high", 200)] {
    let run = try Tracing("ec13-\(name)", seconds: 60, sampleRate: 500).intervals(after: 32)
    #expect(abs(60 / statistics(run).mean - rate) < 0.1)
  }
}
