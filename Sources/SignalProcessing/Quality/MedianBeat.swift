// The usual beat of eight leads: the last beats laid over each other by the middle of their QRS, and the median of
// each point.

import Glibc

/// Gathers beats from a stream of eight leads at once, a SIMD lane a lead. Allocates only at `init`; takes any
/// input. One thread.
final class MedianBeat {
  /// Points of the grid before and behind the middle of QRS: -260 to 420 ms, 4 ms apart.
  static let pointsBefore = 65
  static let pointCount = 171
  private static let pointSeconds = 0.004
  private static let beatsMax = 16
  private static let beatsMin = 3
  private static let ringSeconds = 4.0
  /// No electrode gives more than a volt; beyond, the sums would leave Float's range.
  private static let largestMicrovolts: Float = 1e6

  private let sampleRate: Double
  private let ringCount: Int
  private let ring: UnsafeMutablePointer<SIMD8<Float>>
  /// Beats by place: `[beat][point]`.
  private let beats: UnsafeMutablePointer<SIMD8<Float>>
  private let sorted: UnsafeMutablePointer<SIMD8<Float>>
  /// The median beat in microvolts, `[point]`, each lead without its baseline before QRS.
  let points: UnsafeMutablePointer<SIMD8<Float>>
  private let half: Int
  private let span: Int
  private var index: Int64 = 0
  private var beatCount = 0
  private var waiting = InlineArray<4, Int64>(repeating: .min)

  /// - Parameter sampleRate: 100 to 2000 Hz.
  init(sampleRate: Double) {
    self.sampleRate = sampleRate
    ringCount = Int((Self.ringSeconds * sampleRate).rounded())
    half = Int((0.08 * sampleRate).rounded())
    span = max(1, Int((0.006 * sampleRate).rounded()))
    ring = .allocate(capacity: ringCount)
    ring.initialize(repeating: SIMD8(repeating: .nan), count: ringCount)
    beats = .allocate(capacity: Self.beatsMax * Self.pointCount)
    beats.initialize(repeating: .zero, count: Self.beatsMax * Self.pointCount)
    sorted = .allocate(capacity: Self.beatsMax)
    sorted.initialize(repeating: .zero, count: Self.beatsMax)
    points = .allocate(capacity: Self.pointCount)
    points.initialize(repeating: .zero, count: Self.pointCount)
  }

  deinit {
    ring.deallocate()
    beats.deallocate()
    sorted.deallocate()
    points.deallocate()
  }

  /// Points of the grid from one time to another, in seconds from the middle of QRS, the end not counted.
  static func stretch(_ start: Double, _ end: Double) -> Range<Int> {
    func point(_ seconds: Double) -> Int {
      Int((seconds / pointSeconds).rounded(.toNearestOrEven)) + pointsBefore
    }
    return point(start)..<point(end)
  }

  /// The next sample is `index`; nothing is known of the heart.
  func restart(at index: Int64) {
    self.index = index
    beatCount = 0
    waiting = InlineArray(repeating: .min)
    ring.update(repeating: SIMD8(repeating: .nan), count: ringCount)
  }

  /// Takes one sample of the eight leads in microvolts, NaN where nothing was measured.
  func push(_ leads: SIMD8<Float>) {
    let limit = SIMD8(repeating: Self.largestMicrovolts)
    ring[slot(index)] = .smaller(.larger(leads, -limit), limit)
    index &+= 1
    let reach = Int64(0.65 * sampleRate)
    for place in 0..<4 where waiting[place] != .min && waiting[place] &+ reach < index {
      take(waiting[place])
      waiting[place] = .min
    }
  }

  /// A beat was found at a sample, within 80 ms.
  func add(_ beat: Int64) {
    for place in 0..<4 where waiting[place] == .min {
      waiting[place] = beat
      return
    }
  }

  /// Finds the median of the beats so far; false while there are fewer than three.
  func find() -> Bool {
    for place in 0..<4 where waiting[place] != .min { take(waiting[place]) }
    waiting = InlineArray(repeating: .min)
    let count = min(beatCount, Self.beatsMax)
    guard count >= Self.beatsMin else { return false }
    for point in 0..<Self.pointCount {
      for beat in 0..<count { sorted[beat] = beats[beat &* Self.pointCount &+ point] }
      points[point] = median(count)
    }
    return true
  }

  @inline(__always)
  private func slot(_ index: Int64) -> Int { Int(index % Int64(ringCount)) }

  /// Lane by lane; sorts by exchanging neighbours.
  private func median(_ count: Int) -> SIMD8<Float> {
    for end in stride(from: count &- 1, to: 0, by: -1) {
      for place in 0..<end {
        let low = SIMD8<Float>.smaller(sorted[place], sorted[place &+ 1])
        sorted[place &+ 1] = .larger(sorted[place], sorted[place &+ 1])
        sorted[place] = low
      }
    }
    return 0.5 * (sorted[count / 2] + sorted[(count &- 1) / 2])
  }

  /// Lays a beat over the others, unless part of it is missing or has left the ring.
  private func take(_ beat: Int64) {
    guard beat >= earliest, beat < index, let middle = middle(near: Double(beat)) else { return }
    let first = middle - Double(Self.pointsBefore) * Self.pointSeconds * sampleRate
    let last = first + Double(Self.pointCount &- 1) * Self.pointSeconds * sampleRate
    guard first >= Double(earliest), last < Double(index &- 1) else { return }
    let place = beats + beatCount % Self.beatsMax &* Self.pointCount
    for point in 0..<Self.pointCount {
      let position = first + Double(point) * Self.pointSeconds * sampleRate
      let low = Int64(position)
      let a = ring[slot(low)]
      place[point] = a + Float(position - Double(low)) * (ring[slot(low &+ 1)] - a)
    }
    var sum = SIMD8<Float>.zero
    for point in 0..<Self.pointCount { sum += place[point] }
    guard all(sum .== sum) else { return }
    let quiet = Self.stretch(-0.09, -0.07)
    var baseline = SIMD8<Float>.zero
    for point in quiet { baseline += place[point] }
    baseline /= Float(quiet.count)
    for point in 0..<Self.pointCount { place[point] -= baseline }
    beatCount &+= 1
  }

  private var earliest: Int64 { max(0, index &- Int64(ringCount)) }

  /// The centre of the QRS's energy of change, looked for twice, so that it does not matter where in the
  /// complex a detector puts its beat.
  private func middle(near beat: Double) -> Double? {
    var centre = beat
    for _ in 0..<2 {
      let first = Int64(centre.rounded(.toNearestOrEven)) &- Int64(half)
      let last = first &+ Int64(2 &* half)
      guard first >= earliest &+ Int64(span), last < index &- Int64(span) else { return nil }
      var sum = 0.0
      var moment = 0.0
      for offset in 0...2 &* half {
        let place = first &+ Int64(offset)
        let change = ring[slot(place &+ Int64(span))] - ring[slot(place &- Int64(span))]
        let energy = Double((change * change).sum())
        sum += energy * energy
        moment += energy * energy * Double(offset)
      }
      guard sum > 0, sum.isFinite else { return nil }
      centre = Double(first) + moment / sum
    }
    return centre
  }
}
