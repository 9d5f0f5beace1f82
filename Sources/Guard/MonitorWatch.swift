// From heartbeats to the alarm that no monitor can raise: that it is not running. Time is handed in; the watch has
// no clock.

import Alarms

/// Why nobody watches over the patient.
public enum Lapse: BitwiseCopyable, Hashable, Sendable {
  /// No monitor has started since the guard did.
  case neverStarted
  /// A monitor has begun to start and does not get further.
  case notStarting
  /// It gave up, and said so.
  case failed
  /// Its process is gone without a farewell.
  case killed
  /// Its process is stopped: by SIGSTOP, a debugger, a frozen group.
  case stopped
  /// A loop of it stands still while its process is there.
  case hanging(WatchedLoop)
  /// Its heartbeat was removed.
  case heartbeatGone
  /// Its heartbeat is none: damaged, or something else's file.
  case heartbeatUnreadable

  /// The word in JSON.
  public var name: String {
    switch self {
    case .neverStarted: "neverStarted"
    case .notStarting: "notStarting"
    case .failed: "failed"
    case .killed: "killed"
    case .stopped: "stopped"
    case .hanging: "hanging"
    case .heartbeatGone: "heartbeatGone"
    case .heartbeatUnreadable: "heartbeatUnreadable"
    }
  }

  /// What people read.
  public var message: String {
    switch self {
    case .neverStarted: "the monitor has not been started"
    case .notStarting: "the monitor does not get past its start"
    case .failed: "the monitor gave up"
    case .killed: "the monitor's process is gone"
    case .stopped: "the monitor's process is stopped"
    case .hanging(let loop): "the monitor's \(loop.name) loop stands still"
    case .heartbeatGone: "the monitor's heartbeat was removed"
    case .heartbeatUnreadable: "the monitor's heartbeat cannot be read"
    }
  }
}

/// What a guard tells.
public enum GuardNotice: BitwiseCopyable, Hashable, Sendable {
  /// A monitor runs, and is watched from now on.
  case watching
  /// The alarm begins, or what is known of it changes, so many seconds after the last sign of life.
  case alarm(Lapse, silentSeconds: Double)
  /// A monitor runs again after so many seconds without; `restarted` where it is another process.
  case back(silentSeconds: Double, restarted: Bool)
  /// A monitor ended as it was told to: nobody expects it to watch.
  case ended
  /// Somebody came: silence for so long, the lamp stays lit.
  case acknowledged(silentSeconds: Double)
  /// The silence is over and the monitor is still away: the alarm sounds again.
  case soundsAgain
}

/// Watches one monitor and its successors.
public struct MonitorWatch: Sendable {
  /// How long a guard waits.
  public struct Limits: Hashable, Sendable {
    /// Without a sign of life from one of its loops before the alarm. IEC 60601-1-8 has no number for this; 5 s is the
    /// project's own bar from the death of a monitor to the sound, and 3 s leave room for the sound card.
    public var silenceSeconds = 3.0
    /// For a monitor that starts, front-end and model included.
    public var startSeconds = 20.0
    /// For a monitor to be started at all; nil where none need be.
    public var firstStartSeconds: Double?
    /// For how long an acknowledgement silences: as long as a monitor's audio pause. A bed whose monitor is dead is not
    /// left in silence by one press.
    public var silenceSecondsOfAcknowledgement = AlarmSystem.audioPauseSecondsMax
    /// What is heard before each silence, which is more than a burst: a button that is stuck, or whose line picks up
    /// noise, does not make a guard mute.
    public var heardSeconds = 5.0

    /// The defaults.
    public init() {}
  }

  /// Why the alarm is on; nil while it is off.
  public private(set) var lapse: Lapse?
  /// Whether the alarm that is on makes no sound, because somebody has come.
  public var isSilent: Bool { silentUntil != nil }

  /// The monitor's process; after an end in order, and before the first monitor, 0.
  public var processID: Int32 { last?.processID ?? 0 }

  private let limits: Limits
  /// Until when the alarm makes no sound.
  private var silentUntil: Double?
  /// Since when the alarm has been heard.
  private var soundingSince: Double?
  /// Whether somebody has come whose silence has not begun.
  private var isAsked = false
  /// The monitor's newest heartbeat; nil until there is one, and after one that ended in order.
  private var last: Heartbeat?
  /// When each loop was last seen to have turned in this run.
  private var turnedAt: [WatchedLoop: Double] = [:]
  /// When a monitor was last seen with every loop turning; nil where none has been since one ended in order.
  private var aliveAt: Double?
  /// Whether the run that was alive is another than the one of `last`.
  private var isSuccessor = false
  /// Whether any monitor has been seen: then nobody waits for the first.
  private var hasSeenOne = false
  /// When the wait for a monitor began.
  private var waitingSince: Double?
  private var lastLook: Double?
  /// No alarm before this: a guard that was held up itself gives the monitor time to show that it was, too.
  private var notBefore = 0.0

  /// A watch that has seen nothing yet.
  public init(limits: Limits = Limits()) { self.limits = limits }

