// The rows of the last two seconds, 1-35 Hz, and what their shape says of a complex: how wide it is, how sharp.

/// A ring of broad-band microvolts, `[sample][group of four rows]`. Allocates only at `init`.
final class RowWaves {
  private static let bendSeconds = 0.016
  private static let widthReachSeconds = 0.14
  /// The signal stands still for so long at the top of a broad complex.
  private static let plateauSeconds = 0.02
  /// Speed from which it is the complex that moves, as a share of its fastest.
  private static let speedShare: Float = 0.125

  private let sampleRate: Double
  private let groupCount: Int
  private let mask: Int
  private let values: UnsafeMutablePointer<Lanes>
  private var position = 0

  init(sampleRate: Double, groupCount: Int) {
    self.sampleRate = sampleRate
    self.groupCount = groupCount
    var capacity = 2
    while Double(capacity) < 2 * sampleRate { capacity *= 2 }
    mask = capacity - 1
    values = .allocate(capacity: capacity * groupCount)
    values.initialize(repeating: .zero, count: capacity * groupCount)
  }

  deinit { values.deallocate() }

  /// Samples that are kept.
  var capacity: Int { mask &+ 1 }

  func restart() {
    values.update(repeating: .zero, count: capacity &* groupCount)
    position = 0
  }

  /// Takes the newest values of a group.
  @inline(__always)
  func append(_ value: Lanes, _ group: Int) { values[position &* groupCount &+ group] = value }

  /// All groups have their newest values.
  @inline(__always)
  func advance() { position = (position &+ 1) & mask }

  /// Values of a group `offset` samples before the next one to come (-1 is the newest), within `capacity`.
  @inline(__always)
  func value(_ group: Int, at offset: Int) -> Lanes {
    values[((position &+ offset) & mask) &* groupCount &+ group]
  }

  /// Seconds for which the rows together move faster than an eighth of their fastest, around a complex: from
  /// the onset of QRS to its end, gaps up to `plateauSeconds` bridged.
  ///
  /// - Parameter offset: samples from now to the complex, negative, within `capacity`.
  func widthSeconds(around offset: Int64, _ features: RowFeatures) -> Double {
    let reach = Int(Self.widthReachSeconds * sampleRate)
    let plateau = max(1, Int(Self.plateauSeconds * sampleRate))
    let span = max(1, Int(0.006 * sampleRate))
    let earliest = span &- capacity
    let centre = max(min(Int(max(offset, -1 << 30)), -1 &- span), earliest &+ reach)
    var fastest: Float = 0
    var peak = centre
    for place in centre &- reach / 2...min(centre &+ reach / 2, -1) {
      let now = speed(at: place, span: span, features)
      if now > fastest {
        fastest = now
        peak = place
      }
    }
    let limit = Self.speedShare * fastest
    var first = peak
    var place = peak
    while place > max(peak &- reach, earliest), first &- place <= plateau {
      if speed(at: place, span: span, features) > limit { first = place }
      place &-= 1
    }
    var last = peak
    place = peak
    while place < min(peak &+ reach, -1), place &- last <= plateau {
      if speed(at: place, span: span, features) > limit { last = place }
      place &+= 1
    }
    return Double(last &- first &+ 1 &- span) / sampleRate
  }

  /// The offset at which the rows together are farthest from their middle, within a reach of another: the R peak,
  /// or whatever takes its place.
  func summit(around offset: Int64, reachSeconds: Double, _ features: RowFeatures) -> Int64 {
    let reach = Int(reachSeconds * sampleRate)
    let centre = max(min(Int(max(offset, -1 << 30)), -1), reach &- capacity)
    var best = centre
    var highest: Float = -1
    for place in centre &- reach...min(centre &+ reach, -1) {
      var sum = Lanes.zero
      for group in 0..<groupCount {
        sum += features.amplitudeWeights(group) * value(group, at: place).magnitude
      }
      if sum.total > highest {
        highest = sum.total
        best = place
      }
    }
    return Int64(best)
  }

  /// How fast the rows move together at an offset before now, each as much as it is trusted.
  @inline(__always)
  private func speed(at offset: Int, span: Int, _ features: RowFeatures) -> Float {
    var sum = Lanes.zero
    for group in 0..<groupCount {
      let change = value(group, at: offset) - value(group, at: offset &- span)
      sum += features.slopeWeights(group) * change.magnitude
    }
    return sum.total
  }

  /// The strongest bend of the rows together between two offsets before now.
  func sharpness(from first: Int64, to last: Int64, _ features: RowFeatures) -> Float {
    let span = max(1, Int(Self.bendSeconds * sampleRate))
    var strongest: Float = 0
    var place = max(Int(first), 2 &* span &- capacity)
    while place <= min(Int(last), -1) {
      var sum = Lanes.zero
      for group in 0..<groupCount {
        let bend =
          value(group, at: place) + value(group, at: place &- 2 &* span)
          - 2 * value(group, at: place &- span)
        sum += features.slopeWeights(group) * bend.magnitude
      }
      strongest = max(strongest, sum.total)
      place &+= 1
    }
    return strongest
  }
}
