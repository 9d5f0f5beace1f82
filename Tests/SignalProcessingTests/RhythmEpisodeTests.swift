// Rhythms as episodes, on sequences of beats whose answer is known: which are told, and from which beat to which.

import SignalProcessing
import TestSupport
import Testing

private let sampleRate = 250.0

/// Beats after the intervals, in milliseconds; the classes N, V, S, P as letters, repeated to the length.
private func beats(_ intervals: [Int], _ classes: String = "N") -> [Beat] {
  let letters = Array(classes)
  var milliseconds = 0
  return intervals.enumerated().map { position, interval in
    milliseconds += interval
    let beatClass: BeatClass =
      switch letters[position % letters.count] {
      case "V": .ventricular
      case "S": .supraventricular
      case "P": .paced
      default: .normal
      }
    return Beat(
      sampleIndex: Int64(milliseconds) * Int64(sampleRate) / 1000, isWide: false,
      beatClass: beatClass)
  }
}

/// A change with the position of its beat.
private struct Told: Hashable, CustomStringConvertible {
  var rhythm: Rhythm
  var isOnset: Bool
  var beat: Int
  init(_ rhythm: Rhythm, _ isOnset: Bool, _ beat: Int) {
    (self.rhythm, self.isOnset, self.beat) = (rhythm, isOnset, beat)
  }
  var description: String { "\(rhythm.name) \(isOnset ? "from" : "to") \(beat)" }
}

private func told(_ beats: [Beat]) -> [RhythmChange] {
  RhythmSequence.changes(of: beats, sampleRate: sampleRate)
}

/// What is told, by beats and without the rates. A change that is at no beat is -1.
private func patterns(_ beats: [Beat]) -> [Told] {
  told(beats).filter { $0.rhythm != .extremeTachycardia }.map { change in
    Told(
      change.rhythm, change.isOnset,
      beats.firstIndex { $0.sampleIndex == change.sampleIndex } ?? -1)
  }
}

private func regular(_ count: Int, _ milliseconds: Int = 800) -> [Int] {
  Array(repeating: milliseconds, count: count)
}

@Test("bigeminy from its first ventricular beat to the beat after its last")
func bigeminy() {
  let found = patterns(beats(regular(14), "NNNNVNVNVNVNNN"))
  #expect(found == [Told(.ventricularBigeminy, true, 4), Told(.ventricularBigeminy, false, 11)])
  // Two are none.
  #expect(patterns(beats(regular(12), "NNNNVNVNNNNN")) == [])
}

@Test("trigeminy, and bigeminy that follows it")
func trigeminy() {
  let found = patterns(beats(regular(18), "NNVNNVNNVNVNVNNNNN"))
  #expect(
    found == [
      Told(.ventricularTrigeminy, true, 2), Told(.ventricularTrigeminy, false, 9),
      Told(.ventricularBigeminy, true, 8), Told(.ventricularBigeminy, false, 13),
    ])
}

@Test("two in a row are a couplet, three to five a run, told when they are over")
func coupletsAndRuns() {
  #expect(
    patterns(beats(regular(8, 450), "NNNVVNNN")) == [
      Told(.ventricularCouplet, true, 3), Told(.ventricularCouplet, false, 5),
    ])
  for length in 3...5 {
    let classes = "NNN" + String(repeating: "V", count: length) + "NNN"
    #expect(
      patterns(beats(regular(classes.count, 450), classes)) == [
        Told(.ventricularRun, true, 3), Told(.ventricularRun, false, 3 + length),
      ])
  }
}

@Test("six are a tachycardia when they are fast, an idioventricular rhythm when they are not")
func longRuns() {
  let classes = "NNNVVVVVVVVNNNN"
  #expect(
    patterns(beats(regular(15, 400), classes)) == [
      Told(.ventricularTachycardia, true, 3), Told(.ventricularTachycardia, false, 11),
    ])
  #expect(
    patterns(beats(regular(15, 700), classes)) == [
      Told(.idioventricularRhythm, true, 3), Told(.idioventricularRhythm, false, 11),
    ])
}

