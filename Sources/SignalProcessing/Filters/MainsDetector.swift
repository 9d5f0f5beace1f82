// Which mains frequency hums in the signal: 50 or 60 Hz. In blocks of 0.4 s each row's wave at 50 and 60 Hz is held
// against the waves 5 Hz beside: hum stands alone, while complexes and muscle give all of them alike.

import Glibc

/// Listens for mains in all rows. Allocates only at `init`; takes any finite or missing input. One thread.
public final class MainsDetector {
  /// The frequencies that are measured; mains is one that has neighbours.
  private static let hertz: [Float] = [45, 50, 55, 60, 65]
  private static let blockSeconds = 0.4
  /// Power of a hum over the geometric mean of its neighbours.
  private static let contrast: Float = 6
  /// A hum below this is not worth a notch elsewhere, microvolts of its peak: a step of a usual recorder.
  private static let microvoltsMin: Float = 5
  /// Share of the newest block in a row's mean powers: two seconds.
  private static let newest: Float = 0.2
  private static let blocksMin = 3
  /// Blocks in a row that say the same before it is believed: when nothing is known, against what is known, and
  /// until silence counts.
  private static let believeBlocks = (first: 2, change: 5, silence: 10)

  /// Mains that is heard now, nil for none.
  public private(set) var hertz: Double?

  private let rowCount: Int
  private let groupCount: Int
  private let binCount: Int
  private let blockCount: Int
  private let window: UnsafeMutablePointer<Float>
  private let turns: UnsafeMutablePointer<Float>
  /// Square of microvolts for a unit of a bin's power.
  private let scale: UnsafeMutablePointer<Float>
  /// Goertzel's two values `[group][bin]`.
  private let first: UnsafeMutablePointer<Lanes>
  private let second: UnsafeMutablePointer<Lanes>
  /// The last two samples `[group]`.
  private let previous: UnsafeMutablePointer<Lanes>
  private let beforePrevious: UnsafeMutablePointer<Lanes>
  /// Mean squares of microvolts `[row][bin]`, and the blocks in them.
  private let powers: UnsafeMutablePointer<Float>
  private let blocks: UnsafeMutablePointer<Int>

  /// Negative: samples until a block starts.
  private var position = -2
  private var trusted = UInt32.max
  private var candidate: Double?
  private var candidateRun = 0

  /// Plans the buffers. A rate below 125 Hz tells no mains: `hertz` stays nil.
  public init(sampleRate: Double, rowCount: Int) {
    self.rowCount = rowCount
    groupCount = (rowCount + 3) / 4
    blockCount = max(1, Int((Self.blockSeconds * sampleRate).rounded()))
    let bins = sampleRate < 125 ? [] : Self.hertz.filter { Double($0) < 0.49 * sampleRate }
    binCount = bins.count
    window = .allocate(capacity: blockCount)
    for index in 0..<blockCount {
      let angle = 2 * Double.pi * (Double(index) + 0.5) / Double(blockCount)
      (window + index).initialize(to: Float(0.5 - 0.5 * cos(angle)))
    }
    turns = .allocate(capacity: Self.hertz.count)
    scale = .allocate(capacity: Self.hertz.count)
    for (bin, hertz) in bins.enumerated() {
      let angle = 2 * Double.pi * Double(hertz) / sampleRate
      // A wave's peak through the second difference and Hann's window.
      let gain = 4 * sin(angle / 2) * sin(angle / 2) * Double(blockCount) / 4
      (turns + bin).initialize(to: Float(2 * cos(angle)))
      (scale + bin).initialize(to: Float(1 / (gain * gain)))
    }
    first = .allocate(capacity: groupCount * Self.hertz.count)
    second = .allocate(capacity: groupCount * Self.hertz.count)
    previous = .allocate(capacity: groupCount)
    beforePrevious = .allocate(capacity: groupCount)
    powers = .allocate(capacity: rowCount * Self.hertz.count)
    blocks = .allocate(capacity: rowCount)
    previous.initialize(repeating: .zero, count: groupCount)
    beforePrevious.initialize(repeating: .zero, count: groupCount)
    first.initialize(repeating: .zero, count: groupCount * Self.hertz.count)
    second.initialize(repeating: .zero, count: groupCount * Self.hertz.count)
    powers.initialize(repeating: 0, count: rowCount * Self.hertz.count)
    blocks.initialize(repeating: 0, count: rowCount)
  }

