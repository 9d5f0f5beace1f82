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
    let (a, b) = (reference.beats, test.beats)
    var i = a.firstIndex { $0.sample >= start } ?? a.count
    var j = b.firstIndex { $0.sample >= start } ?? b.count
    func sample(_ beats: [BeatTrack.LabelledBeat], _ index: Int) -> Int? {
      beats.indices.contains(index) ? beats[index].sample : nil
    }

    if let t = sample(a, i), let last = sample(b, j - 1), t - last <= window,
      t - last < distance(t, sample(b, j))
    {
      pair(a[i], b[j - 1])
      i += 1
    } else if let first = sample(b, j), first - start <= window,
      distance(sample(a, i), sample(b, j + 1)) < distance(sample(a, i), first)
    {
      j += 1
    }

    while true {
      let (t, u) = (sample(a, i), sample(b, j))
      guard min(t ?? .max, u ?? .max) <= end else { return }
      let gap = distance(t, u)
      if let u, u < t ?? .max {
        if gap <= window && gap < distance(t, sample(b, j + 1)) {
          pair(a[i], b[j])
          i += 1
        } else {
          invent(b[j], opposite: i < a.count ? a[i] : nil, reference)
        }
        j += 1
      } else {
        if gap <= window && gap < distance(u, sample(a, i + 1)) {
          pair(a[i], b[j])
          j += 1
        } else {
          miss(a[i], opposite: j < b.count ? b[j] : nil, test)
        }
        i += 1
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

  private func distance(_ a: Int?, _ b: Int?) -> Int {
    guard let a, let b else { return .max }
    return abs(a - b)
  }
}
