// The chain on the simulated patient, whose beats and rhythms are known: every rhythm that it can play.

import Alarms
import Testing

private let rapid: [BuiltInAlarm] = [
  .ventricularTachycardia, .ventricularFibrillation, .extremeTachycardia,
]

@Test(
  "every beat is told and nothing else is, in rhythms of any width and regularity, without an alarm of high priority",
  arguments: [
    "nsr?hr=40", "avb1", "wenckebach", "mobitz2", "mobitz2?conduction=2&hr=90", "avb3?hr=45", "af",
    "flutter", "flutter?conduction=4", "flutter?conduction=variable", "junctional", "aai", "vvi",
    "ddd",
    "nsr?block=lbbb", "nsr?block=rbbb", "nsr?pvc=4", "nsr?pvc=bigeminy", "nsr?pvc=trigeminy",
    "nsr?pvc=10x2", "af?pvc=5", "nsr?pac=3", "nsr?st=anterior:400",
    "nsr?muscle=50&motion=500&mains=100",
  ])
func everyBeat(script: String) throws {
  let run = try SimulatedRun(script + (script.contains("?") ? "&" : "?") + "onset=5", seconds: 40)
  #expect(run.errors(after: 4) == (0, 0))
  #expect(run.highAlarms == [])
}

@Test(
  "every beat of fast and of wide rhythms is told, too",
  arguments: [
    "tachy?hr=200", "svt", "aivr", "vt", "vt?hr=150", "nsr?pvc=runs", "avb3", "af?hr=150",
  ])
func everyFastOrWideBeat(script: String) throws {
  let run = try SimulatedRun(script + (script.contains("?") ? "&" : "?") + "onset=5", seconds: 40)
  #expect(run.errors(after: 4) == (0, 0))
}

@Test("couplets of two foci")
func couplets() throws {
  let run = try SimulatedRun("nsr?pvc=10x2&foci=2&onset=10", seconds: 60)
  withKnownIssue("the beat detector takes a second premature beat within 360 ms for a T wave") {
    #expect(run.errors(after: 4) == (0, 0))
  }
}

@Test(
  "rates from 20 to 300 a minute",
  arguments: [20, 40, 72, 150, 220, 300] as [Float])
func sinusRates(beatsPerMinute: Float) throws {
  let run = try SimulatedRun("nsr?hr=\(beatsPerMinute)", seconds: 45)
  func check() {
    let rates = run.heartRates(after: 20).compactMap(\.self)
    #expect(rates.count == 25)
    #expect(rates.allSatisfy { abs($0 - beatsPerMinute) <= max(5, 0.1 * beatsPerMinute) })
  }
  switch beatsPerMinute {
  case 300: withKnownIssue("above 270 a minute every second beat is missed") { check() }
  default: check()
  }
}

@Test(
  "what must alarm does within 10 s of its onset",
  arguments: [
    ("asystole", [.asystole], 5), ("asystole?atrial=70", [.asystole], 5), ("vf", rapid, 5),
    ("vt", rapid, 4), ("vt?hr=150", rapid, 5), ("pvt", rapid, 8), ("tachy?hr=180", rapid, 8),
    ("svt", rapid, 7), ("avb3?hr=35", [.extremeBradycardia, .bradycardia], 9),
  ] as [(String, [BuiltInAlarm], Double)])
func alarmsInTime(script: String, alarms: [BuiltInAlarm], withinSeconds: Double) throws {
  let join = script.contains("?") ? "&" : "?"
  let run = try SimulatedRun(script + join + "onset=20", seconds: 40)
  #expect(try #require(run.delay(of: alarms, after: 20)) <= withinSeconds)
}

@Test("a complete block that escapes at 30 a minute alarms, and goes on to")
func slowEscape() throws {
  let run = try SimulatedRun("avb3?hr=30&onset=20", seconds: 60)
  #expect(run.delay(of: [.extremeBradycardia, .bradycardia], after: 20).map { $0 <= 10 } == true)
  #expect(run.record.isActive(at: 55))
}

@Test(
  "an alarm of high priority ends when the rhythm is over", arguments: ["asystole", "vf", "vt"])
func alarmsEnd(script: String) throws {
  let run = try SimulatedRun("\(script)?onset=20&offset=40", seconds: 70)
  #expect(run.record.isActive(at: 39))
  #expect(!run.record.isActive(at: 65))
}

@Test("fibrillation of the atria is irregular, premature beats in a pattern are not")
func irregularity() throws {
  #expect(try !SimulatedRun("af", seconds: 60).record.starts(of: .irregularRhythm).isEmpty)
  for script in ["nsr", "nsr?pvc=bigeminy", "nsr?pvc=4", "wenckebach", "flutter"] {
    #expect(try SimulatedRun(script, seconds: 60).record.starts(of: .irregularRhythm) == [])
  }
}

@Test("pacing pulses that capture nothing are no beats: the heart stands still")
func pulsesWithoutCapture() throws {
  let run = try SimulatedRun("vvi?failcapture=1&intrinsic=0&onset=20", seconds: 40)
  #expect(run.errors(after: 4).invented == 0)
  #expect(run.delay(of: [.asystole], after: 20).map { $0 <= 10 } == true)
}