  deinit {
    window.deallocate()
    turns.deallocate()
    scale.deallocate()
    first.deallocate()
    second.deallocate()
    previous.deallocate()
    beforePrevious.deallocate()
    powers.deallocate()
    blocks.deallocate()
  }

  /// Samples are missing before the next: the block starts anew. What is known stays.
  public func restart() { startBlock(at: -2) }

  /// Takes one sample of all rows, microvolts; bit n of `usable`: row n may be asked. True when `hertz` changed.
  public func process(_ microvolts: UnsafePointer<Float>, usable: UInt32) -> Bool {
    guard binCount > 0 else { return false }
    trusted &= usable
    for group in 0..<groupCount { listen(group, load(microvolts, group)) }
    position &+= 1
    guard position == blockCount else { return false }
    for row in 0..<rowCount { weigh(row) }
    startBlock(at: 0)
    return decide()
  }

  private func startBlock(at position: Int) {
    self.position = position
    trusted = .max
    first.update(repeating: .zero, count: groupCount &* binCount)
    second.update(repeating: .zero, count: groupCount &* binCount)
  }

  @inline(__always)
  private func load(_ microvolts: UnsafePointer<Float>, _ group: Int) -> Lanes {
    let row = 4 &* group
    if row &+ 4 <= rowCount {
      return UnsafeRawPointer(microvolts + row).loadUnaligned(as: Lanes.self)
    }
    var values = Lanes.zero
    for lane in 0..<rowCount &- row { values[lane] = microvolts[row &+ lane] }
    return values
  }

  /// The second difference takes the baseline away, Hann's window what comes and goes with the block.
  @inline(__always)
  private func listen(_ group: Int, _ values: Lanes) {
    let bend = values - 2 * previous[group] + beforePrevious[group]
    beforePrevious[group] = previous[group]
    previous[group] = values
    guard position >= 0 else { return }
    let input = window[position] * bend
    let base = group &* binCount
    for bin in base..<base &+ binCount {
      let next = input + turns[bin &- base] * first[bin] - second[bin]
      second[bin] = first[bin]
      first[bin] = next
    }
  }

  /// Takes the block's powers into a row's means. A block in which the row was missing or not usable does not count.
  private func weigh(_ row: Int) {
    let base = row / 4 &* binCount
    let lane = row % 4
    guard trusted & (1 &<< UInt32(row)) != 0 else { return }
    let share = max(Self.newest, 1 / Float(blocks[row] &+ 1))
    for bin in 0..<binCount {
      let a = first[base &+ bin][lane]
      let b = second[base &+ bin][lane]
      let power = (a * a + b * b - turns[bin] * a * b) * scale[bin]
      guard power.isFinite else { return }
      let mean = powers + (row &* binCount &+ bin)
      mean.pointee += share * (power - mean.pointee)
    }
    blocks[row] = min(blocks[row] &+ 1, 1000)
  }

  /// The strongest hum of any row that stands out of its neighbours.
  private func strongestHum() -> Double? {
    var strongest = Self.microvoltsMin * Self.microvoltsMin
    var found: Double?
    for row in 0..<rowCount where blocks[row] >= Self.blocksMin {
      let power = powers + row &* binCount
      for bin in stride(from: 1, to: min(4, binCount), by: 2) {
        let below = power[bin &- 1]
        let above = bin &+ 1 < binCount ? power[bin &+ 1] : below
        // A complex falls evenly, in decibels, over these 10 Hz.
        let beside = (below * above).squareRoot()
        if power[bin] > Self.contrast * beside, power[bin] > strongest {
          strongest = power[bin]
          found = bin == 1 ? 50 : 60
        }
      }
    }
    return found
  }

  private func decide() -> Bool {
    let heard = strongestHum()
    candidateRun = heard == candidate ? min(candidateRun &+ 1, 1000) : 1
    candidate = heard
    let needed =
      heard == nil
      ? Self.believeBlocks.silence
      : hertz == nil ? Self.believeBlocks.first : Self.believeBlocks.change
    guard heard != hertz, candidateRun >= needed else { return false }
    hertz = heard
    return true
  }
}
