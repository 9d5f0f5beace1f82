// Episodes of a rhythm as an annotation file marks them, in samples.

import Recordings

/// Stretches of samples, in order and apart: each from its first sample to the first one after it.
public struct EpisodeTrack: Hashable, Sendable {
  /// The stretches.
  public private(set) var episodes: [Range<Int>] = []

  /// Stretches in any order; those that meet become one.
  public init(_ episodes: [Range<Int>]) {
    let ordered = episodes.sorted { $0.lowerBound < $1.lowerBound }
    for episode in ordered where !episode.isEmpty {
      if let last = self.episodes.last, last.upperBound >= episode.lowerBound {
        self.episodes[self.episodes.count - 1] =
          last.lowerBound..<max(last.upperBound, episode.upperBound)
      } else {
        self.episodes.append(episode)
      }
    }
  }

  /// Samples in all.
  public var duration: Int { episodes.reduce(0) { $0 + $1.count } }

  /// What lies within a period.
  public func clamped(to period: Range<Int>) -> EpisodeTrack {
    EpisodeTrack(episodes.map { $0.clamped(to: period) })
  }

  /// What lies in both.
  public func intersection(_ other: EpisodeTrack) -> EpisodeTrack {
    EpisodeTrack(episodes.flatMap { other.clamped(to: $0).episodes })
  }

  /// What of an episode the other does not cover.
  public func subtracting(_ other: EpisodeTrack) -> EpisodeTrack {
    EpisodeTrack(
      episodes.flatMap { episode in
        var rest: [Range<Int>] = []
        var start = episode.lowerBound
        for hole in other.clamped(to: episode).episodes {
          rest.append(start..<hole.lowerBound)
          start = hole.upperBound
        }
        return rest + [start..<episode.upperBound]
      })
  }

  /// Whether any of an episode is in here.
  func overlaps(_ episode: Range<Int>) -> Bool { !clamped(to: episode).episodes.isEmpty }
}

extension EpisodeTrack {
  /// A rhythm from each mark whose text begins so ("(AFIB") to the next mark of another rhythm, or to the record's end.
  public init(rhythm text: String, in annotations: [Annotation], sampleCount: Int) {
    var episodes: [Range<Int>] = []
    var start: Int?
    for annotation in annotations where annotation.symbol == "+" {
      if annotation.auxiliary.hasPrefix(text) {
        start = start ?? annotation.sample
      } else if let first = start {
        episodes.append(first..<max(first, annotation.sample))
        start = nil
      }
    }
    if let start { episodes.append(start..<max(start, sampleCount)) }
    self.init(episodes)
  }

  /// Ventricular fibrillation and flutter: from each "[" to its "]", or to the record's end.
  public init(fibrillationIn annotations: [Annotation], sampleCount: Int) {
    let track = BeatTrack(annotations, sampleCount: sampleCount, window: 0)
    self.init(track.fibrillation.map { $0.lowerBound..<$0.upperBound })
  }
}
