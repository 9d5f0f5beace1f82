// Two annotators beat by beat, by the rules of ANSI/AAMI EC57 as WFDB's `bxb` carries them out: the eval0.tex and
// bxb(1) of the WFDB Applications Guide give the definitions, app/bxb.c decides where words leave room.

/// The result of comparing a test annotator with a reference.
public struct BeatComparison: Hashable, Sendable {
  /// EC57's match window: annotations this far apart may still be of one beat.
  public static let windowSeconds = 0.15

  /// The match window in samples.
  public static func window(sampleRate: Double) -> Int {
    Int((windowSeconds * sampleRate).rounded())
  }

  /// Pairs of labels.
  public private(set) var confusion = ConfusionMatrix()
  /// Sum of the squared differences of the RR intervals, in samples squared, and how many there were.
  public private(set) var intervalErrorSquares = 0.0
  public private(set) var intervalCount = 0
  /// Samples of the reference's beats that were missed, and of detections that are no beats.
  public private(set) var missed: [Int] = []
  public private(set) var invented: [Int] = []

  /// Compares the beats from sample `start` to `end`, which is part of the test period.
  ///
  /// Of two candidates within `window` samples the nearer makes the pair. At the start of the period the last beat of
  /// the learning period may still be the pair of the first reference beat, and a first test beat that belongs to a
  /// reference beat of the learning period is passed over.
  public init(reference: BeatTrack, test: BeatTrack, start: Int, end: Int, window: Int) {
    var expected = Cursor(reference.beats, from: start)
    var told = Cursor(test.beats, from: start)
    if let beat = expected.beat, let last = told.previous, beat.sample - last.sample <= window,
      beat.sample - last.sample < distance(beat, told.beat)
    {
      pair(beat, last)
      expected.advance()
    } else if let first = told.beat, first.sample - start <= window,
      distance(expected.beat, told.next) < distance(expected.beat, first)
    {
      told.advance()
    }

    while min(expected.sample, told.sample) <= end {
      let gap = distance(expected.beat, told.beat)
      let toldIsFirst = told.sample < expected.sample
      let rival =
        toldIsFirst ? distance(expected.beat, told.next) : distance(told.beat, expected.next)
      if let a = expected.beat, let b = told.beat, gap <= window && gap < rival {
        pair(a, b)
        expected.advance()
        told.advance()
      } else if toldIsFirst, let beat = told.beat {
        invent(beat, opposite: expected.beat, reference)
        told.advance()
      } else if let beat = expected.beat {
        miss(beat, opposite: told.beat, test)
        expected.advance()
      }
    }
  }

  /// Root mean square difference of the RR intervals in milliseconds, nil where there was none. As in `bxb` it is taken
  /// at every pair, and where a beat was missed or invented between the intervals that end next: so it punishes both.
  public func intervalErrorMilliseconds(sampleRate: Double) -> Double? {
    guard intervalCount > 0 else { return nil }
    return (intervalErrorSquares / Double(intervalCount)).squareRoot() * 1000 / sampleRate
  }

  private mutating func pair(
    _ reference: BeatTrack.LabelledBeat, _ test: BeatTrack.LabelledBeat
  ) {
    confusion[reference.label, test.label] += 1
    addIntervals(reference, test)
  }

  private mutating func miss(
    _ beat: BeatTrack.LabelledBeat, opposite: BeatTrack.LabelledBeat?, _ test: BeatTrack
  ) {
    confusion[beat.label, test.absence(at: beat.sample)] += 1
    missed.append(beat.sample)
    addIntervals(beat, opposite)
  }

  /// A detection while the reference marks fibrillation is not counted at all.
  private mutating func invent(
    _ beat: BeatTrack.LabelledBeat, opposite: BeatTrack.LabelledBeat?, _ reference: BeatTrack
  ) {
    addIntervals(opposite, beat)
    if reference.isFibrillating(at: beat.sample) { return }
    confusion[reference.absence(at: beat.sample), beat.label] += 1
    invented.append(beat.sample)
  }

  private mutating func addIntervals(
    _ reference: BeatTrack.LabelledBeat?, _ test: BeatTrack.LabelledBeat?
  ) {
    guard let a = reference?.interval, let b = test?.interval, a > 0, b > 0 else { return }
    intervalErrorSquares += Double(a - b) * Double(a - b)
    intervalCount += 1
  }

  private func distance(_ a: BeatTrack.LabelledBeat?, _ b: BeatTrack.LabelledBeat?) -> Int {
    guard let a, let b else { return .max }
    return abs(a.sample - b.sample)
  }
}

/// A place in one annotator's beats.
private struct Cursor {
  private let beats: [BeatTrack.LabelledBeat]
  private var index: Int

  /// Stands at the first beat at or after a sample.
  init(_ beats: [BeatTrack.LabelledBeat], from start: Int) {
    self.beats = beats
    index = beats.firstIndex { $0.sample >= start } ?? beats.count
  }

  var previous: BeatTrack.LabelledBeat? { index > 0 ? beats[index - 1] : nil }
  var beat: BeatTrack.LabelledBeat? { index < beats.count ? beats[index] : nil }
  var next: BeatTrack.LabelledBeat? { index + 1 < beats.count ? beats[index + 1] : nil }
  /// Later than everything behind the last beat.
  var sample: Int { beat?.sample ?? .max }

  mutating func advance() { index += 1 }
}
