// What a beat is, from its time and its shape. A beat of the heart's usual shape is normal, or supraventricular when
// it comes early. A beat of another shape is ventricular the more, the earlier and wider the beats of its shape are,
// the longer the pauses after them, and the less it is like the usual shape.

/// Classifies beats one after another. Allocates only at `init`. One thread.
final class BeatClassifier {
  /// Earlier than this share of the usual interval: supraventricular, unless the rhythm varies so much anyway.
  private static let earlyRatio: Float = 0.85
  private static let variationMax: Float = 0.12
  /// Beats of the usual shape before anything is said.
  private static let learningCount: Float = 4
  /// Beats further apart have a pause or an artefact between them.
  private static let intervalMax: Float = 3
  /// Beats so much wider than the usual ones do not make a shape the usual one.
  private static let usualWidthRatio: Float = 1.5
  private static let usualRatioMin: Float = 0.88
  /// A beat on time whose shape has been seen less often than this is more likely noise than an ectopic.
  private static let youngCount: Float = 5
  private static let onTimeRatio: Float = 0.9
  /// A shape seen so often, so unlike the usual one, and wider, is ventricular at any rate.
  private static let establishedCount: Float = 10
  private static let unlikeCorrelation: Float = 0.6
  private static let widerSeconds: Float = 0.01

  private let sampleRate: Double
  private let templates: BeatTemplates
  private let shape: BeatShape
  private var intervals = RecentIntervals()
  private var lastBeat: Int64 = .min / 2
  private var lastID: Int32 = -1
  private var lastCluster = 0
  /// What spoke for the class of the last beat.
  private(set) var evidence = BeatEvidence()
  /// Interval between beats of the usual shape, seconds; 0 until there were two.
  private var usualInterval: Float = 0

  init(sampleRate: Double, groupCount: Int) {
    self.sampleRate = sampleRate
    shape = BeatShape(sampleRate: sampleRate, groupCount: groupCount)
    templates = BeatTemplates(layout: shape.layout, groupCount: groupCount)
  }

  /// Samples after R that are needed.
  var samplesAfter: Int64 {
    Int64((shape.layout.cellCount &- shape.layout.peakCell) &* shape.layout.samplesPerCell)
  }

  func restart() {
    templates.restart()
    intervals = RecentIntervals()
    lastBeat = .min / 2
    lastID = -1
    usualInterval = 0
  }

  /// Says what a beat is, and learns from it.
  ///
  /// - Parameters:
  ///   - isPaced: a pacing pulse was seen before it.
  ///   - isCalm: little lies between the beats.
  ///   - offset: samples from now to the R peak in `features.waves`, negative.
  func classify(
    _ beat: Beat, isPaced: Bool, isCalm: Bool, at offset: Int64, _ features: RowFeatures
  ) -> BeatClass {
    shape.read(at: Int(offset), features)
    let interval = Float(Double(beat.sampleIndex &- lastBeat) / sampleRate)
    let isContinuous = interval < Self.intervalMax
    var now = BeatEvidence()
    now.width = beat.widthSeconds
    let median = intervals.median
    let medianRatio = isContinuous && median > 0 ? min(max(interval / median, 0.2), 2) : 1
    let usual = usualInterval > 0 ? usualInterval : median
    now.ratio = usual > 0 && isContinuous ? min(max(interval / usual, 0.2), 2) : 1
    now.earliness = min(now.ratio, medianRatio)

    let dominant = templates.dominant
    let usualWidth = dominant.map { templates.clusters[$0].width } ?? beat.widthSeconds
    if let dominant {
      now.likeness = templates.match(shape, to: dominant).correlation
      now.slopes = templates.matchSlopes(shape, to: dominant)
      now.knownSlopes = templates.bestMatchOfSlopes(shape, calmMembers: BeatEvidence.knownCount)
      now.isUsualPaced = templates.clusters[dominant].pacedShare > 0.5
      now.isLearning = templates.clusters[dominant].members < Self.learningCount
    }
    let dominantID = dominant.map { templates.clusters[$0].id } ?? -1
    let cluster = templates.assign(shape)
    let own = templates.clusters + cluster
    let isRun = own.pointee.id == lastID
    own.pointee.join(width: beat.widthSeconds, isPaced: isPaced, isCalm: isCalm)
    if !isRun && isContinuous { own.pointee.enter(after: now.ratio) }
    now.isUsual = own.pointee.id == dominantID
    now.widening = own.pointee.width - usualWidth
    now.cluster = own.pointee
    evidence = now
    let beatClass = isPaced ? .paced : judge(now, variation: intervals.variation)

    if isContinuous {
      intervals.add(interval)
      if lastID >= 0 && !isRun && templates.clusters[lastCluster].id == lastID {
        templates.clusters[lastCluster].leave(before: now.ratio)
      }
      followRate(interval, isUsualPair: now.isUsual && isRun)
    }
    let counts =
      medianRatio > Self.usualRatioMin
      && beat.widthSeconds < Self.usualWidthRatio * max(0.02, usualWidth)
    templates.credit(cluster, counts || dominant == nil ? 1 : 0.2)
    lastBeat = beat.sampleIndex
    lastID = own.pointee.id
    lastCluster = cluster
    return beatClass
  }

  private func followRate(_ interval: Float, isUsualPair: Bool) {
    if usualInterval > 0 {
      usualInterval += (isUsualPair ? 0.1 : 0.02) * (interval - usualInterval)
    } else if isUsualPair {
      usualInterval = interval
    }
  }

