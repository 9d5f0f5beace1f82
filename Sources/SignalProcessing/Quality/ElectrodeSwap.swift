// Whether two electrodes of a 12-lead ECG are likely exchanged. Every exchange is undone in turn: if the heart then
// looks far more usual than as it was recorded, the exchange is suspected. What is usual are the P wave, QRS, ST
// and T of each lead and how the leads go together, as I with V6 (Kors and van Herpen, Am J Cardiol 2001;
// Batchvarov et al, Europace 2007), fitted on PTB-XL. An exchange with the right leg's electrode leaves a limb lead
// without a signal.

import Glibc

/// Judges the electrodes of a stream of twelve leads from its last 16 beats. Allocates only at `init`; takes any
/// input. One thread.
public final class ElectrodeSwap {
  /// A way in which the electrodes may be, how to undo it, and how much more usual the heart must then look. The
  /// limits were set by hand, PTB-XL's cross-validated figures and LUDB's in view, at one or two false suspicions in
  /// a thousand records for each.
  private struct Hypothesis {
    var exchange: ElectrodeExchange
    var undo: LeadMatrix
    var margin: Float
  }

  /// Means in stretches of the beat, and products of every two leads over them: seconds from the middle of QRS, and
  /// what brings each to the size of the others. As in the script that fitted the coefficients.
  private static let means: [(Double, Double, Float)] = [
    (-0.20, -0.14, 10), (-0.14, -0.08, 10), (-0.06, -0.02, 1), (-0.02, 0.02, 1), (0.02, 0.06, 1),
    (0.07, 0.13, 4), (0.13, 0.23, 3), (0.23, 0.38, 3),
  ]
  private static let products: [(Double, Double, Float)] = [
    (-0.22, -0.07, 10), (-0.06, 0, 1), (0, 0.06, 1), (0.06, 0.13, 4), (0.13, 0.38, 3),
  ]
  /// A limb lead below both is flat, as between two legs: none of 2,780 records has one.
  private static let flatMicrovolts: Float = 100
  private static let flatShare: Float = 0.1
  /// Limb leads so small cannot be judged, microvolts from top to bottom.
  private static let smallestMicrovolts: Float = 300
  /// A chest lead so small measures nothing.
  private static let deadMicrovolts: Float = 20

  private let rows: SIMD8<Int32>
  private let beat: MedianBeat
  private let hypotheses: UnsafeMutableBufferPointer<Hypothesis>
  private let coefficients: UnsafeMutableBufferPointer<Float>
  private let meanRanges: UnsafeMutableBufferPointer<(Range<Int>, Float)>
  private let productRanges: UnsafeMutableBufferPointer<(Range<Int>, Float)>
  private let meanValues: UnsafeMutablePointer<SIMD8<Float>>
  private let productValues: UnsafeMutablePointer<LeadMatrix>

  /// - Parameters:
  ///   - sampleRate: 100 to 2000 Hz.
  ///   - rows: where I, II, V1, V2, V3, V4, V5 and V6 stand in what `process` gets.
  public init(sampleRate: Double, rows: SIMD8<Int32> = [0, 1, 6, 7, 8, 9, 10, 11]) {
    self.rows = rows
    beat = MedianBeat(sampleRate: sampleRate)
    hypotheses = .copy(Self.allHypotheses)
    coefficients = .copy(ElectrodeSwapModel.coefficients)
    meanRanges = .copy(Self.means.map { (MedianBeat.stretch($0.0, $0.1), $0.2) })
    productRanges = .copy(Self.products.map { (MedianBeat.stretch($0.0, $0.1), $0.2) })
    meanValues = .allocate(capacity: meanRanges.count)
    meanValues.initialize(repeating: .zero, count: meanRanges.count)
    productValues = .allocate(capacity: productRanges.count)
    productValues.initialize(repeating: LeadMatrix(), count: productRanges.count)
  }

  deinit {
    hypotheses.deallocate()
    coefficients.deallocate()
    meanRanges.deallocate()
    productRanges.deallocate()
    meanValues.deallocate()
    productValues.deallocate()
  }

  /// Forgets the heart; the next sample is `index`.
  public func restart(at index: Int64) { beat.restart(at: index) }

