// The line that lies under the delays of what arrives: where the front-end's clock runs against the host's.

/// A line through the last lowest delays. Allocates only at `init`. One thread.
struct ArrivalLine: ~Copyable {
  /// The lowest delay of a second, both in nanoseconds since the first sample.
  struct Point {
    var time: Double
    var delay: Double
    /// Steps off the line, once judged.
    var steps = 0.0
  }

  /// Points that the line goes through.
  static let capacity = 32
  /// Largest deviation from the nominal rate that counts as a clock.
  private static let slopeMax = 0.01

  private(set) var count = 0
  private(set) var slope = 0.0
  /// The delay at time 0.
  private var level = 0.0
  /// Points `[0, count)`, oldest first; a second array to sort in.
  private let points: UnsafeMutablePointer<Point>
  private let sorted: UnsafeMutablePointer<Double>

  init() {
    points = .allocate(capacity: Self.capacity)
    points.initialize(repeating: Point(time: 0, delay: 0), count: Self.capacity)
    sorted = .allocate(capacity: Self.capacity)
    sorted.initialize(repeating: 0, count: Self.capacity)
  }

  deinit {
    points.deallocate()
    sorted.deallocate()
  }

  /// A point; also one that was removed and not overwritten yet.
  subscript(position: Int) -> Point { points[position] }

  func delay(at time: Double) -> Double { level + slope * time }

  /// Forgets the points, not the line.
  mutating func removeAll() { count = 0 }

  /// Adds a point; the oldest of a full line goes.
  mutating func append(_ point: Point) {
    if count == Self.capacity {
      count &-= 1
      points.update(from: points + 1, count: count)
    }
    points[count] = point
    count &+= 1
  }

  /// Lays the line through the points: the median of the slopes between those half of them apart, and of their levels.
  mutating func draw() {
    if count >= Self.capacity / 4 { drawSlope(lag: count / 2) }
    for position in 0..<count {
      sorted[position] = points[position].delay - slope * points[position].time
    }
    level = median(count)
  }

  /// The median slope between points `lag` apart, within what a clock can be off.
  mutating func drawSlope(lag: Int) {
    for position in 0..<(count &- lag) {
      let first = points[position]
      let last = points[position &+ lag]
      sorted[position] = (last.delay - first.delay) / (last.time - first.time)
    }
    slope = min(max(median(count &- lag), -Self.slopeMax), Self.slopeMax)
  }

  /// Moves the line, with its slope, through a point.
  mutating func lead(through point: Point) { level = point.delay - slope * point.time }

  /// Moves the line and its points.
  mutating func raise(by delay: Double) {
    for position in 0..<count { (points + position).pointee.delay += delay }
    level += delay
  }

  /// How far the points are from following each other by whole steps at this slope, in steps and on average: little
  /// with the right one, however many of them are steps.
  func scatter(ofSteps stepTime: Double) -> Double {
    var sum = 0.0
    for position in 1..<count {
      let (first, last) = (points[position &- 1], points[position])
      let steps = (last.delay - first.delay - slope * (last.time - first.time)) / stepTime
      sum += (steps - steps.rounded()).magnitude
    }
    return sum / Double(count &- 1)
  }

  /// The median of the first `count` values to sort.
  private func median(_ count: Int) -> Double {
    for position in 1..<max(count, 1) {
      let value = sorted[position]
      var place = position
      while place > 0 && sorted[place &- 1] > value {
        sorted[place] = sorted[place &- 1]
        place &-= 1
      }
      sorted[place] = value
    }
    return sorted[count / 2]
  }
}
