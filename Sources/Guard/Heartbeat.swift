// What a monitor shows of its life: who it is, how far it has come, and how often each of its loops turned. The
// words of this file are all that monitor and guard have in common.

/// A loop of the monitor without which no alarm is raised, heard or seen.
public enum WatchedLoop: Int, BitwiseCopyable, CaseIterable, Sendable {
  case acquisition, processing, sound, lamp

  /// The word in JSON.
  public var name: String {
    switch self {
    case .acquisition: "acquisition"
    case .processing: "processing"
    case .sound: "sound"
    case .lamp: "lamp"
    }
  }
}

/// How far a monitor has come.
public enum MonitorPhase: UInt64, Sendable {
  /// It opens its front-end; no loop turns yet.
  case starting
  /// Its loops turn.
  case running
  /// It was told to stop, or its recording is over: nobody expects it to watch.
  case ended
  /// It gave up, and said why.
  case failed
}

/// A heartbeat, as a guard reads it.
public struct Heartbeat: Hashable, Sendable {
  /// The monitor's process.
  public var processID: Int32
  /// When it started, nanoseconds of CLOCK_MONOTONIC: with the process id it tells one run from another.
  public var startNanoseconds: UInt64
  /// How far it has come.
  public var phase: MonitorPhase
  /// Turns so far of the loops that this run has: one without a lamp has no loop for it.
  public var turns: [WatchedLoop: UInt64]

  /// A heartbeat.
  public init(
    processID: Int32, startNanoseconds: UInt64, phase: MonitorPhase, turns: [WatchedLoop: UInt64]
  ) {
    self.processID = processID
    self.startNanoseconds = startNanoseconds
    self.phase = phase
    self.turns = turns
  }

  /// Whether both are of the same run of a monitor.
  func isSameRun(as other: Heartbeat) -> Bool {
    processID == other.processID && startNanoseconds == other.startNanoseconds
  }
}

/// The file's words, each 64 bits as this computer writes them: both processes run on it.
enum HeartbeatWord: Int, CaseIterable {
  case magic, processID, startNanoseconds, check, phase, loops
  case acquisition, processing, sound, lamp

  /// Bytes of the file.
  static let byteCount = allCases.count * 8
  /// "ECGbeat1", for whoever looks at the file.
  static let magicValue: UInt64 = 0x3174_6165_6247_4345

  /// The counter of a loop.
  static func turns(of loop: WatchedLoop) -> HeartbeatWord {
    switch loop {
    case .acquisition: .acquisition
    case .processing: .processing
    case .sound: .sound
    case .lamp: .lamp
    }
  }

  /// Binds the words that a run never changes: a file that something else wrote into does not pass.
  static func check(processID: UInt64, startNanoseconds: UInt64) -> UInt64 {
    magicValue ^ processID &* 0x9E37_79B9_7F4A_7C15 ^ startNanoseconds
  }
}

extension Heartbeat {
  /// Reads the file's bytes; nil where they are no heartbeat.
  init?(bytes: [UInt8]) {
    guard bytes.count == HeartbeatWord.byteCount else { return nil }
    func word(_ word: HeartbeatWord) -> UInt64 {
      bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: word.rawValue * 8, as: UInt64.self) }
    }
    let check = HeartbeatWord.check(
      processID: word(.processID), startNanoseconds: word(.startNanoseconds))
    guard word(.magic) == HeartbeatWord.magicValue, word(.check) == check,
      let phase = MonitorPhase(rawValue: word(.phase)),
      let processID = Int32(exactly: word(.processID)), processID > 0,
      word(.loops) >> UInt64(WatchedLoop.allCases.count) == 0
    else { return nil }
    self.processID = processID
    self.phase = phase
    startNanoseconds = word(.startNanoseconds)
    turns = [:]
    for loop in WatchedLoop.allCases where word(.loops) & 1 << UInt64(loop.rawValue) != 0 {
      turns[loop] = word(.turns(of: loop))
    }
  }
}
