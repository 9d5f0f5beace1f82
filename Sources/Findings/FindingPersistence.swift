// One window above a threshold is no finding: it must persist, and so must its end. Keeps a second of
// movement from ringing an alarm, and a second of doubt from silencing one.

/// Per statement, whether it is present: after at least 4 of the last 6 windows above its threshold,
/// until at least 4 of the last 6 are below. At a step of 1 s that is 4 to 6 seconds.
public struct FindingPersistence: ~Copyable {
  private static let windowCount: UInt8 = 6
  private static let neededCount = 4

  /// Statements.
  public let count: Int
  private let thresholds: UnsafeMutablePointer<Float>
  /// Bit 0 is the newest window; 1 = above. Windows before the first count as below.
  private let histories: UnsafeMutablePointer<UInt8>
  private let presence: UnsafeMutablePointer<Bool>
  private let newest: UnsafeMutablePointer<Float>

  /// All absent. `thresholds` are those of `Model.statements`, in their order.
  public init(thresholds: [Float]) {
    count = thresholds.count
    self.thresholds = .allocate(capacity: count)
    self.thresholds.initialize(from: thresholds, count: count)
    histories = .allocate(capacity: count)
    histories.initialize(repeating: 0, count: count)
    presence = .allocate(capacity: count)
    presence.initialize(repeating: false, count: count)
    newest = .allocate(capacity: count)
    newest.initialize(repeating: .nan, count: count)
  }

  deinit {
    thresholds.deallocate()
    histories.deallocate()
    presence.deallocate()
    newest.deallocate()
  }

  /// Takes the probability of one statement in one window and returns whether the statement is present.
  /// NaN, not assessed, counts as below: what can no longer be assessed ages out.
  public mutating func update(_ index: Int, probability: Float) -> Bool {
    precondition(index >= 0 && index < count, "no such statement")
    newest[index] = probability
    let isAbove = probability >= thresholds[index]
    let kept = histories[index] << 1 & (1 << Self.windowCount &- 1)
    histories[index] = kept | (isAbove ? 1 : 0)
    let above = histories[index].nonzeroBitCount
    if above >= Self.neededCount {
      presence[index] = true
    } else if Int(Self.windowCount) &- above >= Self.neededCount {
      presence[index] = false
    }
    return presence[index]
  }

  /// Whether the statement is present.
  public func isPresent(_ index: Int) -> Bool {
    precondition(index >= 0 && index < count, "no such statement")
    return presence[index]
  }

  /// What the newest window said of a statement, NaN where it was not assessed.
  public func newestProbability(_ index: Int) -> Float {
    precondition(index >= 0 && index < count, "no such statement")
    return newest[index]
  }

  /// From which probability on a window counts.
  public func threshold(_ index: Int) -> Float {
    precondition(index >= 0 && index < count, "no such statement")
    return thresholds[index]
  }

  /// All absent again: a new patient or a new stream.
  public mutating func reset() {
    for index in 0..<count {
      histories[index] = 0
      presence[index] = false
      newest[index] = .nan
    }
  }
}
