// The shape of one beat in all rows, and how alike two shapes are. Rows count as much as they are trusted, in units of
// their own QRS, so that the likeness is one number whatever the leads.

/// How two shapes compare.
struct ShapeMatch: BitwiseCopyable {
  /// Correlation over QRS, ST and the start of T, -1 to 1.
  var whole: Float = 0
  /// Correlation over the QRS alone.
  var complex: Float = 0
  /// Correlation before the QRS, where a P wave is.
  var before: Float = 0
  /// Energy of the first over the second.
  var energyRatio: Float = 1
  /// Energy of what is before the QRS, over the QRS's own, first and second.
  var beforeEnergy: Float = 0
  /// Area of what differs over the area of the second's QRS.
  var difference: Float = 1
}

/// Values `[cell][group of four rows]` around an R peak; one cell is 8 ms, or a sample where that is longer.
struct BeatShape {
  static let cellSeconds = 0.008
  /// What a shape covers around R, and its parts.
  static let beforeSeconds = 0.26
  static let afterSeconds = 0.20
  static let complexSeconds = (before: 0.08, after: 0.09)
  /// Shapes are shifted against each other by as much as an R peak may be misplaced.
  static let shiftSeconds = 0.024

  /// Where the parts of a shape lie, in cells.
  struct Layout {
    let samplesPerCell: Int
    let cellCount: Int
    let peakCell: Int
    let complex: Range<Int>
    let whole: Range<Int>
    let before: Range<Int>
    let shiftMax: Int

    init(sampleRate: Double) {
      samplesPerCell = max(1, Int((BeatShape.cellSeconds * sampleRate).rounded()))
      let cell = Double(samplesPerCell) / sampleRate
      func cells(_ seconds: Double) -> Int { Int((seconds / cell).rounded()) }
      shiftMax = max(1, cells(BeatShape.shiftSeconds))
      peakCell = cells(BeatShape.beforeSeconds)
      cellCount = peakCell + cells(BeatShape.afterSeconds) + 1
      complex =
        peakCell - cells(BeatShape.complexSeconds.before)..<peakCell
          + cells(BeatShape.complexSeconds.after) + 1
      whole = complex.lowerBound..<cellCount - shiftMax
      before = shiftMax..<peakCell - cells(0.09)
    }
  }
}

/// Compares shapes.
struct ShapeComparison {
  let layout: BeatShape.Layout
  let groupCount: Int

  private struct Sums: BitwiseCopyable {
    var first = Lanes.zero
    var second = Lanes.zero
    var product = Lanes.zero

    var correlation: Float {
      let energy = first.total * second.total
      return energy > 0 ? product.total / energy.squareRoot() : 0
    }
  }

  /// Adds a part's energies and product, the first shape shifted, each row less its means.
  @inline(__always)
  private func sums(
    _ first: UnsafePointer<Lanes>, shift: Int, _ second: UnsafePointer<Lanes>,
    _ weights: UnsafePointer<Lanes>, _ cells: Range<Int>
  ) -> Sums {
    var sums = Sums()
    let scale = 1 / Float(cells.count)
    for group in 0..<groupCount {
      var a = Lanes.zero
      var b = Lanes.zero
      var aa = Lanes.zero
      var bb = Lanes.zero
      var ab = Lanes.zero
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
      sums.first += weights[group] * (aa - scale * a * a).atLeast(0)
      sums.second += weights[group] * (bb - scale * b * b).atLeast(0)
      sums.product += weights[group] * (ab - scale * a * b)
    }
    return sums
  }

  /// The shift of the first shape at which it is most like the second, and the correlation there.
  func bestShift(
    _ first: UnsafePointer<Lanes>, _ second: UnsafePointer<Lanes>,
    _ weights: UnsafePointer<Lanes>
  ) -> (shift: Int, correlation: Float) {
    var best = (shift: 0, correlation: -Float.infinity)
    for shift in -layout.shiftMax...layout.shiftMax {
      let now = sums(first, shift: shift, second, weights, layout.whole).correlation
      if now > best.correlation { best = (shift, now) }
    }
    return best
  }

  /// Everything that is compared, the first shape shifted.
  func match(
    _ first: UnsafePointer<Lanes>, shift: Int, _ second: UnsafePointer<Lanes>,
    _ weights: UnsafePointer<Lanes>
  ) -> ShapeMatch {
    let whole = sums(first, shift: shift, second, weights, layout.whole)
    let complex = sums(first, shift: shift, second, weights, layout.complex)
    let before = sums(first, shift: shift, second, weights, layout.before)
    var match = ShapeMatch()
    match.whole = whole.correlation
    match.complex = complex.correlation
    match.before = before.correlation
    let energy = max(complex.second.total, .leastNormalMagnitude)
    match.energyRatio = min(max(complex.first.total / energy, 0.01), 100)
    match.beforeEnergy = min(before.first.total / energy, 10)
    let rest = whole.first.total + whole.second.total - 2 * whole.product.total
    match.difference = min(rest / max(whole.second.total, .leastNormalMagnitude), 100)
    return match
  }
}
