// The beat comparison against examples worked out by hand and properties that any scorer must have.

import Recordings
import TestSupport
import Testing

@testable import Evaluation

/// True positives, false positives, false negatives.
private func counts(_ comparison: BeatComparison) -> [Int] {
  let confusion = comparison.confusion
  return [confusion.truePositives, confusion.falsePositives, confusion.falseNegatives]
}

@Suite struct BeatComparisonTests {
  @Test("150 ms apart is a pair, one sample more is a miss and an invention")
  func windowEdges() {
    for offset in [-150, 150] {
      #expect(counts(compare(beats([1000]), beats([1000 + offset]))) == [1, 0, 0])
    }
    for offset in [-151, 151] {
      let comparison = compare(beats([1000]), beats([1000 + offset]))
      #expect(counts(comparison) == [0, 1, 1])
      #expect(comparison.missed == [1000] && comparison.invented == [1000 + offset])
    }
  }

  @Test("of two candidates the nearer makes the pair, on either side")
  func nearest() {
    let two = compare(beats([1000]), beats([900, 1020]))
    #expect(counts(two) == [1, 1, 0] && two.invented == [900])
    let late = compare(beats([1000]), beats([980, 1100]))
    #expect(counts(late) == [1, 1, 0] && late.invented == [1100])
    // The detection belongs to the second beat, so the first was missed.
    let contested = compare(beats([1000, 1200]), beats([1140]))
    #expect(counts(contested) == [1, 0, 1] && contested.missed == [1000])
  }

  @Test("the learning period: a pair across its end counts, what belongs to it does not")
  func learningPeriod() {
    #expect(counts(compare(beats([100, 1100]), beats([100, 1100]), start: 1000)) == [1, 0, 0])
    // The detection just before the end of learning is that of the first beat after it.
    #expect(counts(compare(beats([1050, 2000]), beats([950, 2000]), start: 1000)) == [2, 0, 0])
    // And the one just after is that of the last beat within it.
    #expect(counts(compare(beats([950, 2000]), beats([1050, 2000]), start: 1000)) == [1, 0, 0])
  }

  @Test("the period's end is part of it, what lies behind is not")
  func periodEnd() {
    let comparison = compare(beats([1000, 2000, 3000]), beats([1000, 2000]), end: 2000)
    #expect(counts(comparison) == [2, 0, 0])
  }

  @Test(
    "marked fibrillation: no beat of it is missed, none invented, and intervals across it are none")
  func fibrillation() {
    let reference =
      beats([1000, 2000]) + mark(2500, "[") + beats([3000], "!") + mark(5000, "]")
      + beats([5400, 6400])
    let track = BeatTrack(reference, sampleCount: 10_000, window: window)
    #expect(track.fibrillation == [2500...5000])
    #expect(track.beats.map(\.interval) == [0, 1000, 0, 1000])
    let test = beats([1000, 2000, 2700, 3300, 4100, 5400, 6400])
    #expect(counts(compare(reference, test)) == [4, 0, 0])
    // What the test annotator finds in its own fibrillation is not a beat of it.
    #expect(counts(compare(test, reference)) == [4, 0, 3])
  }

  @Test("fibrillation without an end lasts to the end of the record")
  func openFibrillation() {
    let reference = beats([1000]) + mark(1500, "[")
    #expect(counts(compare(reference, beats([1000, 2000, 3000]))) == [1, 0, 0])
  }

  @Test("beats missed in shutdown are missed, and told apart")
  func shutdown() {
    let test =
      beats([1000]) + mark(1500, "~", subtype: -1) + mark(3500, "~") + beats([4000])
    let comparison = compare(beats([1000, 2000, 3000, 4000, 5000]), test)
    #expect(counts(comparison) == [2, 0, 3])
    #expect(comparison.confusion.missedInShutdown == 2)
    #expect(comparison.confusion[.normal, .shutdown] == 2)
    // Noise in one signal is no shutdown.
    let noise = beats([1000]) + mark(1500, "~", subtype: 3) + mark(3500, "~") + beats([4000])
    #expect(compare(beats([1000, 2000, 4000]), noise).confusion.missedInShutdown == 0)
  }

  @Test(
    "a single mark within a shutdown, as the AHA database has it, stretches to the beats beside it")
  func singleShutdownMark() {
    let annotations = beats([1000]) + mark(2000, "~", subtype: 0x33) + beats([3000])
    let track = BeatTrack(annotations, sampleCount: 9000, window: window)
    #expect(track.shutdowns == [1150...2850])
    let open = BeatTrack(mark(2000, "~", subtype: -1), sampleCount: 9000, window: window)
    #expect(open.shutdowns == [2000...9000])
  }

  @Test("the error of RR intervals is their root mean square difference")
  func intervalError() {
    // Intervals 1000, 1000 against 1010, 990.
    let comparison = compare(beats([1000, 2000, 3000]), beats([1000, 2010, 3000]))
    #expect(comparison.intervalCount == 2)
    #expect(comparison.intervalErrorMilliseconds(sampleRate: rate) == 10)
    #expect(comparison.intervalErrorMilliseconds(sampleRate: 500) == 20)
    #expect(compare(beats([1000]), beats([1000])).intervalErrorMilliseconds(sampleRate: 1) == nil)
  }

  @Test("a perfect annotator is perfect; deletions, insertions and shifts are counted exactly")
  func properties() {
    var random = SeededRandom(seed: 57)
    for _ in 0..<200 {
      let reference = randomBeats(60, &random)
      let deleted = Set(
        reference.shuffled(using: &random).prefix(Int.random(in: 0...20, using: &random)))
      // Halfway between two beats that stay far enough from both.
      let inserted = zip(reference, reference.dropFirst()).filter { $1 - $0 > 400 }
        .shuffled(using: &random).prefix(Int.random(in: 0...20, using: &random))
        .map { ($0 + $1) / 2 }
      let shifted = reference.filter { !deleted.contains($0) }.map {
        $0 + Int.random(in: -150...150, using: &random)
      }
      let test = (shifted + inserted).sorted()
      let comparison = compare(beats(reference), beats(test))
      let kept = reference.count - deleted.count
      #expect(counts(comparison) == [kept, inserted.count, deleted.count])
      let perfect = compare(beats(reference), beats(reference)).confusion
      #expect(perfect.qrsSensitivity == 100 && perfect.qrsPositivePredictivity == 100)
      // Who is the reference does not matter for who is paired with whom.
      let swapped = counts(compare(beats(test), beats(reference)))
      #expect(swapped == [kept, deleted.count, inserted.count])
    }
  }

  @Test("no order of beats, however crowded, pairs one twice or loses one")
  func crowded() {
    var random = SeededRandom(seed: 58)
    for _ in 0..<500 {
      func crowd() -> [Int] {
        (0..<40).map { _ in Int.random(in: 0..<6000, using: &random) }.sorted()
      }
      let (a, b) = (crowd(), crowd())
      let confusion = compare(beats(a), beats(b), start: 0, end: 6000).confusion
      #expect(confusion.truePositives + confusion.falseNegatives == a.count)
      // A first detection that belongs to nothing may be passed over.
      #expect((b.count - 1...b.count).contains(confusion.truePositives + confusion.falsePositives))
    }
  }
}
