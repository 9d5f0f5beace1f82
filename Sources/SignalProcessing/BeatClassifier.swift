// What a beat is, from its time and its shape.

import Glibc

/// debug
nonisolated(unsafe) public var debugLine: (([Double]) -> Void)?

/// Classifies beats one after another. Allocates only at `init`.
final class BeatClassifier {
  private let sampleRate: Double
  private let layout: BeatShape.Layout
  private let groupCount: Int
  private let templates: BeatTemplates
  private let shape: UnsafeMutablePointer<Lanes>
  private let weights: UnsafeMutablePointer<Lanes>
  private var intervals: InlineArray<8, Float> = .init(repeating: 0)
  private var intervalCount = 0
  private var lastBeat: Int64 = .min / 2
  private var lastInterval: Float = 0
  private var lastCluster = -1
  private var lastRatio: Float = 1

  init(sampleRate: Double, groupCount: Int) {
    self.sampleRate = sampleRate
    self.groupCount = groupCount
    layout = BeatShape.Layout(sampleRate: sampleRate)
    templates = BeatTemplates(layout: layout, groupCount: groupCount)
    shape = .allocate(capacity: layout.cellCount * groupCount)
    shape.initialize(repeating: .zero, count: layout.cellCount * groupCount)
    weights = .allocate(capacity: groupCount)
    weights.initialize(repeating: .zero, count: groupCount)
  }

  deinit {
    shape.deallocate()
    weights.deallocate()
  }

  /// Samples after R that are needed.
  var samplesAfter: Int64 { Int64((layout.cellCount &- layout.peakCell) &* layout.samplesPerCell) }

  func restart() {
    templates.restart()
    intervalCount = 0
    lastBeat = .min / 2
  }

  /// Classifies a beat.
  ///
  /// - Parameter offset: samples from now to the R peak in `features.waves`, negative.
  func classify(_ beat: Beat, at offset: Int64, _ features: RowFeatures) -> BeatClass {
    read(at: Int(offset), features)
    let interval = Float(Double(beat.sampleIndex &- lastBeat) / sampleRate)
    let isContinuous = interval < 3
    let usual = usualInterval
    let ratio = isContinuous && usual > 0 ? interval / usual : 1
    let dominant = templates.dominant
    var match = ShapeMatch()
    var widthRatio: Float = 1
    var dominantId: Int32 = 0
    if let dominant {
      let best = templates.comparison.bestShift(shape, templates.shape(dominant), weights)
      match = templates.comparison.match(
        shape, shift: best.shift, templates.shape(dominant), weights)
      widthRatio = beat.widthSeconds / max(0.02, templates.clusters[dominant].width)
      dominantId = templates.clusters[dominant].id
    }
    let (cluster, isNew) = templates.assign(shape, weights)
    let own = templates.clusters + cluster
    own.pointee.width += (beat.widthSeconds - own.pointee.width) / own.pointee.count
    own.pointee.credit += ratio > 0.88 ? 1 : 0.3
    let fields: [Double] = [
      Double(beat.sampleIndex), Double(interval), Double(usual), Double(ratio),
      Double(lastInterval), Double(variation), Double(beat.widthSeconds), Double(widthRatio),
      Double(match.whole), Double(match.complex), Double(match.before),
      Double(match.energyRatio), Double(match.beforeEnergy), Double(match.difference),
      Double(own.pointee.id), Double(dominantId), Double(own.pointee.count),
      Double(own.pointee.credit), dominant.map { Double(templates.clusters[$0].credit) } ?? 0,
      isNew ? 1 : 0,
    ]
    debugLine?(fields)
    if isContinuous {
      intervals[intervalCount % 8] = interval
      intervalCount &+= 1
    }
    lastInterval = interval
    lastBeat = beat.sampleIndex
    return .unclassifiable
  }

  /// Median of the last eight.
  private var usualInterval: Float {
    let count = min(intervalCount, 8)
    guard count > 0 else { return 0 }
    var sorted = intervals
    for a in 1..<max(count, 2) {
      var place = a
      while place > 0 && place < count && sorted[place] < sorted[place &- 1] {
        let swap = sorted[place]
        sorted[place] = sorted[place &- 1]
        sorted[place &- 1] = swap
        place &-= 1
      }
    }
    return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2] + sorted[count / 2 &- 1]) / 2
  }

  private var variation: Float {
    let count = min(intervalCount, 8)
    guard count > 1 else { return 0 }
    var mean: Float = 0
    for place in 0..<count { mean += intervals[place] / Float(count) }
    var sum: Float = 0
    for place in 0..<count { sum += abs(intervals[place] - mean) / Float(count) }
    return sum / mean
  }

  /// Takes the shape from the waves, each cell the mean of its samples.
  private func read(at offset: Int, _ features: RowFeatures) {
    let first = offset &- layout.peakCell &* layout.samplesPerCell &- layout.samplesPerCell / 2
    let scale = 1 / Float(layout.samplesPerCell)
    for group in 0..<groupCount {
      weights[group] = features.templateWeights(group)
      for cell in 0..<layout.cellCount {
        var sum = Lanes.zero
        for sample in 0..<layout.samplesPerCell {
          let place = first &+ cell &* layout.samplesPerCell &+ sample
          sum += features.waves.value(group, at: max(min(place, -1), -features.waves.capacity))
        }
        shape[cell &* groupCount &+ group] = scale * sum
      }
    }
  }
}
