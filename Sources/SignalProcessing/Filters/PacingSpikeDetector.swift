// Spikes of a pacemaker, as a front-end of 500 samples a second still shows them: a jump of one or two samples and back
// that no heart makes, in several rows at once, with quiet beside it. The limit is honest: a pulse of 0.1-2 ms and
// 2 mV is mostly filtered away before it is sampled; to see every one takes a front-end with its own pace channel.

/// Finds pacing spikes. Below 400 samples a second nothing is found. Allocates only at `init`; takes any finite or
/// missing input. One thread.
public final class PacingSpikeDetector {
  /// Below this rate a spike looks like a complex.
  public static let sampleRateMin = 400.0
  /// Bend over 2 ms below which nothing is a spike: one in two hundred unpaced ECGs has a complex that bends more.
  private static let bendMin: Float = 500
  /// From here on a spike may come as a pair: atrium and ventricle, or both ventricles.
  private static let pairBendMin: Float = 1000
  /// Beside a spike nothing bends more than a third of it.
  private static let quiet: Float = 1 / 3
  /// A spike is a voltage of the body, not of one electrode: a second row bends this share of the first.
  private static let secondRowShare: Float = 0.3
  /// A spike comes back to half its height at least; a step does not.
  private static let returnShare: Float = 0.5

  /// Samples around a peak: quiet from `outer` to `inner` before it and from `near` to `far` after it.
  private struct Surroundings: BitwiseCopyable {
    var outer, inner, near, far: Int
  }

  /// How many samples later a spike is told.
  public let delaySamples: Int

  private let rowCount: Int
  private let groupCount: Int
  private let isAble: Bool
  /// Half the span of a bend, 2 ms.
  private let span: Int
  private let single: Surroundings
  private let pair: Surroundings
  private let capacity: Int
  /// The last samples `[slot][4 x group]`, and the strongest bend of any row there.
  private let samples: UnsafeMutablePointer<Float>
  private let bends: UnsafeMutablePointer<Float>
  /// 1 for a row that is trusted, 0 for another `[group]`.
  private let trust: UnsafeMutablePointer<Lanes>
  private let strongest: UnsafeMutablePointer<Lanes>
  private var trusted: UInt32 = 0
  private var newest = 0
  private var isEmpty = true

  /// Plans the buffers for a rate.
  public init(sampleRate: Double, rowCount: Int) {
    self.rowCount = rowCount
    groupCount = (rowCount + 3) / 4
    isAble = sampleRate >= Self.sampleRateMin
    func count(_ seconds: Double) -> Int { Int((seconds * sampleRate).rounded()) }
    span = max(1, count(0.002))
    single = Surroundings(
      outer: count(0.040), inner: count(0.007), near: count(0.008), far: count(0.018))
    pair = Surroundings(
      outer: count(0.050), inner: count(0.022), near: count(0.020), far: count(0.030))
    delaySamples = pair.far + span
    capacity = delaySamples + pair.outer + span + 2
    samples = .allocate(capacity: capacity * groupCount * 4)
    samples.initialize(repeating: .nan, count: capacity * groupCount * 4)
    bends = .allocate(capacity: capacity)
    bends.initialize(repeating: 0, count: capacity)
    trust = .allocate(capacity: groupCount)
    trust.initialize(repeating: .zero, count: groupCount)
    strongest = .allocate(capacity: groupCount)
    strongest.initialize(repeating: .zero, count: groupCount)
  }

  deinit {
    samples.deallocate()
    bends.deallocate()
    trust.deallocate()
    strongest.deallocate()
  }

  /// The next sample is the first of a new stream, which is taken to have stood still before.
  public func restart() { isEmpty = true }

  /// Takes one sample of all rows, microvolts; bit n of `usable`: row n may be trusted.
  ///
  /// - Returns: whether a spike stood `delaySamples` before this sample.
  public func process(_ raw: UnsafePointer<Float>, usable: UInt32) -> Bool {
    guard isAble else { return false }
    newest = newest &+ 1 == capacity ? 0 : newest &+ 1
    store(raw, in: newest)
    if isEmpty { fill(with: raw) }
    bends[newest] = 0
    if usable != trusted { trust(usable) }
    bends[slot(span)] = strongestBend()
    return isSpike()
  }

