// Noise of each kind, measured: how much, at which frequency, and in the leads that share the electrode.

import ECGSignal
import Glibc
import Testing

@testable import SimulatedDevices

private let silent = "asystole?noise=0&wander=0"

/// Amplitude of one frequency in a lead, after Goertzel.
private func amplitude(_ tracing: Tracing, _ lead: Lead, hertz: Double) -> Double {
  var (real, imaginary) = (0.0, 0.0)
  for (index, value) in tracing[lead].enumerated() {
    let angle = 2 * .pi * hertz * Double(index) / tracing.sampleRate
    real += value * cos(angle)
    imaginary += value * sin(angle)
  }
  return 2 * hypot(real, imaginary) / Double(tracing[lead].count)
}

@Test("an asystole without noise is a flat line")
func silence() throws {
  let tracing = try Tracing(silent, seconds: 4)
  #expect(tracing.leads.allSatisfy { $0.allSatisfy { abs($0) < 0.1 } })
}

@Test(
  "amplifier noise is as large as asked for in every channel, at any rate",
  arguments: [250.0, 1000])
func amplifierNoise(sampleRate: Double) throws {
  let tracing = try Tracing("asystole?noise=20&wander=0", seconds: 20, sampleRate: sampleRate)
  for lead in SimulatedPatient.leads { #expect(abs(statistics(tracing[lead]).deviation - 20) < 1) }
}

@Test("mains hum has its frequency and amplitude", arguments: [("", 50.0), ("&mainshz=60", 60)])
func mains(option: String, hertz: Double) throws {
  let tracing = try Tracing(silent + "&mains=100" + option, seconds: 10, sampleRate: 500)
  for lead in SimulatedPatient.leads {
    #expect(abs(amplitude(tracing, lead, hertz: hertz) - 100) < 0.1)
    #expect(amplitude(tracing, lead, hertz: 110 - hertz) < 0.1)
  }
}

@Test("the baseline wanders with the breath")
func wander() throws {
  let tracing = try Tracing("asystole?noise=0&wander=300", seconds: 100, sampleRate: 250)
  for lead in SimulatedPatient.leads {
    #expect(abs(amplitude(tracing, lead, hertz: 0.23) - 300) < 1)
  }
}

@Test(
  "muscle noise: as large in a limb lead as asked for at any rate, and not below 20 Hz",
  arguments: [250.0, 500, 2000])
func muscle(sampleRate: Double) throws {
  let tracing = try Tracing(silent + "&muscle=50", seconds: 20, sampleRate: sampleRate)
  for lead in [Lead.I, .II] { #expect(abs(statistics(tracing[lead]).deviation - 50) < 2.5) }
  // The mean of 50 ms holds little of it.
  let block = Int(sampleRate / 20)
  let means = stride(from: 0, to: tracing[.I].count - block, by: block).map {
    statistics(Array(tracing[.I][$0..<$0 + block])).mean
  }
  #expect(statistics(means).deviation < 12)
}

@Test("a moved electrode shakes the leads that use it: what all chest leads share is the limbs'")
func motion() throws {
  let tracing = try Tracing(silent + "&motion=1000", seconds: 60, sampleRate: 250)
  for lead in SimulatedPatient.leads {
    let (mean, deviation) = statistics(tracing[lead])
    #expect(abs(mean) < 250 && (50...1000).contains(deviation))
  }
  // The first transient of the left foot moves II and III alike and leaves I alone.
  let differences = tracing[.I].indices.map {
    tracing[.II][$0] - tracing[.I][$0] - tracing[.III][$0]
  }
  #expect(differences.allSatisfy { abs($0) < 0.001 })
  #expect(tracing[.I].indices.contains { abs(tracing[.I][$0]) < 1 && abs(tracing[.II][$0]) > 100 })
}

@Test(
  "an electrode that is off is off in the channels that use it, for its time",
  arguments: [("RA@2-3", UInt32(0b11)), ("LA@2", 0b01), ("LL@2", 0b10), ("V3@2-3", 0b10000)])
func leadOff(option: String, channels: UInt32) throws {
  let tracing = try Tracing("nsr?leadoff=\(option)", seconds: 4, sampleRate: 500)
  #expect(tracing.leadOff == channels)
  for (channel, lead) in SimulatedPatient.leads.enumerated() {
    let isOff = channels & (1 << UInt32(channel)) != 0
    #expect((tracing.value(lead, at: 2.5) > 300_000) == isOff)
    #expect(abs(tracing.value(lead, at: 1.9)) < 5000)
    #expect((tracing.value(lead, at: 3.5) > 300_000) == (isOff && !option.contains("-")))
  }
}

@Test(
  "a pacing pulse holds its charge at every rate: half a millisecond of ten millivolts",
  arguments: [250.0, 500, 2000])
func pacingPulse(sampleRate: Double) throws {
  let with = try Tracing("ddd?noise=0&wander=0", seconds: 6, sampleRate: sampleRate)
  let without = try Tracing("ddd?noise=0&wander=0&spike=0", seconds: 6, sampleRate: sampleRate)
  var plan = HeartPlan(script: try PatientScript(parsing: "ddd"))
  plan.plan(until: 6)
  let pulse = try #require(plan.pulses.first { $0.isVentricular && $0.seconds > 2 }).seconds
  let span = with.samples(pulse - 0.02...pulse + 0.02)
  let difference = span.map { with[.II][$0] - without[.II][$0] }
  // Microvolts times seconds: 10 mV x 0.5 ms seen by lead II.
  let charge = difference.reduce(0, +) / sampleRate
  let direction = Dipole(x: 0.2, y: 0.85, z: -0.3).projected(on: 1)
  #expect(abs(charge - 5 * direction) < 0.02)
  #expect(difference.count { abs($0) > 1 } <= (sampleRate > 1000 ? 3 : 2))
}