  /// Takes a look at the heartbeat, ten times a second, at a time that never goes back. `process` asks after the
  /// monitor's process, where that matters.
  public mutating func look(
    _ reading: HeartbeatReading, at seconds: Double, process: (Int32) -> ProcessState
  ) -> GuardNotice? {
    if let lastLook, seconds - lastLook > 1 { notBefore = seconds + 0.5 }
    lastLook = seconds
    waitingSince = waitingSince ?? seconds
    if case .beat(let heartbeat) = reading {
      if heartbeat.phase == .ended { return end(heartbeat) }
      follow(heartbeat, at: seconds)
      if isAlive(at: seconds) { return live(at: seconds) }
    }
    guard seconds >= notBefore, let found = lapse(reading, at: seconds, process: process)
    else { return nil }
    guard found != lapse else { return nil }
    // Which loop hangs may change from look to look; the first one that was seen to is told.
    if case .hanging = found, case .hanging = lapse { return nil }
    lapse = found
    return .alarm(found, silentSeconds: silentSeconds(at: seconds))
  }

  /// Somebody has come. Nothing follows where nothing sounds.
  public mutating func acknowledge() { isAsked = lapse != nil && !isSilent }

  /// Begins and ends the silence that was asked for; after each look, at the same time.
  public mutating func keepSilence(at seconds: Double) -> GuardNotice? {
    guard lapse != nil else {
      (silentUntil, soundingSince, isAsked) = (nil, nil, false)
      return nil
    }
    if let silentUntil {
      guard seconds >= silentUntil else { return nil }
      (self.silentUntil, soundingSince) = (nil, seconds)
      return .soundsAgain
    }
    let since = soundingSince ?? seconds
    soundingSince = since
    guard isAsked, seconds - since >= limits.heardSeconds else { return nil }
    isAsked = false
    silentUntil = seconds + limits.silenceSecondsOfAcknowledgement
    return .acknowledged(silentSeconds: limits.silenceSecondsOfAcknowledgement)
  }

  private func silentSeconds(at seconds: Double) -> Double {
    seconds - (aliveAt ?? waitingSince ?? seconds)
  }

  private mutating func end(_ heartbeat: Heartbeat) -> GuardNotice? {
    // An end that was told already, or that lies before this guard's start.
    guard last != nil || lapse != nil else { return nil }
    self = MonitorWatch(limits: limits)
    hasSeenOne = true
    return .ended
  }

  private mutating func follow(_ heartbeat: Heartbeat, at seconds: Double) {
    hasSeenOne = true
    if let last, last.isSameRun(as: heartbeat) {
      for (loop, count) in heartbeat.turns where count != last.turns[loop] ?? 0 {
        turnedAt[loop] = seconds
      }
    } else {
      turnedAt = [:]
      isSuccessor = last != nil
      if last == nil { waitingSince = seconds }
    }
    last = heartbeat
  }

  /// Whether every loop of a running monitor has turned within the last second.
  private func isAlive(at seconds: Double) -> Bool {
    guard let last, last.phase == .running, !last.turns.isEmpty else { return false }
    return last.turns.keys.allSatisfy { loop in
      turnedAt[loop].map { seconds - $0 < 1 } ?? false
    }
  }

  private mutating func live(at seconds: Double) -> GuardNotice? {
    let silent = silentSeconds(at: seconds)
    let isFirst = aliveAt == nil && lapse == nil
    let wasAway = lapse != nil || isSuccessor
    let restarted = isSuccessor
    // The oldest of the last turns: until then all of it was alive for certain.
    aliveAt = turnedAt.values.min() ?? seconds
    lapse = nil
    isSuccessor = false
    if wasAway { return .back(silentSeconds: silent, restarted: restarted) }
    return isFirst ? .watching : nil
  }

  private func lapse(
    _ reading: HeartbeatReading, at seconds: Double, process: (Int32) -> ProcessState
  ) -> Lapse? {
    guard let last else { return lapseBeforeTheFirst(reading, at: seconds) }
    // A run that gave up is over: nothing is to be waited for.
    if last.phase == .failed, case .beat = reading { return .failed }
    let state = process(last.processID)
    let patience =
      aliveAt != nil || state != .present ? limits.silenceSeconds : limits.startSeconds
    guard silentSeconds(at: seconds) >= patience else { return nil }
    switch (reading, state) {
    case (_, .gone): return .killed
    case (_, .stopped): return .stopped
    case (.absent, _): return .heartbeatGone
    case (.unreadable, _): return .heartbeatUnreadable
    case (.beat, .present) where last.phase == .running: return .hanging(slowest)
    // One that is on its way is no news to whoever hears that its predecessor is gone.
    case (.beat, .present): return lapse ?? .notStarting
    }
  }

  private func lapseBeforeTheFirst(_ reading: HeartbeatReading, at seconds: Double) -> Lapse? {
    let waited = seconds - (waitingSince ?? seconds)
    // What stands in the heartbeat's place hides whether a monitor runs.
    if reading == .unreadable {
      return waited >= limits.silenceSeconds ? .heartbeatUnreadable : nil
    }
    guard let patience = limits.firstStartSeconds, !hasSeenOne, waited >= patience else {
      return nil
    }
    return .neverStarted
  }

  /// The loop that has stood still for longest, the first of several.
  private var slowest: WatchedLoop {
    let loops = WatchedLoop.allCases.filter { last?.turns[$0] != nil }
    return loops.min { turnedAt[$0] ?? -1 < turnedAt[$1] ?? -1 } ?? .processing
  }
}