  /// Takes one sample of all rows in microvolts, NaN where nothing was measured, and the sample of a beat that was
  /// found at it or before.
  public func process(_ microvolts: UnsafePointer<Float>, beat found: Int64?) {
    var leads = SIMD8<Float>.zero
    for lead in 0..<8 { leads[lead] = microvolts[Int(rows[lead])] }
    beat.push(leads)
    if let found { beat.add(found) }
  }

  /// What is suspected of the beats since the start, of the last 16 at most; nil where nothing is or where there
  /// are too few.
  public func judge() -> SuspectedSwap? {
    guard beat.find() else { return nil }
    let sizes = sizes()
    let limbs = sizes.limbs
    guard limbs.max() >= Self.smallestMicrovolts, sizes.chestMinimum >= Self.deadMicrovolts else {
      return nil
    }
    if let flat = flatLead(limbs) { return flat }
    measure()
    let asRecorded = usualness(after: LeadMatrix())
    var suspected: SuspectedSwap?
    var largest: Float = 0
    for hypothesis in hypotheses {
      let excess = usualness(after: hypothesis.undo) - asRecorded - hypothesis.margin
      guard excess > largest else { continue }
      largest = excess
      suspected = SuspectedSwap(
        exchange: hypothesis.exchange, confidence: 1 / (1 + exp(-excess)))
    }
    return suspected
  }

  /// A whole recording of twelve leads in their standard order, `[lead][sample]` microvolts, and its beats in
  /// order.
  public static func judge(
    _ leads: [[Float]], sampleRate: Double, beats: [Int]
  ) -> SuspectedSwap? {
    let swap = ElectrodeSwap(sampleRate: sampleRate)
    swap.read(leads, beats: beats)
    return swap.judge()
  }

  private func read(_ leads: [[Float]], beats: [Int]) {
    var row = [Float](repeating: .nan, count: 12)
    var next = 0
    for sample in 0..<(leads.map(\.count).min() ?? 0) {
      for lead in 0..<min(12, leads.count) { row[lead] = leads[lead][sample] }
      let isBeat = next < beats.count && beats[next] <= sample
      process(row, beat: isBeat ? Int64(beats[next]) : nil)
      if isBeat { next += 1 }
    }
  }
}

extension ElectrodeSwap {
  /// How much more usual the heart looks under each hypothesis than as recorded: for the tests, which compare it
  /// with the script that fitted the model. In the order RA/LA, RA/LL, both turns, V1/V2 to V5/V6.
  static func margins(_ leads: [[Float]], sampleRate: Double, beats: [Int]) -> [Float] {
    let swap = ElectrodeSwap(sampleRate: sampleRate)
    swap.read(leads, beats: beats)
    guard swap.beat.find() else { return [] }
    swap.measure()
    let asRecorded = swap.usualness(after: LeadMatrix())
    return swap.hypotheses.map { swap.usualness(after: $0.undo) - asRecorded }
  }

  private static var allHypotheses: [Hypothesis] {
    // Potentials of RA, LA and LL in terms of I and II, that of RA as zero.
    let potentials: [SIMD2<Float>] = [[0, 0], [1, 0], [0, 1]]
    func limbs(
      _ order: (Int, Int, Int), _ exchange: ElectrodeExchange, _ margin: Float
    ) -> Hypothesis {
      var undo = LeadMatrix()
      let one = potentials[order.1] - potentials[order.0]
      let two = potentials[order.2] - potentials[order.0]
      undo.rows[0] = [one.x, one.y, 0, 0, 0, 0, 0, 0]
      undo.rows[1] = [two.x, two.y, 0, 0, 0, 0, 0, 0]
      return Hypothesis(exchange: exchange, undo: undo, margin: margin)
    }
    func chest(_ lead: Int, _ exchange: ElectrodeExchange, _ margin: Float) -> Hypothesis {
      var undo = LeadMatrix()
      (undo.rows[lead], undo.rows[lead + 1]) = (undo.rows[lead + 1], undo.rows[lead])
      return Hypothesis(exchange: exchange, undo: undo, margin: margin)
    }
    return [
      limbs((1, 0, 2), .rightArmLeftArm, 2), limbs((2, 1, 0), .rightArmLeftLeg, 2),
      limbs((1, 2, 0), .threeLimbs, 4), limbs((2, 0, 1), .threeLimbs, 4),
      chest(2, .v1v2, 2), chest(3, .v2v3, 5), chest(4, .v3v4, 4), chest(5, .v4v5, 4),
      chest(6, .v5v6, 7),
    ]
  }

