// Cannot analyse is an alarm: no noise silences a heart that stands still or fibrillates, and none that a person with a
// healthy heart makes raises it.

import Alarms
import SignalProcessing
import TestSupport
import Testing

/// QRS of the simulated sinus rhythm, peak to peak, by lead.
private func qrsMicrovolts(_ leads: MonitoredLeads) throws -> [Float] {
  let clean = try Signal(simulation: "nsr?noise=0&wander=0", seconds: 3, leads: leads)
  return (0..<clean.rowCount).map { row in
    let values = (0..<clean.sampleCount).map { clean.microvolts[$0 * clean.rowCount + row] }
    return (values.max() ?? 0) - (values.min() ?? 0)
  }
}

/// A script with motion noise from 15 s on.
private func noisy(
  _ script: String, seconds: Double, leads: MonitoredLeads, offsetSeconds: Double,
  decibels: Double = 6
) throws -> MonitoredRecord {
  var signal = try Signal(simulation: script, seconds: seconds, leads: leads)
  try NoiseStress().add(
    to: &signal, fromSeconds: 15, offsetSeconds: offsetSeconds,
    qrsMicrovolts: qrsMicrovolts(leads), decibels: decibels)
  return MonitoredRecord(signal)
}

private func highAlarms(_ record: MonitoredRecord, after seconds: Double) -> [Double] {
  record.alarms.filter {
    $0.phase == .start && $0.alarm.definition.priority == .high && $0.seconds >= seconds
  }.map(\.seconds)
}

@Test(
  "motion noise of 6 dB hides no standstill, no fibrillation and no pacing without capture",
  .enabled(if: NoiseStress.isPresent),
  arguments: ["asystole", "vf", "vvi?failcapture=1&intrinsic=0"], MonitoredLeads.allCases)
func noiseHidesNothing(script: String, leads: MonitoredLeads) throws {
  for seed in 1...2 {
    let text = script + (script.contains("?") ? "&" : "?") + "onset=30&seed=\(seed)"
    let record = try noisy(text, seconds: 42, leads: leads, offsetSeconds: Double(seed) * 17 + 3)
    #expect(try #require(highAlarms(record, after: 30).first) <= 40, "\(seed)")
    #expect(highAlarms(record, after: 8).allSatisfy { $0 >= 30 }, "\(seed)")
  }
}

@Test(
  "the same noise on a heart that beats raises nothing of high priority",
  .enabled(if: NoiseStress.isPresent), arguments: ["nsr", "tachy", "af"], MonitoredLeads.allCases)
func noisyHeartsAreHeard(script: String, leads: MonitoredLeads) throws {
  let record = try noisy(script, seconds: 90, leads: leads, offsetSeconds: 200)
  #expect(highAlarms(record, after: 0) == [])
}

@Test("muscle noise in which no row can be trusted is told, and ends with the noise")
func untrustedRows() throws {
  var signal = try Signal(simulation: "nsr?muscle=400", seconds: 20, leads: .second)
  signal.microvolts += try Signal(simulation: "nsr", seconds: 20, leads: .second).microvolts
  let record = MonitoredRecord(signal)
  let told = record.starts(of: .cannotAnalyse)
  #expect(told.count == 1 && told[0] <= 10)
  #expect(record.isActive(at: 19))
  #expect(!record.isActive(at: 35))
}

@Test("electrodes that are all off are no reason to say so, and no asystole")
func electrodesOff() {
  let chain = SignalChain(sampleRate: 500, rowCount: 1)
  var value: Float = 0
  var held = RhythmState()
  for index in 0..<Int64(30 * 500) {
    value = .nan
    _ = chain.step(&value, saturated: 0, lost: 1, at: index)
    held.formUnion(chain.rhythmState)
  }
  #expect(held == [])
}

@Test("a standstill whose row is untrusted again and again is told within ten seconds")
func flickeringTrust() {
  var random = SeededRandom(seed: 3)
  let chain = SignalChain(sampleRate: 500, rowCount: 1)
  var value: Float = 0
  var told: Int64?
  for index in 0..<Int64(20 * 500) {
    // Every two seconds a second of muscle noise that makes the row unusable.
    value = index / 500 % 3 == 0 ? 600 * Float(random.value()) : 0
    _ = chain.step(&value, saturated: 0, lost: 0, at: index)
    if !chain.rhythmState.isDisjoint(with: [.cannotAnalyse, .asystole]) { told = told ?? index }
  }
  #expect(told.map { $0 <= 5000 } == true)
}
