// What can go wrong between a patient and a host: faults of an emulated front-end and its line, seeded.

/// A fault that comes and goes.
public struct FaultEpisodes: Hashable, Sendable {
  /// Mean length of an episode in seconds; single ones have half of it to one and a half.
  public var lengthSeconds: Double
  /// Mean time from the end of an episode to the next in seconds; single ones have half of it to one and a half.
  public var everySeconds: Double

  /// Episodes of a mean length at a mean distance.
  public init(lengthSeconds: Double, everySeconds: Double) {
    precondition(lengthSeconds >= 0 && everySeconds >= 0)
    self.lengthSeconds = lengthSeconds
    self.everySeconds = everySeconds
  }

  /// No episode.
  public static let never = FaultEpisodes(lengthSeconds: 0, everySeconds: 0)
}

/// The faults of an emulated front-end and its line. The same faults and seed damage the same bytes every time.
public struct LineFaults: Hashable, Sendable {
  /// Share of the frames that never arrive.
  public var drop = 0.0
  /// Share of the frames that arrive twice.
  public var duplicate = 0.0
  /// Share of the frames in which one byte, any of them, is changed.
  public var corrupt = 0.0
  /// Share of the frames in which a run of 2 to 64 damaged bytes begins; it may go on in the next frames.
  public var burst = 0.0
  /// Bytes arrive together, once in so many seconds, as from a USB adapter or a radio; 0 for at once.
  public var bundleSeconds = 0.0
  /// Nothing arrives for a while, then all of it at once.
  public var stall = FaultEpisodes.never
  /// Nothing arrives for a while, and what was sent meanwhile is lost.
  public var outage = FaultEpisodes.never
  /// The device is unplugged, and comes back as after power-on.
  public var unplug = FaultEpisodes.never
  /// The board loses its power, as where its battery is changed; its port stays, and it comes back as after power-on.
  public var powerCut = FaultEpisodes.never
  /// The board's oscillator is so many parts in a million too fast: more samples a second of the host's.
  public var driftPartsPerMillion = 0.0
  /// An electrode is off: its channels are at the rail, and the frames say so where they can.
  public var leadOff = FaultEpisodes.never
  /// All channels are at a rail, as after a defibrillation.
  public var saturation = FaultEpisodes.never
  /// The front-end's own memory is full: it measures samples and loses them.
  public var overflow = FaultEpisodes.never
  /// From then on, in seconds of the signal, nothing goes wrong any more but the drift.
  public var endSeconds = Double.infinity
  /// Seed of everything random.
  public var seed: UInt64 = 1

  /// A line without faults.
  public init() {}

  /// A line with faults of single frames: shares of them.
  public init(
    drop: Double = 0, corrupt: Double = 0, duplicate: Double = 0, burst: Double = 0,
    seed: UInt64 = 1
  ) {
    self.drop = drop
    self.corrupt = corrupt
    self.duplicate = duplicate
    self.burst = burst
    self.seed = seed
  }
}

/// Says whether an episode goes on. Time must not go back.
struct EpisodeClock {
  /// Episodes so far.
  private(set) var count: Int64 = 0
  private let episodes: FaultEpisodes
  /// From when on there is none.
  private let endSeconds: Double
  private var generator: SeededGenerator
  private var begin = Double.infinity
  private var end = Double.infinity
  private var isCounted = false

  /// The episodes of one of a line's faults. `stream` tells its random numbers from the others'.
  init(_ fault: KeyPath<LineFaults, FaultEpisodes>, of faults: LineFaults, stream: UInt64) {
    episodes = faults[keyPath: fault]
    endSeconds = faults.endSeconds
    generator = SeededGenerator(seed: faults.seed &+ stream)
    if episodes.lengthSeconds > 0 { draw(after: 0) }
  }

  /// Whether an episode touches a stretch of time.
  mutating func isActive(from start: Double, to stop: Double) -> Bool {
    while start >= end { draw(after: end) }
    guard stop > begin, start < endSeconds else { return false }
    if !isCounted { count += 1 }
    isCounted = true
    return true
  }

  private mutating func draw(after seconds: Double) {
    begin = seconds + episodes.everySeconds * (0.5 + generator.uniform())
    end = begin + episodes.lengthSeconds * (0.5 + generator.uniform())
    isCounted = false
  }
}
