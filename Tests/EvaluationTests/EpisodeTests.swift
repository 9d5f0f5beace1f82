// Episodes and heart rates against examples worked out by hand, and sets of samples against an oracle that looks at
// every sample.

import Recordings
import TestSupport
import Testing

@testable import Evaluation

private func rhythm(_ marks: [(Int, String)]) -> [Annotation] {
  marks.flatMap { mark($0.0, "+", $0.1) }
}

private func compareEpisodes(
  _ reference: [Range<Int>], _ test: [Range<Int>], excluded: [Range<Int>] = [],
  period: Range<Int> = 0..<100_000
) -> EpisodeComparison {
  EpisodeComparison(
    reference: EpisodeTrack(reference), test: EpisodeTrack(test), excluded: EpisodeTrack(excluded),
    period: period, sampleRate: rate)
}

@Suite struct EpisodeTests {
  @Test("an episode lasts from its mark to the next of another rhythm, or to the record's end")
  func rhythmMarks() {
    let marks = rhythm([
      (0, "(N"), (1000, "(AFIB"), (2000, "(AFIB"), (3000, "(VT"), (3500, "(N"), (8000, "(AFIB"),
    ])
    let track = EpisodeTrack(rhythm: "(AFIB", in: marks, sampleCount: 9000)
    #expect(track.episodes == [1000..<3000, 8000..<9000])
    #expect(track.duration == 3000)
    let flutter = mark(100, "[") + mark(600, "]") + mark(8000, "[")
    #expect(
      EpisodeTrack(fibrillationIn: flutter, sampleCount: 9000).episodes == [100..<600, 8000..<9000])
  }

  @Test("any overlap makes an episode true; durations count what both say")
  func overlap() {
    let comparison = compareEpisodes(
      [10_000..<20_000, 40_000..<50_000, 70_000..<71_000],
      [12_000..<15_000, 18_000..<25_000, 49_000..<52_000, 90_000..<91_000])
    #expect(comparison.referenceEpisodes == 3 && comparison.foundEpisodes == 2)
    #expect(comparison.testEpisodes == 4 && comparison.trueEpisodes == 3)
    #expect(comparison.referenceSeconds == 21 && comparison.testSeconds == 14)
    #expect(comparison.commonSeconds == 6)
    #expect(comparison.episodeSensitivity == 100 * 2 / 3.0)
    #expect(comparison.episodePositivePredictivity == 75)
    #expect(comparison.durationSensitivity == 100 * 6 / 21.0)
    #expect(comparison.durationPositivePredictivity == 100 * 6 / 14.0)
  }

  @Test(
    "what lies in the learning period does not count, what reaches into the test period does in part"
  )
  func learning() {
    let comparison = compareEpisodes(
      [1000..<2000, 4000..<7000], [6000..<7000], period: 5000..<10_000)
    #expect(comparison.referenceEpisodes == 1 && comparison.referenceSeconds == 2)
    #expect(comparison.durationSensitivity == 50 && comparison.durationPositivePredictivity == 100)
  }

  @Test("what is told during flutter is neither rewarded nor punished")
  func flutter() {
    let comparison = compareEpisodes(
      [10_000..<20_000], [15_000..<40_000, 50_000..<60_000, 81_000..<82_000],
      excluded: [20_000..<30_000, 45_000..<70_000])
    // The second lies in flutter altogether.
    #expect(comparison.testEpisodes == 2 && comparison.trueEpisodes == 1)
    #expect(comparison.testSeconds == 5 + 10 + 1 && comparison.commonSeconds == 5)
  }

  @Test("without episodes there are no figures, and sums are sums")
  func sums() {
    #expect(compareEpisodes([], []).episodeSensitivity == nil)
    #expect(compareEpisodes([], []).durationPositivePredictivity == nil)
    var sum = compareEpisodes([0..<1000], [0..<500])
    sum += compareEpisodes([0..<1000], [])
    #expect(sum.episodeSensitivity == 50 && sum.durationSensitivity == 25)
    #expect(sum.durationPositivePredictivity == 100)
  }

  @Test("sets of stretches agree with sets of samples")
  func oracle() {
    var random = SeededRandom(seed: 5)
    for _ in 0..<300 {
      func stretches() -> [Range<Int>] {
        (0..<Int.random(in: 0...6, using: &random)).map { _ in
          let start = Int.random(in: 0..<60, using: &random)
          return start..<start + Int.random(in: 0...20, using: &random)
        }
      }
      let (a, b) = (EpisodeTrack(stretches()), EpisodeTrack(stretches()))
      func samples(_ track: EpisodeTrack) -> Set<Int> { Set(track.episodes.joined()) }
      #expect(samples(a.intersection(b)) == samples(a).intersection(samples(b)))
      #expect(samples(a.subtracting(b)) == samples(a).subtracting(samples(b)))
      #expect(a.duration == samples(a).count)
      #expect(zip(a.episodes, a.episodes.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
    }
  }
}

@Suite struct HeartRateComparisonTests {
  private func compareRates(_ reference: [Float?], _ test: [Float?], period: Range<Int> = 0..<9999)
    -> HeartRateComparison
  {
    HeartRateComparison(
      reference: reference, test: test, period: period, without: EpisodeTrack([2000..<3000]),
      sampleRate: rate)
  }

  @Test("the error is the root mean square in percent of the mean; fibrillation is left out")
  func error() {
    let comparison = compareRates([60, 80, 999, 60, nil, 70], [63, 76, 0, nil, 50, 70])
    #expect(comparison.seconds == 3 && comparison.unknownSeconds == 1)
    #expect(comparison.referenceMean == 70)
    let rootMeanSquare = (25 / 3.0).squareRoot()
    #expect(comparison.errorPercent.map { abs($0 - 100 * rootMeanSquare / 70) < 1e-9 } == true)
    #expect(compareRates([60], [60], period: 1..<2).errorPercent == nil)
  }

  @Test("beats a second apart are 60 a minute from the second beat on")
  func rates() {
    let rates = HeartRateComparison.rates(
      ofBeatsAt: [500, 1500, 2500, 3500], sampleRate: rate, sampleCount: 4000)
    #expect(rates == [nil, nil, 60, 60, 60])
  }
}
