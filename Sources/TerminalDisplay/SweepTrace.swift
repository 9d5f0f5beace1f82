// One curve of the sweep: the newest samples overwrite the oldest from left to right, with a gap that wanders
// before them. Amplitude and speed are fixed, so that a wave looks the same today and tomorrow.

/// Lowest and highest value of each column of dots.
struct SweepTrace {
  /// Columns of dots a second: 40 ms each.
  static let dotsPerSecond = 25.0
  /// Half the height of a band: larger waves are cut at its edge, not scaled down.
  static let halfRangeMicrovolts: Float = 1500
  /// Columns that are blank before the newest.
  static let eraseDots = 6

  let name: String
  private var minimum: [Float]
  private var maximum: [Float]
  private var position = 0
  private var samplesInDot = 0.0
  private let samplesPerDot: Double

  init(name: String, dots: Int, sampleRate: Double) {
    self.name = name
    samplesPerDot = sampleRate / Self.dotsPerSecond
    minimum = Array(repeating: .nan, count: max(dots, 1))
    maximum = minimum
  }

  var dots: Int { minimum.count }

  /// Takes the next point; what is not finite is a gap.
  mutating func push(_ microvolts: Float) {
    if microvolts.isFinite {
      minimum[position] = minimum[position].isNaN ? microvolts : min(minimum[position], microvolts)
      maximum[position] = maximum[position].isNaN ? microvolts : max(maximum[position], microvolts)
    }
    samplesInDot += 1
    guard samplesInDot >= samplesPerDot else { return }
    samplesInDot -= samplesPerDot
    position = (position + 1) % dots
    minimum[position] = .nan
    maximum[position] = .nan
    let erased = (position + Self.eraseDots) % dots
    minimum[erased] = .nan
    maximum[erased] = .nan
  }

  /// Rows of dots, counted from the top of a band of `height`, that column `dot` covers, joined to the column
  /// before; nil for a gap.
  func span(dot: Int, height: Int) -> ClosedRange<Int>? {
    guard !minimum[dot].isNaN else { return nil }
    var low = minimum[dot]
    var high = maximum[dot]
    if dot > 0, !minimum[dot - 1].isNaN {
      low = min(low, maximum[dot - 1])
      high = max(high, minimum[dot - 1])
    }
    return Self.row(high, height)...Self.row(low, height)
  }

  /// The row of dots of a voltage.
  static func row(_ microvolts: Float, _ height: Int) -> Int {
    let visible = max(-halfRangeMicrovolts, min(halfRangeMicrovolts, microvolts))
    let share = (halfRangeMicrovolts - visible) / (2 * halfRangeMicrovolts)
    return Int((share * Float(height - 1)).rounded())
  }
}
