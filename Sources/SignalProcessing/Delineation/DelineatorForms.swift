// Beats sorted by the form of their complexes, and aligned with the first of their form: what can be averaged.

import Glibc

/// A beat among others of its form.
struct AlignedBeat: BitwiseCopyable {
  /// The caller's sample.
  var given: Int
  /// The sample on which the form is aligned.
  var centre: Int
  /// Which form; nil where the buffer cuts the complex.
  var form: Int?
}

/// Sorts the beats of a buffer. Owns its buffers.
final class DelineatorForms {
  /// Half the stretch that is compared.
  private static let reachSeconds = 0.12
  /// A complex is sought so far from where the caller said.
  private static let centreSeconds = 0.1
  private static let lagSeconds = 0.03
  /// Complexes of one form correlate at least so much, all rows together.
  private static let correlationMin: Float = 0.85
  private static let apartSeconds = 0.15
  /// Every second sample is compared at 500 Hz.
  private static let comparedHertz = 250.0

  let beats: UnsafeMutablePointer<AlignedBeat>
  private(set) var beatCount = 0
  private(set) var formCount = 0
  /// The form of most beats.
  private(set) var dominant = 0

  private let sampleRate: Double
  private let beatCountMax: Int
  private let leaders: UnsafeMutablePointer<Int>
  private let memberCounts: UnsafeMutablePointer<Int>
  private let reach: Int
  private let lag: Int
  private let compared: Int

  init(sampleRate: Double, beatCountMax: Int) {
    self.sampleRate = sampleRate
    self.beatCountMax = beatCountMax
    reach = Int(Self.reachSeconds * sampleRate)
    lag = Int(Self.lagSeconds * sampleRate)
    compared = max(1, Int(sampleRate / Self.comparedHertz))
    beats = .allocate(capacity: beatCountMax)
    beats.initialize(
      repeating: AlignedBeat(given: 0, centre: 0, form: nil), count: beatCountMax)
    leaders = .allocate(capacity: beatCountMax)
    leaders.initialize(repeating: 0, count: beatCountMax)
    memberCounts = .allocate(capacity: beatCountMax)
    memberCounts.initialize(repeating: 0, count: beatCountMax)
  }

  deinit {
    beats.deallocate()
    leaders.deallocate()
    memberCounts.deallocate()
  }

  func memberCount(_ form: Int) -> Int { memberCounts[form] }

  /// Sorts the beats at `samples`, ascending; what is not within the rows or too near the one before is left
  /// out.
  func sort(_ samples: UnsafeBufferPointer<Int>, in rows: DelineatorRows) {
    beatCount = 0
    formCount = 0
    dominant = 0
    for sample in samples where sample >= 0 && sample < rows.sampleCount {
      if beatCount == beatCountMax { break }
      let isApart =
        beatCount == 0
        || Double(sample &- beats[beatCount &- 1].given) >= Self.apartSeconds * sampleRate
      guard isApart else { continue }
      beats[beatCount] = AlignedBeat(given: sample, centre: sample, form: nil)
      beatCount &+= 1
    }
    for beat in 0..<beatCount { place(beat, in: rows) }
    for form in 0..<formCount where memberCounts[form] > memberCounts[dominant] { dominant = form }
  }

  private func place(_ beat: Int, in rows: DelineatorRows) {
    let margin = reach &+ lag
    let centre = centre(of: beats[beat].given, in: rows)
    guard centre >= margin, centre < rows.sampleCount &- margin else { return }
    var best: (correlation: Float, form: Int, centre: Int) = (
      Self.correlationMin, formCount, centre
    )
    for form in 0..<formCount {
      let leader = beats[leaders[form]].centre
      for shift in -lag...lag {
        let correlation = correlation(leader, centre &+ shift, in: rows)
        if correlation > best.correlation { best = (correlation, form, centre &+ shift) }
      }
    }
    if best.form == formCount {
      leaders[formCount] = beat
      memberCounts[formCount] = 0
      formCount &+= 1
    }
    memberCounts[best.form] &+= 1
    beats[beat].form = best.form
    beats[beat].centre = best.centre
  }

  /// The centre of gravity of the squared slopes: the same place in complexes of the same form, wherever
  /// their peak was seen.
  private func centre(of given: Int, in rows: DelineatorRows) -> Int {
    let reach = Int(Self.centreSeconds * sampleRate)
    let half = max(1, Int(0.008 * sampleRate))
    var centre = given
    for _ in 0..<2 {
      let first = max(half, centre &- reach)
      let end = min(rows.sampleCount &- half, centre &+ reach)
      var (sum, moment): (Float, Float) = (0, 0)
      var sample = first
      while sample < end {
        var energy: Float = 0
        for row in 0..<rows.rowCount {
          let values = rows.row(row) + sample
          let change = values[half] - values[-half]
          energy += change * change
        }
        sum += energy
        moment += energy * Float(sample &- first)
        sample &+= 1
      }
      if sum > 0 { centre = first &+ Int((moment / sum).rounded()) }
    }
    return centre
  }

  /// Correlation of two stretches over all rows, each row's mean removed.
  private func correlation(_ a: Int, _ b: Int, in rows: DelineatorRows) -> Float {
    var (ab, aa, bb): (Float, Float, Float) = (0, 0, 0)
    for row in 0..<rows.rowCount where rows.isUsable(row) {
      let first = rows.row(row) + (a &- reach)
      let second = rows.row(row) + (b &- reach)
      var (sumA, sumB, sumAB, sumAA, sumBB): (Float, Float, Float, Float, Float) = (0, 0, 0, 0, 0)
      var place = 0
      var count: Float = 0
      while place < 2 &* reach {
        let (x, y) = (first[place], second[place])
        sumA += x
        sumB += y
        sumAB += x * y
        sumAA += x * x
        sumBB += y * y
        count += 1
        place &+= compared
      }
      ab += sumAB - sumA * sumB / count
      aa += sumAA - sumA * sumA / count
      bb += sumBB - sumB * sumB / count
    }
    let scale = (max(aa, 0) * max(bb, 0)).squareRoot()
    return scale > 0 ? ab / scale : 0
  }
}
