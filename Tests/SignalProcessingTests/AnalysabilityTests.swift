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
  firstSignal: Int = 0
) throws -> MonitoredRecord {
  var signal = try Signal(simulation: script, seconds: seconds, leads: leads)
  try #require(NoiseStress.recorded).add(
    to: &signal, fromSeconds: 15, offsetSeconds: offsetSeconds,
    qrsMicrovolts: qrsMicrovolts(leads), firstSignal: firstSignal)
  return MonitoredRecord(signal)
}

private func highAlarms(_ record: MonitoredRecord, after seconds: Double) -> [Double] {
  record.alarms.filter {
    $0.phase == .start && $0.alarm.definition.priority == .high && $0.seconds >= seconds
  }.map(\.seconds)
}

private let hidden = ["asystole", "vf", "vvi?failcapture=1&intrinsic=0"]

/// Fails unless a standstill at 30 s raises an alarm of high priority within ten seconds, and before it nothing does.
private func expectHeard(
  _ script: String, seed: Int, leads: MonitoredLeads, firstSignal: Int = 0,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let text = script + (script.contains("?") ? "&" : "?") + "onset=30&seed=\(seed)"
  let record = try noisy(
    text, seconds: 42, leads: leads, offsetSeconds: Double(seed) * 17 + 3, firstSignal: firstSignal)
  let alarms = highAlarms(record, after: 8)
  #expect(alarms.contains { $0 >= 30 && $0 <= 40 }, "seed \(seed)", sourceLocation: sourceLocation)
  #expect(alarms.allSatisfy { $0 >= 30 }, "seed \(seed)", sourceLocation: sourceLocation)
}

@Test(
  "motion noise of 6 dB hides no standstill, no fibrillation and no pacing without capture",
  .enabled(if: NoiseStress.isPresent), arguments: hidden)
func noiseHidesNothing(script: String) throws {
  for seed in 1...2 { try expectHeard(script, seed: seed, leads: .twelve) }
}

@Test(
  "nor does it with one lead, whichever of the two recorded noises it is",
  .enabled(if: NoiseStress.isPresent), arguments: hidden, [0, 1])
func noiseHidesNothingInOneLead(script: String, firstSignal: Int) throws {
  // Seeds 16 and 35 were late before shapes were asked, one fibrillation for ever.
  for seed in [1, 2, 16, 35] + Array(101...105) {
    try expectHeard(script, seed: seed, leads: .second, firstSignal: firstSignal)
  }
}

@Test(
  "in such noise beats are known by their slopes, and next to nothing else is taken for one",
  .enabled(if: NoiseStress.isPresent), arguments: [0, 1])
func slopesTell(firstSignal: Int) throws {
  var (usual, beats, strange, bumps, taken) = (0, 0, 0, 0, 0)
  for seed in 101...105 {
    let record = try noisy(
      "asystole?onset=60&seed=\(seed)", seconds: 90, leads: .second,
      offsetSeconds: Double(seed) * 17 + 3, firstSignal: firstSignal)
    for beat in record.beats {
      let seconds = Double(beat.sampleIndex) / 500
      if seconds > 15 && seconds < 60 {
        beats += 1
        if beat.familiarity == .usual { usual += 1 }
      } else if seconds > 61 {
        bumps += 1
        if beat.familiarity == .strange { strange += 1 }
        if beat.familiarity == .usual { taken += 1 }
      }
    }
  }
  #expect(3 * usual > beats)
  #expect(50 * taken < bumps)
  #expect(3 * strange > 2 * bumps)
}

@Test("ectopic beats are not taken for noise", .enabled(if: TestData.isPresent))
func ectopicBeatsAreNoNoise() throws {
  let record = MonitoredRecord(try Signal(path: TestData.path("mitdb/208")))
  let ectopic = record.beats.filter { $0.beatClass == .ventricular }
  let strange = ectopic.count { $0.familiarity == .strange }
  #expect(ectopic.count > 900 && 20 * strange < ectopic.count)
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
