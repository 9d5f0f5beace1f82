// What a receiver makes of what a bridge says of itself: news for people, and which of the samples that its ticks show
// as missing it lost itself.

import ECGSignal

/// The last state that a bridge told, and what is still to be told of it. One thread.
struct BridgeHealth {
  private(set) var status = BridgeStatus()
  private var isKnown = false
  private var restart: FrontEndNews?
  private var fault: FrontEndNews?
  private var loss: FrontEndNews?

  /// The bridge's own count where ticks began to be watched; nil until its next HELLO.
  private var baseline: UInt32?
  /// Samples that its ticks showed as missing since then, and those of them that no lost frame explains.
  private var missing: Int64 = 0
  private var unexplained: Int64 = 0
  /// Those already counted as its own.
  private var counted: Int64 = 0

  /// Takes a HELLO's status; true when the bridge started anew since the last one.
  ///
  /// - Parameter isStreaming: whether its samples came before: a plug that was pulled is no news.
  mutating func take(_ new: BridgeStatus, isStreaming: Bool) -> Bool {
    let hasRestarted = new.start != status.start
    if hasRestarted && isKnown && (isStreaming || new.startCause == .watchdog) {
      restart = .restarted(new.startCause)
    }
    if new.fault != status.fault { fault = Self.news(of: new.fault) }
    if hasRestarted { loseSight() }
    if let baseline, baseline != new.samplesLost, status.samplesLost == baseline {
      loss = .losesSamples
    }
    if baseline == nil { baseline = new.samplesLost }
    status = new
    isKnown = true
    return hasRestarted
  }

  private static func news(of fault: BridgeStatus.Fault) -> FrontEndNews {
    switch fault {
    case .none: .recovered
    case .chipSilent: .chipSilent
    case .registersDiffer: .registersDiffer
    case .noConversions: .noConversions
    }
  }

  /// What comes next follows on nothing: what the bridge lost meanwhile is not among what its ticks show.
  mutating func loseSight() {
    baseline = nil
    missing = 0
    unexplained = 0
    counted = 0
  }

  /// Ticks showed a gap; with every frame here it is the bridge's own.
  mutating func noteGap(_ samples: Int64, isComplete: Bool) {
    missing &+= samples
    if isComplete { unexplained &+= samples }
  }

  /// Samples that are known by now to be the bridge's own loss and were not counted as such yet. They are among those
  /// that its ticks showed: no sample is counted as lost for what a HELLO says.
  mutating func takeOwnLoss() -> Int64 {
    let told = baseline.map { Int64(status.samplesLost &- $0) } ?? 0
    let own = max(0, min(missing, max(unexplained, told)) &- counted)
    counted &+= own
    return own
  }

  /// The next thing to tell, once.
  mutating func takeNews() -> FrontEndNews? {
    defer {
      if restart != nil { restart = nil } else if fault != nil { fault = nil } else { loss = nil }
    }
    return restart ?? fault ?? loss
  }
}
