// The shapes that a heart's beats come in. Each beat joins the shape it is most like, or founds a new one; what its
// beats had in common - early, wide, how many - says what a shape is.

/// What is known of the beats of one shape.
struct BeatCluster: BitwiseCopyable {
  private static let memberMax: Float = 30
  private static let intervalMax: Float = 20

  /// A number of its own, never given again.
  let id: Int32
  /// Beats of it, at most `memberMax`.
  private(set) var members: Float = 0
  /// How much it is the usual one: see `BeatTemplates.credit`.
  var credit: Float = 0
  /// Beats since the last of it.
  var age: Float = 0
  /// Mean width, seconds.
  private(set) var width: Float = 0
  /// Mean interval before a beat of it that follows one of another shape, over the usual interval.
  private(set) var ratioBefore: Float = 1
  /// Mean interval from a beat of it to one of another shape, over the usual interval.
  private(set) var ratioAfter: Float = 1
  /// Share of its beats before which a pacing pulse was seen.
  private(set) var pacedShare: Float = 0
  /// Beats of it between which the signal was calm, at most `memberMax`: noise is seen often, too.
  private(set) var calmMembers: Float = 0
  private var beforeCount: Float = 0
  private var afterCount: Float = 0

  init(id: Int32 = -1) { self.id = id }

  mutating func join(width seconds: Float, isPaced: Bool, isCalm: Bool) {
    if isCalm { calmMembers = min(calmMembers + 1, Self.memberMax) }
    members = min(members + 1, Self.memberMax)
    pacedShare += ((isPaced ? 1 : 0) - pacedShare) / members
    width += (seconds - width) / members
  }

  mutating func enter(after ratio: Float) {
    beforeCount = min(beforeCount + 1, Self.intervalMax)
    ratioBefore += (min(ratio, 1.2) - ratioBefore) / beforeCount
  }

  mutating func leave(before ratio: Float) {
    afterCount = min(afterCount + 1, Self.intervalMax)
    ratioAfter += (ratio - ratioAfter) / afterCount
  }
}

/// The shapes of one heart. Allocates only at `init`.
final class BeatTemplates {
  private static let clusterCount = 12
  /// Beats over which a template is a mean.
  private static let meanCount: Float = 16
  private static let correlationMin: Float = 0.9
  private static let energyRange: ClosedRange<Float> = 0.4...2.5
  /// Usual beats over which the credit of a shape is summed.
  private static let creditStep: Float = 1 / 200

  /// What is known of each shape, `used` of them.
  let clusters: UnsafeMutablePointer<BeatCluster>
  private(set) var used = 0

  private let comparison: ShapeComparison
  private let valueCount: Int
  private let shapes: UnsafeMutablePointer<Lanes>
  /// Those of the template that is compared.
  private let slopes: UnsafeMutablePointer<Lanes>
  private var founded: Int32 = 0

  init(layout: BeatShape.Layout, groupCount: Int) {
    comparison = ShapeComparison(layout: layout, groupCount: groupCount)
    valueCount = layout.cellCount * groupCount
    shapes = .allocate(capacity: Self.clusterCount * valueCount)
    shapes.initialize(repeating: .zero, count: Self.clusterCount * valueCount)
    slopes = .allocate(capacity: valueCount)
    slopes.initialize(repeating: .zero, count: valueCount)
    clusters = .allocate(capacity: Self.clusterCount)
    clusters.initialize(repeating: BeatCluster(), count: Self.clusterCount)
  }

  deinit {
    shapes.deallocate()
    slopes.deallocate()
    clusters.deallocate()
  }

  func restart() {
    used = 0
    clusters.update(repeating: BeatCluster(), count: Self.clusterCount)
  }

  private func template(_ cluster: Int) -> UnsafeMutablePointer<Lanes> {
    shapes + cluster &* valueCount
  }

  /// The usual shape, nil without any.
  var dominant: Int? {
    var best: Int?
    var most: Float = 0
    for cluster in 0..<used where clusters[cluster].credit > most {
      best = cluster
      most = clusters[cluster].credit
    }
    return best
  }

  /// A beat of a cluster speaks for its being the usual one, as much as `amount`, up to 1.
  func credit(_ cluster: Int, _ amount: Float) {
    for other in 0..<used { clusters[other].credit *= 1 - amount * Self.creditStep }
    clusters[cluster].credit += amount
  }

  /// How alike a beat and a shape are.
  func match(_ beat: BeatShape, to cluster: Int) -> ShapeMatch {
    comparison.best(beat.values, template(cluster), beat.weights)
  }

  /// How alike the slopes of a beat and of a shape are.
  func matchSlopes(_ beat: BeatShape, to cluster: Int) -> ShapeMatch {
    comparison.differentiate(template(cluster), into: slopes)
    return comparison.best(beat.slopes, slopes, beat.weights)
  }

  /// The best of these matches to the shapes that were seen so often; none: a correlation of -1.
  func bestMatchOfSlopes(_ beat: BeatShape, calmMembers members: Float) -> ShapeMatch {
    var best = ShapeMatch(correlation: -1)
    for cluster in 0..<used where clusters[cluster].calmMembers >= members {
      let now = matchSlopes(beat, to: cluster)
      if now.correlation > best.correlation { best = now }
    }
    return best
  }

  /// The cluster that a beat belongs to; founds one where none is alike.
  func assign(_ beat: BeatShape) -> Int {
    var found = -1
    var match = ShapeMatch(correlation: Self.correlationMin)
    for cluster in 0..<used {
      clusters[cluster].age += 1
      let now = comparison.best(beat.values, template(cluster), beat.weights)
      if now.correlation > match.correlation, Self.energyRange.contains(now.energyRatio) {
        found = cluster
        match = now
      }
    }
    guard found >= 0 else { return create(beat) }
    clusters[found].age = 0
    learn(beat, shift: match.shift, found)
    return found
  }

  private func learn(_ beat: BeatShape, shift: Int, _ cluster: Int) {
    let step = 1 / min(clusters[cluster].members + 1, Self.meanCount)
    let template = template(cluster)
    let lead = shift &* comparison.groupCount
    for place in max(0, -lead)..<min(valueCount, valueCount &- lead) {
      template[place] += step * (beat.values[place &+ lead] - template[place])
    }
  }

  private func create(_ beat: BeatShape) -> Int {
    let cluster = used < Self.clusterCount ? used : leastUseful
    used = max(used, cluster &+ 1)
    founded = (founded &+ 1) & .max
    clusters[cluster] = BeatCluster(id: founded)
    template(cluster).update(from: beat.values, count: valueCount)
    return cluster
  }

  /// The shape that was seen the least for the longest.
  private var leastUseful: Int {
    var worst = 0
    var least = Float.infinity
    for cluster in 0..<used {
      let state = clusters[cluster]
      let usefulness = (min(state.members, Self.meanCount) + state.credit) / (1 + state.age)
      if usefulness < least {
        least = usefulness
        worst = cluster
      }
    }
    return worst
  }
}