  private func store(_ raw: UnsafePointer<Float>, in slot: Int) {
    (samples + slot &* groupCount &* 4).update(from: raw, count: rowCount)
  }

  private func fill(with raw: UnsafePointer<Float>) {
    for slot in 0..<capacity { store(raw, in: slot) }
    bends.update(repeating: 0, count: capacity)
    isEmpty = false
  }

  private func trust(_ usable: UInt32) {
    trusted = usable
    for row in 0..<4 &* groupCount {
      let counts = row < rowCount && usable & (1 &<< UInt32(row)) != 0
      trust[row / 4][row % 4] = counts ? 1 : 0
    }
  }

  /// Where the sample `age` before the newest lies.
  @inline(__always)
  private func slot(_ age: Int) -> Int {
    let slot = newest &- age
    return slot < 0 ? slot &+ capacity : slot
  }

  /// How much every row bends `age` before the newest sample; 0 or NaN where a row is not trusted.
  @inline(__always)
  private func forEachBend(age: Int, _ body: (_ group: Int, Lanes) -> Void) {
    let width = 4 &* groupCount
    let before = UnsafeRawPointer(samples + slot(age &+ span) &* width)
    let middle = UnsafeRawPointer(samples + slot(age) &* width)
    let after = UnsafeRawPointer(samples + slot(age &- span) &* width)
    for group in 0..<groupCount {
      let offset = group &* MemoryLayout<Lanes>.stride
      let now = middle.load(fromByteOffset: offset, as: Lanes.self)
      let rise = now - before.load(fromByteOffset: offset, as: Lanes.self)
      let bend = after.load(fromByteOffset: offset, as: Lanes.self) - now - rise
      body(group, trust[group] * bend.magnitude)
    }
  }

  /// The strongest bend of a trusted row, `span` before the newest sample. A row that is missing counts nothing.
  @inline(__always)
  private func strongestBend() -> Float {
    var most = Lanes.zero
    forEachBend(age: span) { most.replace(with: $1, where: $1 .> most) }
    return most.max()
  }

  /// Is the sample `delaySamples` before the newest a spike?
  @inline(__always)
  private func isSpike() -> Bool {
    let peak = bends[slot(delaySamples)]
    guard peak >= Self.bendMin else { return false }
    return stands(alone: single) || peak >= Self.pairBendMin && stands(alone: pair)
  }

  private func stands(alone around: Surroundings) -> Bool {
    let peak = bends[slot(delaySamples)]
    for offset in 1..<around.inner where bends[slot(delaySamples &+ offset)] >= peak {
      return false
    }
    for offset in 1..<around.near where bends[slot(delaySamples &- offset)] > peak { return false }
    let limit = Self.quiet * peak
    for offset in around.inner...around.outer where bends[slot(delaySamples &+ offset)] > limit {
      return false
    }
    for offset in around.near...around.far where bends[slot(delaySamples &- offset)] > limit {
      return false
    }
    return returns(around)
  }

  /// The row that bends most comes back, and another row bends with it.
  private func returns(_ around: Surroundings) -> Bool {
    strongest.update(repeating: .zero, count: groupCount)
    for offset in -span...span {
      forEachBend(age: delaySamples &+ offset) {
        strongest[$0].replace(with: $1, where: $1 .> strongest[$0])
      }
    }
    var first: (row: Int, bend: Float) = (0, 0)
    var second: Float = 0
    for row in 0..<rowCount {
      let bend = strongest[row / 4][row % 4]
      if bend > first.bend {
        second = first.bend
        first = (row, bend)
      } else {
        second = max(second, bend)
      }
    }
    guard rowCount <= 2 || second >= Self.secondRowShare * first.bend else { return false }
    let base = value(first.row, -around.inner)
    var highest: Float = 0
    for offset in -2 &* span...3 &* span {
      highest = max(highest, abs(value(first.row, offset) - base))
    }
    for offset in 1...around.far
    where abs(value(first.row, offset) - base) <= Self.returnShare * highest { return true }
    return false
  }

  /// A row's sample at an offset from the one that is judged.
  private func value(_ row: Int, _ offset: Int) -> Float {
    samples[slot(delaySamples &- offset) &* groupCount &* 4 &+ row]
  }
}
