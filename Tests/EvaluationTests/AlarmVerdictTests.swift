// Whether an alarm is true: a made-up reference for each reason, and what must never justify one.

import Alarms
import Recordings
import TestSupport
import Testing

@testable import Evaluation

private let sampleCount = 300_000

/// Beats each so many samples within a span of seconds.
private func regular(_ span: Range<Int>, every step: Int, _ symbol: String = "N") -> [Annotation] {
  beats(Array(stride(from: span.lowerBound * 1000, to: span.upperBound * 1000, by: step)), symbol)
}

private func reference(_ annotations: [Annotation]) -> AlarmReference {
  AlarmReference(
    annotations.sorted { $0.sample < $1.sample }, sampleRate: rate, sampleCount: sampleCount)
}

private func verdict(
  of name: String, at seconds: Double, _ annotations: [Annotation], told: [Int] = []
) -> AlarmVerdict {
  let alarm = ToldAlarm(
    name: name, priority: .high, startSeconds: seconds, endSeconds: seconds + 5)
  let all = ToldAlarms(
    alarms: [alarm], beats: told, sampleRate: rate, sampleCount: sampleCount)
  return JudgedAlarms(told: all, reference: reference(annotations)).verdict(alarm)
}

/// A quiet heart of 75 a minute, in which something happens from 100 s to 110 s.
private struct Episode: CustomTestStringConvertible, Sendable {
  let alarm: String
  let marks: [Annotation]
  var testDescription: String { alarm }

  var annotations: [Annotation] {
    regular(1..<100, every: 800) + marks + regular(110..<300, every: 800)
  }
}

private let episodes: [Episode] = [
  Episode(alarm: "asystole", marks: []),
  Episode(alarm: "pause", marks: regular(102..<110, every: 2600)),
  Episode(alarm: "ventricularFibrillation", marks: mark(100_100, "[") + mark(109_900, "]")),
  Episode(alarm: "ventricularTachycardia", marks: regular(100..<110, every: 400, "V")),
  Episode(alarm: "ventricularRun", marks: regular(100..<110, every: 900, "V")),
  Episode(alarm: "extremeTachycardia", marks: regular(100..<110, every: 380)),
  Episode(alarm: "tachycardia", marks: regular(100..<110, every: 470)),
  Episode(alarm: "extremeBradycardia", marks: regular(100..<110, every: 1900)),
  Episode(alarm: "bradycardia", marks: regular(100..<110, every: 1400)),
  Episode(
    alarm: "irregularRhythm",
    marks: mark(100_000, "+", "(AFIB") + mark(110_000, "+", "(N") + regular(100..<110, every: 800)),
]

@Test("an alarm beside its reason is true, half a minute before it false", arguments: episodes)
private func reasonsJustify(_ episode: Episode) {
  #expect(verdict(of: episode.alarm, at: 108, episode.annotations) == .justified)
  #expect(verdict(of: episode.alarm, at: 70, episode.annotations) == .unjustified)
  // Atrial fibrillation takes 32 intervals to be told; nothing else may come so late.
  let late = episode.alarm == "irregularRhythm" ? 171.0 : 140
  #expect(verdict(of: episode.alarm, at: late, episode.annotations) == .unjustified)
}

@Test("a quiet heart justifies none of them")
func quietHeart() {
  let quiet = mark(500, "+", "(N") + regular(1..<300, every: 800)
  for episode in episodes {
    #expect(verdict(of: episode.alarm, at: 108, quiet) == .unjustified, "\(episode.alarm)")
  }
}

@Test("beside fibrillation of the ventricles every alarm of rhythm is true, a technical one is not")
func besideFibrillation() throws {
  let fibrillation = try #require(episodes.first { $0.alarm == "ventricularFibrillation" })
  for episode in episodes {
    #expect(verdict(of: episode.alarm, at: 105, fibrillation.annotations) == .justified)
  }
  #expect(verdict(of: "cannotAnalyse", at: 105, fibrillation.annotations) == .justified)
  for name in ["stShift", "leadOff", "samplesLost", "finding.IMI"] {
    #expect(verdict(of: name, at: 105, fibrillation.annotations) == .unjudged, "\(name)")
  }
}

