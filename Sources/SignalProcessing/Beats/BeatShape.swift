// The shape of one beat in all rows, and how alike two shapes are. Rows count as much as they are trusted, in units of
// their own QRS, so that the likeness is one number whatever the leads.

/// Values `[cell][group of four rows]` around an R peak; one cell is 8 ms, or a sample where that is longer.
final class BeatShape {
  private static let cellSeconds = 0.008
  /// From before the QRS to the start of T.
  private static let beforeSeconds = 0.08
  private static let afterSeconds = 0.20
  /// How far an R peak may be misplaced.
  private static let shiftSeconds = 0.024

  /// How a shape lies around R, in cells: `shiftMax` more at either side than is compared.
  struct Layout: BitwiseCopyable {
    let samplesPerCell: Int
    let cellCount: Int
    let peakCell: Int
    let shiftMax: Int
  }

  let layout: Layout
  let values: UnsafeMutablePointer<Lanes>
  /// From each cell to the next, in the first of them nothing.
  let slopes: UnsafeMutablePointer<Lanes>
  /// What each row weighs.
  let weights: UnsafeMutablePointer<Lanes>
  private let groupCount: Int

  init(sampleRate: Double, groupCount: Int) {
    let samples = max(1, Int((Self.cellSeconds * sampleRate).rounded()))
    func cells(_ seconds: Double) -> Int {
      Int((seconds * sampleRate / Double(samples)).rounded())
    }
    let shiftMax = max(1, cells(Self.shiftSeconds))
    let peakCell = cells(Self.beforeSeconds) + shiftMax
    layout = Layout(
      samplesPerCell: samples, cellCount: peakCell + cells(Self.afterSeconds) + 1,
      peakCell: peakCell, shiftMax: shiftMax)
    self.groupCount = groupCount
    values = .allocate(capacity: layout.cellCount * groupCount)
    values.initialize(repeating: .zero, count: layout.cellCount * groupCount)
    slopes = .allocate(capacity: layout.cellCount * groupCount)
    slopes.initialize(repeating: .zero, count: layout.cellCount * groupCount)
    weights = .allocate(capacity: groupCount)
    weights.initialize(repeating: .zero, count: groupCount)
  }

  deinit {
    values.deallocate()
    slopes.deallocate()
    weights.deallocate()
  }

  /// Takes the shape from the waves, each cell the mean of its samples.
  ///
  /// - Parameter offset: samples from now to the R peak, negative.
  func read(at offset: Int, _ features: RowFeatures) {
    let first = offset &- layout.peakCell &* layout.samplesPerCell &- layout.samplesPerCell / 2
    let scale = 1 / Float(layout.samplesPerCell)
    for group in 0..<groupCount {
      weights[group] = features.energyWeights(group)
      for cell in 0..<layout.cellCount {
        var sum = Lanes.zero
        for sample in 0..<layout.samplesPerCell {
          let place = first &+ cell &* layout.samplesPerCell &+ sample
          sum += features.waves.value(group, at: max(min(place, -1), -features.waves.capacity))
        }
        values[cell &* groupCount &+ group] = scale * sum
      }
    }
    ShapeComparison(layout: layout, groupCount: groupCount).differentiate(values, into: slopes)
  }
}

/// How two shapes compare.
struct ShapeMatch: BitwiseCopyable {
  /// Cells by which the first is later than the second.
  var shift = 0
  /// From -1 to 1.
  var correlation: Float = 0
  /// Energy of the first over the second's.
  var energyRatio: Float = 1
}

/// Compares shapes.
struct ShapeComparison {
  let layout: BeatShape.Layout
  let groupCount: Int

  /// The slopes of a shape.
  func differentiate(_ values: UnsafePointer<Lanes>, into slopes: UnsafeMutablePointer<Lanes>) {
    for place in groupCount..<layout.cellCount &* groupCount {
      slopes[place] = values[place] - values[place &- groupCount]
    }
  }

  /// The comparison at the shift at which the first is most like the second.
  func best(
    _ first: UnsafePointer<Lanes>, _ second: UnsafePointer<Lanes>, _ weights: UnsafePointer<Lanes>
  ) -> ShapeMatch {
    var best = ShapeMatch(correlation: -.infinity)
    for shift in -layout.shiftMax...layout.shiftMax {
      let now = match(first, shift: shift, second, weights)
      if now.correlation > best.correlation { best = now }
    }
    return best
  }

  /// Correlation of the rows together, each less its mean.
  @inline(__always)
  private func match(
    _ first: UnsafePointer<Lanes>, shift: Int, _ second: UnsafePointer<Lanes>,
    _ weights: UnsafePointer<Lanes>
  ) -> ShapeMatch {
    let cells = layout.shiftMax..<layout.cellCount &- layout.shiftMax
    let scale = 1 / Float(cells.count)
    var energyFirst = Lanes.zero
    var energySecond = Lanes.zero
    var product = Lanes.zero
    for group in 0..<groupCount {
      var (a, b) = (Lanes.zero, Lanes.zero)
      var (aa, bb, ab) = (Lanes.zero, Lanes.zero, Lanes.zero)
      var place = cells.lowerBound &* groupCount &+ group
      let end = cells.upperBound &* groupCount
      let lead = shift &* groupCount
      while place < end {
        let x = first[place &+ lead]
        let y = second[place]
        a += x
        b += y
        aa += x * x
        bb += y * y
        ab += x * y
        place &+= groupCount
      }
      energyFirst += weights[group] * (aa - scale * a * a).atLeast(0)
      energySecond += weights[group] * (bb - scale * b * b).atLeast(0)
      product += weights[group] * (ab - scale * a * b)
    }
    let energies = (energyFirst.total, energySecond.total)
    guard energies.0 > 0, energies.1 > 0 else { return ShapeMatch(shift: shift) }
    return ShapeMatch(
      shift: shift, correlation: product.total / (energies.0 * energies.1).squareRoot(),
      energyRatio: energies.0 / energies.1)
  }
}
