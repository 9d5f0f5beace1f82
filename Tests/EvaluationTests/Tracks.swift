// Annotation tracks for tests, made up and found.

import Recordings
import TestSupport

@testable import Evaluation

/// Rate of the made-up tracks: a millisecond a sample.
let rate = 1000.0
/// The match window at that rate.
let window = 150

/// A beat of each kind by its symbol.
func beats(_ samples: [Int], _ symbol: String = "N") -> [Annotation] {
  samples.compactMap { Annotation(sample: $0, symbol: symbol) }
}

/// One mark that is no beat.
func mark(_ sample: Int, _ symbol: String, subtype: Int8 = 0, _ text: String = "") -> [Annotation] {
  [Annotation(sample: sample, symbol: symbol, subtype: subtype, auxiliary: text)].compactMap(\.self)
}

/// A comparison of made-up annotations, from the start unless said otherwise.
func compare(
  _ reference: [Annotation], _ test: [Annotation], start: Int = 0, end: Int = 1_000_000
) -> BeatComparison {
  func track(_ annotations: [Annotation]) -> BeatTrack {
    BeatTrack(annotations.sorted { $0.sample < $1.sample }, sampleCount: end, window: window)
  }
  return BeatComparison(
    reference: track(reference), test: track(test), start: start, end: end, window: window)
}

/// Beats at intervals of 500 to 1200 samples, from 1000 on.
func randomBeats(_ count: Int, _ random: inout SeededRandom) -> [Int] {
  var sample = 400
  return (0..<count).map { _ in
    sample += Int.random(in: 500...1200, using: &random)
    return sample
  }
}