@Test("three early atrial beats are a run")
func supraventricularRun() {
  #expect(
    patterns(beats(regular(11), "NNNNSSSSNNN")) == [
      Told(.supraventricularRun, true, 4), Told(.supraventricularRun, false, 8),
    ])
  #expect(patterns(beats(regular(11), "NNNNSSNNNNN")) == [])
}

@Test("a pause stands out; a heart that is always so slow has none, and silence is asystole")
func pauses() {
  let pause = patterns(beats(regular(8) + [2200] + regular(4)))
  #expect(pause == [Told(.pause, true, 7), Told(.pause, false, 8)])
  #expect(patterns(beats(regular(8) + [1900] + regular(4))) == [])
  #expect(patterns(beats(regular(20, 2200))).filter { $0.rhythm == .pause } == [])
  let silence = patterns(beats(regular(8) + [5000] + regular(4)))
  #expect(silence == [Told(.asystole, true, 7), Told(.asystole, false, 8)])
}

@Test("extreme rates begin and end with a beat")
func extremeRates() {
  let changes = told(beats(regular(20, 800) + regular(40, 350) + regular(30, 800)))
  #expect(changes.map(\.rhythm) == [.extremeTachycardia, .extremeTachycardia])
  #expect(changes.map(\.isOnset) == [true, false])
  // The mean of twelve intervals passes 150 a minute in the ninth fast one, and again after one slow one.
  #expect(changes[0].sampleIndex > 20 * 200 && changes[0].sampleIndex <= 20 * 200 + 12 * 88)
}

/// Fibrillation between two stretches of sinus rhythm that breathes.
private func paroxysm(seed: UInt64) -> [Int] {
  var random = SeededRandom(seed: seed)
  func sinus(_ position: Int) -> Int {
    850 + (position % 5 - 2) * 12 + Int(10 * random.value())
  }
  return (0..<80).map(sinus) + (0..<80).map { _ in 650 + Int(260 * random.value()) }
    + (0..<80).map(sinus)
}

@Test("fibrillation is dated back to the beats at which it began and ended")
func fibrillationOnset() throws {
  var (onsets, ends) = (0, 0)
  for seed in 1...40 as ClosedRange<UInt64> {
    let found = patterns(beats(paroxysm(seed: seed)))
    #expect(found.allSatisfy { $0.rhythm == .atrialFibrillation })
    // The first random interval is between beats 79 and 80, the last between 158 and 159. Random intervals may be
    // alike for a while.
    try #require(found.count >= 2, "seed \(seed): \(found)")
    if (77...82).contains(found.first!.beat) { onsets += 1 }
    if (156...162).contains(found.last!.beat) { ends += 1 }
  }
  #expect(onsets >= 36)
  #expect(ends == 40)
}

@Test(
  "what varies by a pattern is no fibrillation",
  arguments: [
    [600, 1000], [600, 1000, 850], [700, 760, 830, 1400], [800, 800, 500, 1100],
    [760, 790, 850, 900, 930, 900, 850, 790], [1500, 700, 700],
  ])
func patternsAreRegular(pattern: [Int]) {
  var random = SeededRandom(seed: 5)
  let intervals = (0..<200).map { pattern[$0 % pattern.count] + Int(15 * random.value()) }
  #expect(told(beats(intervals)).filter { $0.rhythm == .atrialFibrillation } == [])
}

@Test("ectopic beats at random are no fibrillation, and fibrillation with them is one")
func ectopyIsNoFibrillation() {
  var random = SeededRandom(seed: 6)
  var intervals: [Int] = []
  var classes = ""
  var isAfterEctopic = false
  for _ in 0..<400 {
    let isEctopic = !isAfterEctopic && random.value() > 0.4
    classes += isEctopic ? "V" : "N"
    let noise = Int(20 * random.value())
    intervals.append((isEctopic ? 480 : isAfterEctopic ? 1120 : 800) + noise)
    isAfterEctopic = isEctopic
  }
  #expect(told(beats(intervals, classes)).filter { $0.rhythm == .atrialFibrillation } == [])
  let random400 = (0..<400).map { _ in 650 + Int(260 * random.value()) }
  let fibrillation = told(beats(random400, classes)).filter { $0.rhythm == .atrialFibrillation }
  #expect(fibrillation.count == 1)
}

