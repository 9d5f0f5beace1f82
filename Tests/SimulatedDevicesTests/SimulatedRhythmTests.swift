// When the simulated heart beats: rates, patterns and episodes, by its ground truth; and that the tracing has them.

import ECGSignal
import Foundation
import Recordings
import Testing

@testable import SimulatedDevices

private func truth(_ script: String, seconds: Double = 60) throws -> PatientTruth {
  PatientTruth(of: try PatientScript(parsing: script), seconds: seconds)
}

extension PatientTruth {
  fileprivate var symbols: String { beats.map(\.symbol).joined() }
  fileprivate var intervals: [Double] {
    zip(beats, beats.dropFirst()).map { $1.seconds - $0.seconds }
  }
}

@Test(
  "sinus rhythm has the rate asked for, from 20 to 300 a minute",
  arguments: [20.0, 40, 72, 120, 180, 240, 300])
func sinusRates(beatsPerMinute: Double) throws {
  let intervals = try truth("nsr?hr=\(beatsPerMinute)", seconds: 120).intervals
  #expect(abs(60 / statistics(intervals).mean - beatsPerMinute) < 0.02 * beatsPerMinute)
}

@Test("heart rate variability is that of an adult at rest, shrinks with the rate, and can be off")
func variability() throws {
  // SDNN over five minutes: 50 +- 16 ms (Shaffer and Ginsberg 2017).
  #expect(
    (0.034...0.066).contains(statistics(try truth("nsr?hr=72", seconds: 300).intervals).deviation))
  let fast = statistics(try truth("tachy?hr=150", seconds: 300).intervals).deviation
  #expect(fast < 0.012 && fast > 0.002)
  #expect(statistics(try truth("nsr?hrv=0").intervals).deviation < 1e-9)
}

@Test(
  "atrial fibrillation has no pattern: a large spread, and neighbours that do not resemble each other"
)
func atrialFibrillation() throws {
  let intervals = try truth("af?hr=90", seconds: 600).intervals
  let (mean, deviation) = statistics(intervals)
  #expect(abs(60 / mean - 90) < 4)
  #expect((0.15...0.30).contains(deviation / mean))
  let products = zip(intervals, intervals.dropFirst()).map { ($0 - mean) * ($1 - mean) }
  #expect(abs(statistics(products).mean / (deviation * deviation)) < 0.1)
  #expect((intervals.min() ?? 0) > 0.24)
}

@Test(
  "rhythms beat as asked for",
  arguments: [
    ("flutter", 150.0), ("flutter?conduction=3", 100), ("flutter?conduction=4", 75),
    ("flutter?conduction=4&hr=70", 70), ("svt", 190), ("junctional", 50), ("aivr", 75),
    ("vt?hr=150", 150), ("vt", 190), ("avb3", 38), ("aai", 60), ("vvi?hr=80", 80), ("ddd", 60),
  ])
func regularRates(script: String, beatsPerMinute: Double) throws {
  let (mean, deviation) = statistics(try truth(script).intervals)
  #expect(abs(60 / mean - beatsPerMinute) < 0.02 * beatsPerMinute)
  #expect(deviation < 0.03 * mean)
}

@Test("variable flutter conducts every second to fourth wave")
func variableFlutter() throws {
  let ratios = try truth("flutter?conduction=variable").intervals.map { ($0 / 0.2).rounded() }
  #expect(Set(ratios) == [2, 3, 4])
}

