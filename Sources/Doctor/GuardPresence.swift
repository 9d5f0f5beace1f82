// Whether a monitor misses its guard: one that was there and is gone, or one that should have come.

/// Looks after the guard of a monitor that runs. Time is handed in.
public struct GuardPresence: Sendable {
  /// A guard that is started anew is not missed.
  static let patienceSeconds = 30.0

  private var isExpected: Bool
  private var seenAt: Double?

  /// - Parameter isExpected: whether a guard is missed that never came, as beside a service.
  public init(isExpected: Bool) { self.isExpected = isExpected }

  /// Takes a look, at a time that never goes back.
  public mutating func isMissed(isRunning: Bool, at seconds: Double) -> Bool {
    if isRunning { isExpected = true }
    let since = isRunning ? seconds : seenAt ?? seconds
    seenAt = since
    return isExpected && seconds - since >= Self.patienceSeconds
  }
}

extension Machine {
  /// Whether a guard runs on this machine.
  public var runsGuard: Bool { runningCommands.contains { $0.dropFirst().first == "guard" } }
}