  /// From top to bottom over P, QRS and T: of I, II and III, and of the smallest chest lead.
  private func sizes() -> (limbs: SIMD3<Float>, chestMinimum: Float) {
    var low = beat.points[0]
    var high = low
    var third = (low: Float.infinity, high: -Float.infinity)
    for point in MedianBeat.stretch(-0.22, 0.4) {
      let leads = beat.points[point]
      low = .smaller(low, leads)
      high = .larger(high, leads)
      third = (min(third.low, leads[1] - leads[0]), max(third.high, leads[1] - leads[0]))
    }
    var sizes = high - low
    let limbs = SIMD3(sizes[0], sizes[1], third.high - third.low)
    sizes[0] = .infinity
    sizes[1] = .infinity
    return (limbs, sizes.min())
  }

  /// The potentials of both legs are nearly the same: the lead between them is flat.
  private func flatLead(_ sizes: SIMD3<Float>) -> SuspectedSwap? {
    let exchanges = (
      ElectrodeExchange.armsAndLegs, ElectrodeExchange.rightArmRightLeg,
      ElectrodeExchange.leftArmRightLeg
    )
    let share = sizes.min() / sizes.max()
    guard sizes.min() < Self.flatMicrovolts, share < Self.flatShare else { return nil }
    let exchange =
      sizes.min() == sizes.x
      ? exchanges.0 : sizes.min() == sizes.y ? exchanges.1 : exchanges.2
    return SuspectedSwap(exchange: exchange, confidence: 1 - 0.5 * share / Self.flatShare)
  }

  /// Means and products of the median beat, limb leads in units of their QRS, chest leads of theirs.
  private func measure() {
    var energy = SIMD8<Float>.zero
    var third: Float = 0
    let qrs = MedianBeat.stretch(-0.06, 0.06)
    for point in qrs {
      let leads = beat.points[point]
      energy += leads * leads
      third += (leads[1] - leads[0]) * (leads[1] - leads[0])
    }
    let count = Float(qrs.count)
    let limb = ((energy[0] + energy[1] + third) / (3 * count)).squareRoot() + 1
    let chest = ((energy.sum() - energy[0] - energy[1]) / (6 * count)).squareRoot() + 1
    var scale = SIMD8(repeating: 1 / chest)
    scale[0] = 1 / limb
    scale[1] = 1 / limb
    for (number, (range, gain)) in meanRanges.enumerated() {
      var sum = SIMD8<Float>.zero
      for point in range { sum += beat.points[point] }
      meanValues[number] = sum * scale * (gain / Float(range.count))
    }
    for (number, (range, gain)) in productRanges.enumerated() {
      var sums = LeadMatrix(repeating: .zero)
      for point in range {
        let leads = beat.points[point] * scale * gain
        for row in 0..<8 { sums.rows[row] += leads[row] * leads }
      }
      for row in 0..<8 { sums.rows[row] /= Float(range.count) }
      productValues[number] = sums
    }
  }

  /// How usual the heart looks when its leads are turned by a matrix.
  private func usualness(after undo: LeadMatrix) -> Float {
    var sum: Float = 0
    var next = 0
    for number in 0..<meanRanges.count {
      let mean = undo.times(meanValues[number])
      for lead in 0..<8 {
        sum += coefficients[next] * Self.flattened(mean[lead])
        next &+= 1
      }
    }
    for number in 0..<productRanges.count {
      let turned = undo.turning(productValues[number])
      for row in 0..<8 {
        for column in row..<8 {
          sum += coefficients[next] * Self.flattened(turned.rows[row][column])
          next &+= 1
        }
      }
    }
    return sum
  }

  /// Large values count less than in proportion, so that no single one decides.
  private static func flattened(_ value: Float) -> Float {
    value < 0 ? -log1p(-value) : log1p(value)
  }
}

extension UnsafeMutableBufferPointer {
  /// New memory with the elements of an array.
  fileprivate static func copy(_ elements: [Element]) -> UnsafeMutableBufferPointer {
    let memory = allocate(capacity: elements.count)
    _ = memory.initialize(from: elements)
    return memory
  }
}
