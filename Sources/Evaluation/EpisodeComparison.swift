// Two annotators episode by episode, by the rules of ANSI/AAMI EC57 as WFDB's epicmp(1) states them.

/// Episodes of one rhythm compared, or the sum of such comparisons.
public struct EpisodeComparison: Hashable, Sendable {
  /// Episodes of the reference, and those of them that the test annotator touches.
  public private(set) var referenceEpisodes = 0
  public private(set) var foundEpisodes = 0
  /// Episodes of the test annotator, and those of them that the reference touches.
  public private(set) var testEpisodes = 0
  public private(set) var trueEpisodes = 0
  /// Seconds of the reference's episodes, of the test annotator's, and of both at once.
  public private(set) var referenceSeconds = 0.0
  public private(set) var testSeconds = 0.0
  public private(set) var commonSeconds = 0.0

  /// Nothing compared.
  public init() {}

  /// Compares episodes within a test period. Any overlap makes an episode a true one; what the test annotator says in
  /// `excluded` stretches (atrial flutter, for fibrillation) is neither rewarded nor punished.
  public init(
    reference: EpisodeTrack, test: EpisodeTrack, excluded: EpisodeTrack, period: Range<Int>,
    sampleRate: Double
  ) {
    let reference = reference.clamped(to: period)
    let told = test.clamped(to: period).episodes.filter {
      !EpisodeTrack([$0]).subtracting(excluded).episodes.isEmpty
    }
    let test = EpisodeTrack(told).subtracting(excluded)
    referenceEpisodes = reference.episodes.count
    foundEpisodes = reference.episodes.count(where: test.overlaps)
    testEpisodes = told.count
    trueEpisodes = told.count(where: reference.overlaps)
    referenceSeconds = Double(reference.duration) / sampleRate
    testSeconds = Double(test.duration) / sampleRate
    commonSeconds = Double(reference.intersection(test).duration) / sampleRate
  }

  /// Adds another's counts and durations.
  public static func += (sum: inout EpisodeComparison, other: EpisodeComparison) {
    sum.referenceEpisodes += other.referenceEpisodes
    sum.foundEpisodes += other.foundEpisodes
    sum.testEpisodes += other.testEpisodes
    sum.trueEpisodes += other.trueEpisodes
    sum.referenceSeconds += other.referenceSeconds
    sum.testSeconds += other.testSeconds
    sum.commonSeconds += other.commonSeconds
  }

  /// Percent of the reference's episodes that were found.
  public var episodeSensitivity: Double? { percent(foundEpisodes, referenceEpisodes) }
  /// Percent of the test annotator's episodes that are true.
  public var episodePositivePredictivity: Double? { percent(trueEpisodes, testEpisodes) }
  /// Percent of the time in the reference's episodes that was found.
  public var durationSensitivity: Double? {
    referenceSeconds > 0 ? 100 * commonSeconds / referenceSeconds : nil
  }
  /// Percent of the time in the test annotator's episodes that is true.
  public var durationPositivePredictivity: Double? {
    testSeconds > 0 ? 100 * commonSeconds / testSeconds : nil
  }
}
