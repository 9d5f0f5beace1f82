// A rhythm detector that hears beats alone, and what it tells as episodes.

import Recordings
import SignalProcessing

enum RhythmSequence {
  /// What is told of beats, each known 0.2 s after its R peak, on a lead that shows nothing else.
  static func changes(of beats: [Beat], sampleRate: Double) -> [RhythmChange] {
    let rhythm = RhythmDetector(sampleRate: sampleRate, rowCount: 1, limits: RhythmLimits())
    var rate = HeartRate(sampleRate: sampleRate)
    var changes: [RhythmChange] = []
    var next = 0
    let delay = Int64(0.2 * sampleRate)
    for index in 0..<((beats.last?.sampleIndex ?? 0) + 2 * delay) {
      var beat: Beat?
      if next < beats.count, beats[next].sampleIndex + delay <= index {
        beat = beats[next]
        rate.add(beats[next])
        next += 1
      }
      _ = rhythm.process(
        [0], usable: 1, beat: beat, heartRate: rate.beatsPerMinute(at: index), at: index)
      for position in 0..<rhythm.changeCount { changes.append(rhythm.change(position)) }
    }
    return changes
  }

  /// The episodes of a rhythm in seconds.
  static func episodes(
    of rhythm: Rhythm, in changes: [RhythmChange], sampleRate: Double, end: Double
  ) -> [ClosedRange<Double>] {
    var episodes: [ClosedRange<Double>] = []
    var onset: Double?
    for change in changes where change.rhythm == rhythm {
      let seconds = Double(change.sampleIndex) / sampleRate
      if change.isOnset {
        onset = seconds
      } else if let from = onset {
        episodes.append(from...seconds)
        onset = nil
      }
    }
    if let onset { episodes.append(onset...max(onset, end)) }
    return episodes
  }

  /// The annotators' beats with their classes; fusion beats count as conducted.
  static func beats(_ annotations: [Annotation]) -> [Beat] {
    annotations.filter(\.isBeat).map { annotation in
      let beatClass: BeatClass =
        switch annotation.symbol {
        case "V", "E": .ventricular
        case "A", "a", "J", "S": .supraventricular
        case "/", "f": .paced
        case "Q": .unclassifiable
        default: .normal
        }
      return Beat(sampleIndex: Int64(annotation.sample), isWide: false, beatClass: beatClass)
    }
  }

  /// Seconds that two lists of episodes have in common.
  static func overlap(_ a: [ClosedRange<Double>], _ b: [ClosedRange<Double>]) -> Double {
    a.reduce(0) { sum, first in
      b.reduce(sum) { sum, second in
        sum
          + max(
            0, min(first.upperBound, second.upperBound) - max(first.lowerBound, second.lowerBound))
      }
    }
  }

  /// Seconds of all episodes together.
  static func duration(_ episodes: [ClosedRange<Double>]) -> Double {
    episodes.reduce(0) { $0 + $1.upperBound - $1.lowerBound }
  }
}
