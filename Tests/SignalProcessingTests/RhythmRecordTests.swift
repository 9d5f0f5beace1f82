// Rhythms on real recordings: by duration where whole stretches are marked, beat by beat where the annotators' beats
// are given. The limits are what was reached, rounded down.

import Foundation
import Recordings
import SignalProcessing
import TestSupport
import Testing

/// Atrial fibrillation of records, by duration.
private struct ByDuration {
  var both = 0.0
  var reference = 0.0
  var told = 0.0
  var sensitivity: Double { 100 * both / reference }
  var positivePredictivity: Double { 100 * both / told }

  mutating func add(_ path: String, _ marks: (Double) -> [ClosedRange<Double>]) throws {
    let signal = try Signal(path: path)
    let end = Double(signal.sampleCount) / signal.sampleRate
    let found = MonitoredRecord(signal).episodes(
      of: .atrialFibrillation, sampleRate: signal.sampleRate, end: end)
    let marked = marks(end)
    both += RhythmSequence.overlap(found, marked)
    reference += RhythmSequence.duration(marked)
    told += RhythmSequence.duration(found)
  }
}

@Test("CPSC2021: atrial fibrillation by duration", .enabled(if: TestData.isPresent))
func atrialFibrillationByDuration() throws {
  let table = try String(
    contentsOfFile: TestData.path("cpsc2021/records.csv"), encoding: .utf8)
  let lines = table.split(whereSeparator: \.isNewline).map {
    $0.split(separator: ",").map(String.init)
  }
  let classColumn = try #require(lines.first?.firstIndex(of: "label"))
  var score = ByDuration()
  // AFf: fibrillation from end to end; N: none.
  for line in lines.dropFirst() where ["AFf", "N"].contains(line[classColumn]) {
    try score.add(TestData.path("cpsc2021/" + line[0])) {
      line[classColumn] == "AFf" ? [0...$0] : []
    }
  }
  #expect(score.reference > 1500)
  #expect(score.sensitivity >= 97, "\(score)")
  #expect(score.positivePredictivity >= 99.9, "\(score)")
}

@Test("MIT-BIH 203 fibrillates from end to end", .enabled(if: TestData.isPresent))
func fibrillationOf203() throws {
  var score = ByDuration()
  try score.add(TestData.path("mitdb/203")) { [0...$0] }
  #expect(score.sensitivity >= 99, "\(score)")
}

/// The annotators' marks of a rhythm, and what is told of their beats.
private func marked(
  _ record: String, _ mark: String, _ rhythm: Rhythm
) throws -> (marks: [ClosedRange<Double>], told: [ClosedRange<Double>]) {
  let annotations = try AnnotationFile.read(TestData.path("mitdb/\(record).atr"))
  let rhythms = annotations.filter { $0.symbol == "+" }
  let marks = zip(rhythms, rhythms.dropFirst()).filter { $0.0.auxiliary == mark }.map {
    Double($0.0.sample) / 360...Double($0.1.sample) / 360
  }
  let beats = RhythmSequence.beats(annotations)
  let told = RhythmSequence.episodes(
    of: rhythm, in: RhythmSequence.changes(of: beats, sampleRate: 360), sampleRate: 360, end: 1806)
  return (marks, told)
}

@Test(
  "MIT-BIH 106 and 208: bigeminy and trigeminy where the annotators mark them",
  .enabled(if: TestData.isPresent))
func markedPatterns() throws {
  let bigeminy = try marked("106", "(B", .ventricularBigeminy)
  #expect(bigeminy.marks.count >= 17)
  let both = RhythmSequence.overlap(bigeminy.marks, bigeminy.told)
  #expect(both / RhythmSequence.duration(bigeminy.marks) >= 0.93)
  #expect(both / RhythmSequence.duration(bigeminy.told) >= 0.95)
  for (record, mark, rhythm) in [
    ("106", "(B", Rhythm.ventricularBigeminy), ("208", "(T", .ventricularTrigeminy),
    ("106", "(VT", .ventricularRun),
  ] {
    let found = try marked(record, mark, rhythm)
    for episode in found.marks {
      // In 208 the annotators let a pattern begin later, where it began with fusion beats.
      #expect(
        found.told.contains {
          $0.lowerBound < episode.lowerBound + 1 && $0.upperBound > episode.lowerBound + 1
        }, "\(record) \(mark) at \(episode.lowerBound)")
    }
  }
}

@Test(
  "MIT-BIH: couplets and runs are those of the annotated beats",
  .enabled(if: TestData.isPresent),
  arguments: ["106", "114", "116", "119", "124", "203", "205", "208", "215", "223"])
func runsOfAnnotatedBeats(record: String) throws {
  let annotations = try AnnotationFile.read(TestData.path("mitdb/\(record).atr"))
  let beats = RhythmSequence.beats(annotations)
  let changes = RhythmSequence.changes(of: beats, sampleRate: 360)
  func starts(_ rhythm: Rhythm) -> [Int64] {
    changes.filter { $0.isOnset && $0.rhythm == rhythm }.map(\.sampleIndex)
  }
  // The last beats of a record are no whole run.
  let inARow = beats.dropLast(10).split { $0.beatClass != .ventricular }
  func runs(_ lengths: ClosedRange<Int>) -> [Int64] {
    inARow.filter { lengths.contains($0.count) }.map { $0.first!.sampleIndex }
  }
  #expect(starts(.ventricularCouplet).starts(with: runs(2...2)))
  #expect(starts(.ventricularRun).starts(with: runs(3...5)))
  let long = starts(.ventricularTachycardia) + starts(.idioventricularRhythm)
  #expect(Set(runs(6...10_000)).isSubset(of: long))
}

@Test(
  "MIT-BIH 207: flutter is told within ten seconds, dated to within four",
  .enabled(if: TestData.isPresent))
func ventricularFlutter() throws {
  let signal = try Signal(path: TestData.path("mitdb/207"))
  let record = MonitoredRecord(signal)
  let marks = BeatScore.fibrillation(try AnnotationFile.read(TestData.path("mitdb/207.atr"))).map {
    Double($0.lowerBound) / 360...Double($0.upperBound) / 360
  }
  let told = record.changes.filter {
    $0.change.isOnset && $0.change.rhythm == .ventricularFibrillation
  }
  // One of them lasts four seconds, too short for the detector's two windows.
  for mark in marks where mark.upperBound - mark.lowerBound > 5 {
    let first = try #require(told.first { Double($0.toldAt) / 360 >= mark.lowerBound })
    #expect(Double(first.toldAt) / 360 <= mark.lowerBound + 10)
    #expect(abs(Double(first.change.sampleIndex) / 360 - mark.lowerBound) < 4)
  }
  let found = record.episodes(of: .ventricularFibrillation, sampleRate: 360, end: 1806)
  let both = RhythmSequence.overlap(found, marks)
  #expect(both / RhythmSequence.duration(marks) >= 0.7)
  #expect(both / RhythmSequence.duration(found) >= 0.8)
}
