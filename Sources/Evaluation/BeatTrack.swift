// What an annotation file says of beats, in the form in which two of them are compared: labelled beats in order,
// and the stretches in which the annotator marked fibrillation or did not analyse.

import Recordings

/// The beats of one annotator.
public struct BeatTrack: Sendable {
  /// A beat with its label.
  public struct LabelledBeat: Hashable, Sendable {
    /// Its sample.
    public var sample: Int
    /// What the annotator calls it.
    public var label: BeatLabel
    /// Samples since the beat before; 0 for the first, and where fibrillation or a shutdown began in between.
    public var interval: Int
  }

  /// The beats outside ventricular fibrillation and flutter, in order.
  public private(set) var beats: [LabelledBeat] = []
  /// From each "[" to its "]", or to the record's end.
  public private(set) var fibrillation: [ClosedRange<Int>] = []
  /// Stretches without analysis.
  public private(set) var shutdowns: [ClosedRange<Int>] = []

  /// Whether any beat is paced or a fusion with a paced one: EC57 reports such records apart.
  public private(set) var hasPacedBeats = false

  private var lastBreak = -1

  /// Reads annotations, which are in the order of their samples.
  ///
  /// A shutdown begins with a noise mark whose subtype has bits 4 and 5 and ends with one that lacks either (bxb(1)).
  /// A beginning that any other annotation follows is the AHA database's single mark: that shutdown lasts from
  /// `window` samples after the annotation before to `window` samples before the next.
  public init(_ annotations: [Annotation], sampleCount: Int, window: Int) {
    var fibrillationStart: Int?
    var previous = 0
    for (position, annotation) in annotations.enumerated() {
      let sample = annotation.sample
      if let start = fibrillationStart {
        guard annotation.symbol == "]" else { continue }
        fibrillation.append(start...max(start, sample))
        fibrillationStart = nil
        previous = sample
      } else if annotation.symbol == "[" {
        fibrillationStart = sample
        lastBreak = sample
      } else if annotation.beginsShutdown {
        let next = position + 1 < annotations.count ? annotations[position + 1] : nil
        addShutdown(at: sample, after: previous, next: next, end: sampleCount, window: window)
      } else if let label = BeatLabel(annotation) {
        append(sample, label)
        if annotation.symbol == "/" || annotation.symbol == "f" { hasPacedBeats = true }
        previous = sample
      }
    }
    if let start = fibrillationStart { fibrillation.append(start...max(start, sampleCount)) }
  }

  private mutating func append(_ sample: Int, _ label: BeatLabel) {
    var interval = 0
    if let last = beats.last, lastBreak < last.sample { interval = sample - last.sample }
    beats.append(LabelledBeat(sample: sample, label: label, interval: interval))
  }

  private mutating func addShutdown(
    at sample: Int, after previous: Int, next: Annotation?, end: Int, window: Int
  ) {
    lastBreak = sample
    guard let next else {
      shutdowns.append(sample...max(sample, end))
      return
    }
    if next.isNoise && !next.beginsShutdown {
      shutdowns.append(sample...max(sample, next.sample))
    } else {
      let last = next.sample - window
      shutdowns.append(min(previous + window, last)...last)
    }
  }

  /// Whether a sample lies in marked fibrillation.
  func isFibrillating(at sample: Int) -> Bool { fibrillation.contains { $0.contains(sample) } }

  /// What stands opposite the other annotator's beat where this one has none.
  func absence(at sample: Int) -> BeatLabel {
    shutdowns.contains { $0.contains(sample) } ? .shutdown : .none
  }
}

extension Annotation {
  /// Bits 4 and 5 of a noise mark's subtype: the first and the second signal are unreadable.
  private static let unreadable: Int8 = 0x30

  /// Whether it tells of noise ("~").
  var isNoise: Bool { symbol == "~" }

  /// Whether it says that nothing is analysed from here on.
  var beginsShutdown: Bool { isNoise && subtype & Self.unreadable == Self.unreadable }
}