@Test("five ventricular beats, or six slow ones, are no tachycardia, and a wrong limit is no rate")
func almost() {
  let five =
    regular(1..<100, every: 800) + beats([100_000, 100_400, 100_800, 101_200, 101_600], "V")
  let after = regular(103..<300, every: 800)
  #expect(verdict(of: "ventricularTachycardia", at: 103, five + after) == .unjustified)
  #expect(verdict(of: "ventricularRun", at: 103, five + after) == .justified)
  let slow = regular(1..<100, every: 800) + regular(100..<110, every: 650, "V")
  #expect(
    verdict(of: "ventricularTachycardia", at: 108, slow + regular(110..<300, every: 800))
      == .unjustified)
  // 144 a minute: below 150 by more than the tolerance of 5. 146 is not.
  #expect(verdict(of: "extremeTachycardia", at: 108, regular(1..<300, every: 417)) == .unjustified)
  #expect(verdict(of: "extremeTachycardia", at: 108, regular(1..<300, every: 411)) == .justified)
  #expect(verdict(of: "asystole", at: 103, regular(1..<300, every: 3900)) == .unjustified)
}

@Test("rhythms are judged by name only where the annotators named some")
func unnamedRhythms() {
  let beats = regular(1..<300, every: 800)
  #expect(verdict(of: "irregularRhythm", at: 100, beats) == .unjudged)
  #expect(verdict(of: "irregularRhythm", at: 100, mark(500, "+", "(N") + beats) == .unjustified)
}

@Test("that nothing can be told is true when one in five beats before it was wrong")
func cannotAnalyse() {
  let truth = Array(stride(from: 1000, to: 300_000, by: 1000))
  for missed in 0...3 {
    // Of the ten beats from 91 s to 100 s the first were not told.
    let told = truth.filter { !(91_000..<91_000 + missed * 1000).contains($0) }
    let expected: AlarmVerdict = missed >= 2 ? .justified : .unjustified
    #expect(
      verdict(of: "cannotAnalyse", at: 100.05, beats(truth), told: told) == expected, "\(missed)")
    #expect(verdict(of: "noSignal", at: 100.05, beats(truth), told: told) == expected)
  }
  // An invented beat is as wrong as a missed one.
  let invented = truth + [95_500, 97_500]
  #expect(verdict(of: "cannotAnalyse", at: 100.05, beats(truth), told: invented) == .justified)
  let shutdown = mark(95_000, "~", subtype: 0x30) + mark(105_000, "~")
  #expect(verdict(of: "cannotAnalyse", at: 100, beats(truth) + shutdown, told: truth) == .justified)
}

@Test("the verdicts of random alarms are each one of three, and counted once")
func verdictsAreCounted() {
  var random = SeededRandom(seed: 11)
  let names = BuiltInAlarm.allCases.map(\.definition.name) + ["finding.AFIB", "finding.IMI"]
  for _ in 0..<20 {
    let annotations = episodes.randomElement(using: &random)!.annotations
    let alarms = (0..<50).map { _ in
      let start = Double.random(in: 0...299, using: &random)
      return ToldAlarm(
        name: names.randomElement(using: &random)!, priority: .high, startSeconds: start,
        endSeconds: start + 5)
    }.sorted { $0.startSeconds < $1.startSeconds }
    let told = ToldAlarms(
      alarms: alarms, beats: [], sampleRate: rate, sampleCount: sampleCount)
    let judged = JudgedAlarms(told: told, reference: reference(annotations)).comparisons()
    let sum = judged.values.reduce(into: AlarmComparison()) { $0 += $1 }
    #expect(sum.trueAlarms + sum.falseAlarms + sum.unjudgedAlarms == alarms.count)
    #expect(sum.foundEpisodes <= sum.episodes)
    #expect(sum.delays.count + sum.runningEpisodes == sum.foundEpisodes)
    #expect(sum.delays.allSatisfy { $0 >= 0 })
  }
}

@Test("a monitor that alarms at each reason's onset finds all, a silent one none")
func perfectAndSilent() {
  for episode in episodes where episode.alarm != "ventricularRun" {
    let due = reference(episode.annotations).due
    let alarms = due.flatMap { name, spans in
      spans.map {
        ToldAlarm(
          name: name, priority: .high, startSeconds: $0.lowerBound + 1, endSeconds: $0.upperBound)
      }
    }.sorted { $0.startSeconds < $1.startSeconds }
    func sum(_ alarms: [ToldAlarm]) -> AlarmComparison {
      let told = ToldAlarms(
        alarms: alarms, beats: [], sampleRate: rate, sampleCount: sampleCount)
      let judged = JudgedAlarms(told: told, reference: reference(episode.annotations))
      return judged.comparisons().values.reduce(into: AlarmComparison()) { $0 += $1 }
    }
    let perfect = sum(alarms)
    #expect(perfect.foundEpisodes == perfect.episodes, "\(episode.alarm)")
    #expect(perfect.falseAlarms == 0, "\(episode.alarm)")
    #expect(sum([]).foundEpisodes == 0)
  }
}