  private func judge(_ beat: BeatEvidence, variation: Float) -> BeatClass {
    if beat.isLearning { return .unclassifiable }
    // Not every pulse of a pacemaker stands out.
    if beat.cluster.pacedShare > 0.5 { return .paced }
    // Beside paced beats the narrower ones are the heart's own, conducted by the normal way.
    let isConducted = beat.isUsualPaced && beat.widening < 0
    if !beat.isUsual && !isConducted {
      let isEstablished =
        beat.cluster.members >= Self.establishedCount
        && beat.likeness < Self.unlikeCorrelation && beat.widening > Self.widerSeconds
      if isEstablished { return .ventricular }
      if beat.ventricularLogit > 0 {
        let isDoubtful =
          beat.cluster.members < Self.youngCount && beat.earliness > Self.onTimeRatio
        return isDoubtful ? .unclassifiable : .ventricular
      }
    }
    let isEarly = beat.earliness < Self.earlyRatio && variation < Self.variationMax
    return isEarly ? .supraventricular : .normal
  }
}

/// What speaks for and against a ventricular origin.
struct BeatEvidence: BitwiseCopyable {
  /// Interval before the beat over the interval between usual beats; 1 where it is not known.
  var ratio: Float = 1
  /// The same, or over the median of the last intervals, whichever is smaller.
  var earliness: Float = 1
  /// Correlation with the usual shape.
  var likeness: Float = 1
  /// Its slopes against the usual shape's, and against those of the known shape that they are most like.
  var slopes = ShapeMatch(correlation: 1)
  var knownSlopes = ShapeMatch(correlation: -1)
  /// Seconds from its onset to its end.
  var width: Float = 0
  /// Seconds by which its shape's beats are wider than the usual ones.
  var widening: Float = 0
  /// Its shape is the usual one.
  var isUsual = true
  /// Most beats of the usual shape were started by a pacemaker.
  var isUsualPaced = false
  var isLearning = true
  /// The beats of its shape, itself included.
  var cluster = BeatCluster()

  /// What is weighed: how early the beat is, how early the beats of its shape are, how wide, what pause follows
  /// them, and how unlike the usual shape it is.
  var parts: InlineArray<5, Float> {
    func part(_ value: Float, _ scale: Float, _ range: ClosedRange<Float>) -> Float {
      min(max(value / scale, range.lowerBound), range.upperBound)
    }
    return [
      part(0.95 - earliness, 0.2, 0...1.5), part(0.95 - cluster.ratioBefore, 0.2, 0...1.5),
      part(widening, 0.03, -1...2), part(cluster.ratioAfter - 1.05, 0.3, 0...1.5),
      part(0.95 - likeness, 0.5, 0...2),
    ]
  }

  /// A beat is this heart's when its slopes are so like those of the usual shape, or of one seen so often while the
  /// signal was calm, and so large. What motion alone passes for is less steep than this and at least so wide. The
  /// limits were chosen in noise of 6 dB (NST): docs/signal-quality.md.
  private static let alikeMin: Float = 0.85
  private static let energyMin: Float = 0.4
  static let knownCount: Float = 25
  private static let seenCount: Float = 3
  private static let strangeEnergyMax: Float = 0.9
  private static let strangeWidthSeconds: Float = 0.11

  /// Whether beats of its shape were seen while the signal was calm.
  var isOfSeenShape: Bool { cluster.calmMembers >= Self.seenCount }

  /// Whether such a beat is this heart's. While the usual shape is being learnt, the second of a shape is enough.
  var familiarity: BeatFamiliarity {
    func isAlike(_ match: ShapeMatch) -> Bool {
      match.correlation >= Self.alikeMin && match.energyRatio >= Self.energyMin
    }
    if isAlike(slopes) || isAlike(knownSlopes) || (isLearning && cluster.members >= 2) {
      return .usual
    }
    let isStrange = slopes.energyRatio < Self.strangeEnergyMax && width >= Self.strangeWidthSeconds
    return isStrange ? .strange : .other
  }

  /// Log odds of a ventricular origin for a beat of another shape than the usual.
  var ventricularLogit: Float {
    let parts = parts
    var sum = BeatWeights.bias
    for index in 0..<5 { sum += BeatWeights.parts[index] * parts[index] }
    return sum
  }
}

/// The last eight RR intervals.
struct RecentIntervals: BitwiseCopyable {
  private static let countMax = 8
  private var values = SIMD8<Float>.zero
  private var next = 0
  private var count = 0

  mutating func add(_ seconds: Float) {
    values[next] = seconds
    next = (next &+ 1) % Self.countMax
    count = min(count &+ 1, Self.countMax)
  }

  /// 0 without any.
  var median: Float {
    guard count > 0 else { return 0 }
    var sorted = values
    for end in 1..<max(count, 2) {
      var place = end
      while place > 0, place < count, sorted[place] < sorted[place &- 1] {
        (sorted[place], sorted[place &- 1]) = (sorted[place &- 1], sorted[place])
        place &-= 1
      }
    }
    let upper = sorted[count / 2]
    return count % 2 == 1 ? upper : (upper + sorted[count / 2 &- 1]) / 2
  }

  /// Mean distance from the mean, over the mean.
  var variation: Float {
    guard count > 1 else { return 0 }
    var mean: Float = 0
    for place in 0..<count { mean += values[place] / Float(count) }
    var distance: Float = 0
    for place in 0..<count { distance += abs(values[place] - mean) / Float(count) }
    return distance / mean
  }
}