@Test("flutter waves: 300 a minute, down in the inferior leads, up in V1")
func flutterWaves() throws {
  let tracing = try Tracing("flutter?conduction=8&noise=0&wander=0&hrv=0", seconds: 10)
  let beat = tracing.truth.beats[3].seconds
  // Between the T wave and the next complex.
  let part = tracing[.II][tracing.samples(beat + 0.5...beat + 1.4)]
  let first = tracing[.II][tracing.samples(beat + 0.7...beat + 1.4)]
  for (now, before) in zip(first, part) { #expect(abs(now - before) < 2) }
  let span = beat + 0.6...beat + 1.2
  let middle = tracing[.II][tracing.samples(span)].reduce(0, +)
  #expect(middle < 0)
  #expect(tracing[.V1][tracing.samples(span)].reduce(0, +) > 0)
}

@Test("Wenckebach: each interval shorter than the last, then a pause of less than two")
func wenckebach() throws {
  let intervals = try truth("wenckebach?conduction=5&hrv=0").intervals
  // Four conducted of five: three intervals and the pause.
  let start = try #require(intervals.firstIndex { $0 > 1.2 }) + 1
  for group in stride(from: start, to: intervals.count - 4, by: 4) {
    let cycle = intervals[group..<group + 4]
    #expect(cycle.sorted(by: >).dropFirst() == cycle.dropLast()[...])
    #expect(cycle.last! > 1.2 && cycle.last! < 2 * 60 / 72)
  }
}

@Test("Mobitz II: every fourth beat is missing, the others come in time; 2:1 halves the rate")
func mobitz() throws {
  let cycles = try truth("mobitz2?hrv=0").intervals.map { $0 * 72 / 60 }
  #expect(cycles.allSatisfy { abs($0 - 1) < 0.001 || abs($0 - 2) < 0.001 })
  let dropped = Double(cycles.count { $0 > 1.5 }) / Double(cycles.count)
  #expect(abs(dropped - 1 / 3.0) < 0.03)
  let half = try truth("mobitz2?conduction=2&hrv=0").intervals
  #expect(half.allSatisfy { abs($0 - 2 * 60 / 72) < 0.001 })
}

@Test("a complete block escapes from the AV node above 40, from the ventricles below")
func escape() throws {
  #expect(Set(try truth("avb3?hr=45").symbols) == ["j"])
  #expect(Set(try truth("avb3?hr=35").symbols) == ["E"])
}

@Test(
  "premature beats come in the pattern asked for",
  arguments: [
    ("nsr?pvc=4", "NNNVNNNVNNNV"), ("nsr?pvc=bigeminy", "NVNVNVNV"),
    ("nsr?pvc=trigeminy", "NNVNNVNNV"), ("nsr?pvc=6x2", "NNNNVVNNNNVV"),
    ("nsr?pvc=8x5", "NNNVVVVVNNNVVVVV"), ("tachy?pvc=4", "NNNVNNNV"), ("brady?pvc=4", "NNNVNNNV"),
    ("af?pvc=5", "NNNNVNNNNV"), ("nsr?pac=4", "NNNANNNA"), ("nsr?pac=7x3", "NNNNAAANNNNAAA"),
    ("nsr?block=lbbb&pvc=3", "LLVLLV"), ("nsr?block=rbbb", "RRRR"), ("svt", "SSSS"), ("vt", "VVVV"),
    ("ddd", "////"),
  ])
func patterns(script: String, pattern: String) throws {
  #expect(try truth(script).symbols.hasPrefix(pattern))
}

@Test("two foci take turns", arguments: ["nsr?pvc=4&foci=2", "nsr?pvc=3&foci=2"])
func foci(script: String) throws {
  let tracing = try Tracing(script + "&noise=0&wander=0", seconds: 20, sampleRate: 500)
  let premature = tracing.truth.beats.filter { $0.symbol == "V" }
  let isUp = premature.map { tracing.value(.II, at: $0.seconds) > 0 }
  #expect(isUp.count >= 4 && zip(isUp, isUp.dropFirst()).allSatisfy { $0 != $1 })
}

@Test("a premature ventricular beat pauses fully, an atrial one does not")
func pauses() throws {
  let ventricular = try truth("nsr?pvc=4&hrv=0").intervals.map { $0 * 72 / 60 }
  // Normal, normal, early, late: early and late are two cycles together.
  #expect(abs(ventricular[2] + ventricular[3] - 2) < 0.01)
  #expect(ventricular[2] < 0.7)
  let atrial = try truth("nsr?pac=4&hrv=0").intervals.map { $0 * 72 / 60 }
  #expect(atrial[2] < 0.75 && atrial[2] + atrial[3] < 1.8)
}

@Test("a pacemaker that fails to capture leaves pauses and pulses without a beat")
func failureToCapture() throws {
  let script = try PatientScript(parsing: "vvi?failcapture=3")
  var plan = HeartPlan(script: script)
  plan.plan(until: 60)
  #expect(plan.pulses.count { $0.seconds < 59 } == 59)
  let beats = plan.beats.filter { $0.seconds < 59 }
  #expect((39...40).contains(beats.count))
  #expect(Set(beats.map(\.symbol)) == ["/"])
  // Nothing at all where no pulse captures and the heart has no rhythm of its own.
  #expect(try truth("vvi?failcapture=1&intrinsic=0").beats.isEmpty)
}

@Test("a pacemaker that senses is silent above its rate; one that does not competes")
func failureToSense() throws {
  func pulses(_ text: String) throws -> Int {
    var plan = HeartPlan(script: try PatientScript(parsing: text))
    plan.plan(until: 60)
    return plan.pulses.count { $0.seconds < 60 }
  }
  #expect(try pulses("vvi?intrinsic=90") <= 1)
  #expect(try pulses("aai?intrinsic=90") <= 1)
  #expect(try pulses("vvi?intrinsic=90&failsense=1") == 60)
  // Pulses in the refractory time of the heart's own beats capture nothing.
  let symbols = try truth("vvi?intrinsic=90&failsense=1").symbols
  #expect(symbols.contains("N") && symbols.contains("/"))
  #expect(try truth("vvi?intrinsic=90&failsense=1").intervals.allSatisfy { $0 > 0.3 })
}

@Test("a scene begins and ends in sinus rhythm; no beat in asystole and fibrillation")
func onsetAndOffset() throws {
  for (rhythm, name) in [("asystole", "(ASYS"), ("vf", "(VF"), ("vt", "(VT"), ("af", "(AFIB")] {
    let truth = try truth("\(rhythm)?onset=10&offset=20", seconds: 30)
    #expect(truth.episodes.map(\.name) == ["(N", name, "(N"])
    #expect(truth.episodes.map(\.from) == [0, 10, 20])
    let inside = truth.beats.filter { (10.2...20).contains($0.seconds) }
    #expect(inside.isEmpty == (rhythm == "asystole" || rhythm == "vf"))
    #expect(truth.beats.contains { $0.seconds > 21 && $0.symbol == "N" })
  }
}

@Test("every beat and rhythm has a code of WFDB", arguments: PatientScript.Rhythm.allCases)
func codes(rhythm: PatientScript.Rhythm) throws {
  let truth = try truth("\(rhythm.rawValue)?onset=5&offset=20", seconds: 30)
  let marks = truth.annotations(sampleRate: 500)
  #expect(marks.count == truth.beats.count + 3 + (rhythm == .vf ? 2 : 0))
  #expect(marks.count > 10)
}

@Test("the truth is written as annotations that the reader reads back")
func annotations() throws {
  let marks = try truth("vf?onset=10&offset=15", seconds: 20).annotations(sampleRate: 360)
  let path = FileManager.default.temporaryDirectory.appending(path: "ecgclip-\(UUID()).atr").path()
  defer { try? FileManager.default.removeItem(atPath: path) }
  try AnnotationFile.write(marks, to: path)
  let read = try AnnotationFile.read(path)
  #expect(read.map(\.sample) == marks.map(\.sample) && read.map(\.symbol) == marks.map(\.symbol))
  #expect(marks.filter { $0.symbol == "[" }.map(\.sample) == [3600])
  #expect(marks.filter { $0.symbol == "]" }.map(\.sample) == [5400])
  #expect(marks.filter { $0.symbol == "+" }.map(\.auxiliary) == ["(N", "(VF", "(N"])
  #expect(marks.count { $0.symbol == "N" } > 10)
}
