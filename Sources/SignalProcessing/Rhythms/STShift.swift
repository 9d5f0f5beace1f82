// Whether the ST level has moved against what it was in the patient's first minutes, in any row. Only beats of the
// usual shape in rows without motion or muscle count, and of a quarter of a minute of them the median.

/// Follows the ST level of every row. Allocates only at `init`. One thread.
///
/// The level is the mean of 20 ms (a period of 50 Hz hum) around J + 60 ms, less that of the 20 ms before QRS; J is
/// taken 50 ms behind R, as it is in a narrow complex. A J that lies elsewhere adds the same to the reference and
/// to now.
final class STShift {
  private static let blockSeconds = 15.0
  private static let beatsMin = 5
  private static let beatsMax = 64
  /// The reference is the median of the first blocks: two minutes of good signal.
  private static let referenceBlocks = 8
  /// A shift must stand in two blocks, half a minute; the alarm adds as much again.
  private static let blocksToTell = 2
  private static let quietSeconds = 0.08
  private static let levelSeconds = 0.11
  private static let halfSeconds = 0.01
  private static let ringSeconds = 1.0

  private let rowCount: Int
  private let limitMicrovolts: Float
  private let blockSamples: Int64
  private let ringCount: Int
  private let quiet: Int64
  private let level: Int64
  private let half: Int64
  /// Raw microvolts of the last second `[sample][row]`.
  private let ring: UnsafeMutablePointer<Float>
  /// Levels of the beats of this block `[row][beatsMax]`, and how many there are.
  private let levels: UnsafeMutablePointer<Float>
  private let counts: UnsafeMutablePointer<Int>
  /// The levels of the first blocks `[row][referenceBlocks]`.
  private let firstBlocks: UnsafeMutablePointer<Float>
  private let rows: UnsafeMutablePointer<RowLevel>
  private var blockEnd: Int64
  /// The first sample that is known without a gap.
  private var start: Int64 = 0
  /// Whether any row has shifted.
  private(set) var isPresent = false
  /// The row that has moved the most of those that have shifted, and by how much; 0 without any.
  private(set) var largest: (row: Int32, microvolts: Float) = (0, 0)

  /// What is known of a row.
  private struct RowLevel: BitwiseCopyable {
    /// Blocks that the reference is made of, and it.
    var known = 0
    var reference: Float = 0
    /// Blocks in a row that were beyond the limit, on one side.
    var shifted = 0
    /// The last block against the reference.
    var shift: Float = 0
    var isUp = false
  }

  init(sampleRate: Double, rowCount: Int, limitMicrovolts: Float) {
    self.rowCount = rowCount
    self.limitMicrovolts = limitMicrovolts
    blockSamples = Int64((Self.blockSeconds * sampleRate).rounded())
    ringCount = Int((Self.ringSeconds * sampleRate).rounded())
    quiet = Int64((Self.quietSeconds * sampleRate).rounded())
    level = Int64((Self.levelSeconds * sampleRate).rounded())
    half = max(1, Int64((Self.halfSeconds * sampleRate).rounded()))
    ring = .allocate(capacity: ringCount * rowCount)
    ring.initialize(repeating: .nan, count: ringCount * rowCount)
    levels = .allocate(capacity: Self.beatsMax * rowCount)
    levels.initialize(repeating: 0, count: Self.beatsMax * rowCount)
    counts = .allocate(capacity: rowCount)
    counts.initialize(repeating: 0, count: rowCount)
    firstBlocks = .allocate(capacity: Self.referenceBlocks * rowCount)
    firstBlocks.initialize(repeating: 0, count: Self.referenceBlocks * rowCount)
    rows = .allocate(capacity: rowCount)
    rows.initialize(repeating: RowLevel(), count: rowCount)
    blockEnd = blockSamples
  }

  deinit {
    ring.deallocate()
    levels.deallocate()
    counts.deallocate()
    firstBlocks.deallocate()
    rows.deallocate()
  }

  /// Samples are missing, and the next is `index`; the patient is the same.
  func crossGap(to index: Int64) { start = index }

  /// Takes a sample of all rows in microvolts and the beat that was told at it.
  ///
  /// - Parameter calm: bit n: row n can be measured.
  func process(_ raw: UnsafePointer<Float>, calm: UInt32, beat: Beat?, at index: Int64) {
    let place = ring + slot(index) &* rowCount
    for row in 0..<rowCount { place[row] = raw[row] }
    if let beat, beat.beatClass == .normal, beat.familiarity == .usual {
      measure(beat.rPeakIndex, calm, at: index)
    }
    guard index >= blockEnd else { return }
    blockEnd = index &+ blockSamples
    endBlock()
  }

  @inline(__always)
  private func slot(_ index: Int64) -> Int { Int(index % Int64(ringCount)) }

  private func measure(_ rPeak: Int64, _ calm: UInt32, at index: Int64) {
    let first = rPeak &- quiet &- half
    let last = rPeak &+ level &+ half
    guard first > index &- Int64(ringCount), first >= start, last <= index else { return }
    for row in 0..<rowCount where calm & (1 &<< UInt32(row)) != 0 && counts[row] < Self.beatsMax {
      let value = mean(row, rPeak &+ level) - mean(row, rPeak &- quiet)
      guard value.isFinite else { continue }
      levels[row &* Self.beatsMax &+ counts[row]] = value
      counts[row] &+= 1
    }
  }

  private func mean(_ row: Int, _ middle: Int64) -> Float {
    var sum: Float = 0
    for offset in 0..<Int(2 &* half) {
      sum += ring[slot(middle &- half &+ Int64(offset)) &* rowCount &+ row]
    }
    return sum / Float(2 &* half)
  }

  private func endBlock() {
    isPresent = false
    largest = (0, 0)
    for row in 0..<rowCount {
      if counts[row] >= Self.beatsMin {
        take(Self.median(levels + row &* Self.beatsMax, counts[row]), row)
      }
      if rows[row].shifted >= Self.blocksToTell {
        isPresent = true
        let shift = rows[row].shift
        if abs(shift) > abs(largest.microvolts) { largest = (Int32(row), shift) }
      }
      counts[row] = 0
    }
  }

  /// Takes a block's level. A block without one leaves everything as it was.
  private func take(_ level: Float, _ row: Int) {
    guard rows[row].known == Self.referenceBlocks else {
      let blocks = firstBlocks + row &* Self.referenceBlocks
      blocks[rows[row].known] = level
      rows[row].known &+= 1
      rows[row].reference = Self.median(blocks, rows[row].known)
      return
    }
    let shift = level - rows[row].reference
    let isSame = rows[row].shifted == 0 || rows[row].isUp == (shift > 0)
    rows[row].isUp = shift > 0
    rows[row].shift = shift
    let isShifted = abs(shift) >= limitMicrovolts
    rows[row].shifted = isShifted ? (isSame ? min(rows[row].shifted &+ 1, 100) : 1) : 0
  }

  /// Sorts the values.
  private static func median(_ values: UnsafeMutablePointer<Float>, _ count: Int) -> Float {
    for end in 1..<max(count, 1) {
      var place = end
      while place > 0, values[place] < values[place &- 1] {
        (values[place], values[place &- 1]) = (values[place &- 1], values[place])
        place &-= 1
      }
    }
    return 0.5 * (values[count / 2] + values[(count &- 1) / 2])
  }
}
