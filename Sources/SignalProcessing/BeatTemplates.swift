// The shapes that a heart's beats come in. Each beat joins the shape it is most like, or founds a new one; what its
// beats had in common - early, wide, how many - says what a shape is.

/// What is known of the beats of one shape.
struct BeatCluster: BitwiseCopyable {
  /// Beats that joined, at most `countMax`.
  var count: Float = 0
  /// Beats that came on time, the last hundreds.
  var credit: Float = 0
  /// Mean width, seconds.
  var width: Float = 0
  /// Sum of the members' evidence for a ventricular origin, and of its weights.
  var evidence: Float = 0
  var evidenceWeight: Float = 0
  /// Beats since the last one joined.
  var age: Int32 = 0
  var id: Int32 = 0
}

/// The shapes of one heart. Allocates only at `init`.
final class BeatTemplates {
  static let clusterCount = 12
  /// Beats over which a template is a mean.
  private static let countMax: Float = 16
  private static let correlationMin: Float = 0.9
  private static let energyRange: ClosedRange<Float> = 0.4...2.5
  /// The credit of a shape halves in so many beats.
  private static let creditKeep: Float = 1 - 1 / 200

  let comparison: ShapeComparison
  private let cellCount: Int
  private let groupCount: Int
  private let shapes: UnsafeMutablePointer<Lanes>
  let clusters: UnsafeMutablePointer<BeatCluster>
  private(set) var used = 0
  private(set) var founded: Int32 = 0

  init(layout: BeatShape.Layout, groupCount: Int) {
    comparison = ShapeComparison(layout: layout, groupCount: groupCount)
    self.groupCount = groupCount
    cellCount = layout.cellCount
    shapes = .allocate(capacity: Self.clusterCount * cellCount * groupCount)
    shapes.initialize(repeating: .zero, count: Self.clusterCount * cellCount * groupCount)
    clusters = .allocate(capacity: Self.clusterCount)
    clusters.initialize(repeating: BeatCluster(), count: Self.clusterCount)
  }

  deinit {
    shapes.deallocate()
    clusters.deallocate()
  }

  func restart() {
    used = 0
    clusters.update(repeating: BeatCluster(), count: Self.clusterCount)
  }

  func shape(_ cluster: Int) -> UnsafeMutablePointer<Lanes> {
    shapes + cluster &* cellCount &* groupCount
  }

  /// The shape with the most beats on time, nil without any.
  var dominant: Int? {
    var best: Int?
    for cluster in 0..<used where clusters[cluster].credit > (best.map { clusters[$0].credit } ?? 0) {
      best = cluster
    }
    return best
  }

  /// The cluster that a beat belongs to, and how it must be shifted; founds one where none is alike.
  func assign(
    _ beat: UnsafePointer<Lanes>, _ weights: UnsafePointer<Lanes>
  ) -> (cluster: Int, isNew: Bool) {
    var best = -1
    var shift = 0
    var correlation = Self.correlationMin
    for cluster in 0..<used {
      let now = comparison.bestShift(beat, shape(cluster), weights)
      guard now.correlation > correlation else { continue }
      let match = comparison.match(beat, shift: now.shift, shape(cluster), weights)
      guard Self.energyRange.contains(match.energyRatio) else { continue }
      best = cluster
      shift = now.shift
      correlation = now.correlation
    }
    for cluster in 0..<used {
      clusters[cluster].age &+= 1
      clusters[cluster].credit *= Self.creditKeep
    }
    if best >= 0 {
      learn(beat, shift: shift, best)
      return (best, false)
    }
    return (found(beat), true)
  }

  private func learn(_ beat: UnsafePointer<Lanes>, shift: Int, _ cluster: Int) {
    clusters[cluster].age = 0
    clusters[cluster].count = min(clusters[cluster].count + 1, Self.countMax)
    let step = 1 / clusters[cluster].count
    let shape = shape(cluster)
    for cell in max(0, -shift)..<min(cellCount, cellCount &- shift) {
      for group in 0..<groupCount {
        let place = cell &* groupCount &+ group
        shape[place] += step * (beat[place &+ shift &* groupCount] - shape[place])
      }
    }
  }

  private func found(_ beat: UnsafePointer<Lanes>) -> Int {
    let cluster = used < Self.clusterCount ? used : leastUseful
    used = max(used, cluster &+ 1)
    founded &+= 1
    clusters[cluster] = BeatCluster(count: 1, id: founded)
    shape(cluster).update(from: beat, count: cellCount &* groupCount)
    return cluster
  }

  /// The shape that was seen the least for the longest.
  private var leastUseful: Int {
    var worst = 0
    var least = Float.infinity
    for cluster in 0..<used {
      let usefulness =
        (clusters[cluster].count + clusters[cluster].credit) / (1 + Float(clusters[cluster].age))
      if usefulness < least {
        least = usefulness
        worst = cluster
      }
    }
    return worst
  }
}