/// What holds of every stream: a beginning, then an end, never backwards, never told before it happened.
private struct Books {
  var open: [Rhythm: Int64] = [:]
  var last: [Rhythm: Int64] = [:]
  var breaches: [String] = []

  mutating func take(_ change: RhythmChange, at index: Int64) {
    let isOpen = open[change.rhythm] != nil
    if isOpen == change.isOnset { breaches.append("\(change) twice") }
    if let onset = open[change.rhythm], change.sampleIndex <= onset {
      breaches.append("\(change) is empty")
    }
    if change.sampleIndex < last[change.rhythm] ?? .min {
      breaches.append("\(change) is backwards")
    }
    if change.sampleIndex > index { breaches.append("\(change) is told at \(index)") }
    last[change.rhythm] = change.sampleIndex
    open[change.rhythm] = change.isOnset ? change.sampleIndex : nil
  }
}

@Test("any stream: episodes begin, then end, in order; a restart ends them all; nothing allocates")
func booksAreKept() {
  var random = SeededRandom(seed: 9)
  let rhythm = RhythmDetector(sampleRate: sampleRate, rowCount: 2, limits: RhythmLimits())
  var books = Books()
  var seen: Set<Rhythm> = []
  var rate = HeartRate(sampleRate: sampleRate)
  var nextBeat: Int64 = 0
  var interval = 200.0
  var spread = 0.0
  let row = UnsafeMutablePointer<Float>.allocate(capacity: 2)
  defer { row.deallocate() }
  var allocations = 0
  for index in 0..<1_000_000 as Range<Int64> {
    if index % 5000 == 0 {
      interval = 120 + 90 * random.value() + (random.value() > 0.9 ? 900 : 0)
      spread = max(0, random.value())
    }
    var beat: Beat?
    let isWave = index / 5000 % 7 == 3
    if index >= nextBeat && !isWave {
      let beatClass = BeatClass(rawValue: UInt8(abs(random.value()) * 5)) ?? .normal
      beat = Beat(
        sampleIndex: index - 20, isWide: random.value() > 0,
        widthSeconds: Float(0.1 + 0.08 * random.value()),
        beatClass: spread > 0.5 ? .ventricular : beatClass)
      rate.add(beat!)
      nextBeat = index + Int64(interval * (1 + spread * random.value()))
    }
    row[0] = isWave ? 500 * (index / 25 % 2 == 0 ? 1 : -1) : Float(random.value())
    row[1] = index % 977 == 0 ? .nan : row[0]
    let usable: UInt32 = index / 20_000 % 11 == 10 ? 0 : index % 30_000 < 100 ? 2 : 3
    let now = rate.beatsPerMinute(at: index)
    if index % 111_111 == 111_110 { rhythm.restart(at: index) }
    let count = countAllocations {
      _ = rhythm.process(row, usable: usable, beat: beat, heartRate: now, at: index)
    }
    // In the first half whatever is made at its first use is made.
    if index >= 500_000 { allocations += count }
    for position in 0..<rhythm.changeCount {
      seen.insert(rhythm.change(position).rhythm)
      books.take(rhythm.change(position), at: index)
    }
    // What held may hold on for two seconds.
    if usable == 0 && index % 20_000 >= 500 && !books.open.isEmpty {
      books.breaches.append("open without a usable row")
    }
  }
  #expect(books.breaches == [])
  #expect(seen.count >= 8, "\(seen)")
  if allocationsAreCountable { #expect(allocations == 0) }
}

@Test("a restart ends what holds at the sample after the last")
func restartEnds() {
  let rhythm = RhythmDetector(sampleRate: sampleRate, rowCount: 1, limits: RhythmLimits())
  for index in 0..<2000 as Range<Int64> {
    _ = rhythm.process([0], usable: 1, beat: nil, heartRate: nil, at: index)
  }
  rhythm.restart(at: 5000)
  _ = rhythm.process([0], usable: 1, beat: nil, heartRate: nil, at: 5000)
  #expect(rhythm.changeCount == 1)
  #expect(
    rhythm.change(0) == RhythmChange(rhythm: .asystole, isOnset: false, sampleIndex: 2000))
  _ = rhythm.process([0], usable: 1, beat: nil, heartRate: nil, at: 5001)
  #expect(rhythm.changeCount == 0)
}
