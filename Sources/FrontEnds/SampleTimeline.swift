// The place in time of samples: what the decoder knows to be missing and, where the frames carry no counter, what the
// host's clock finds missing become gaps, each counted once.

import ECGSignal

/// Index, gaps and counters of a stream. Allocates only at `init`. One thread.
struct SampleTimeline: ~Copyable {
  /// What happened to the frames so far. The decoder counts frames and bytes, the timeline counts samples.
  var counters = FrameCounters()
  /// Index of the next sample, gaps counted.
  private(set) var nextIndex: Int64 = 0
  private var ledger: HostClockLedger
  private var pendingGap: Int64 = 0
  private var pendingCause = GapCause.none
  /// For how many samples the device was away, as its source estimates; nil while it is there.
  private var absence: Int64?
  private let turn: Int
  private let usesHostTime: Bool

  /// - Parameter turn: frames after which the counter on the wire begins anew, of one sample each; 1 where there is no
  ///   counter. The host's clock tells the rest.
  init(_ settings: WireSettings, turn: Int = 1) {
    self.turn = turn
    usesHostTime = settings.usesHostTime
    ledger = HostClockLedger(
      sampleRate: settings.sampleRate, usesHostTime: usesHostTime, step: turn)
  }

  /// The stream begins with what comes now, at a rate that may be another one: its clock is learnt anew. Allocates.
  mutating func begin(sampleRate: Double) {
    counters = FrameCounters()
    nextIndex = 0
    pendingGap = 0
    pendingCause = .none
    absence = nil
    learnClock(sampleRate: sampleRate)
  }

  /// The frames have told their rate. Allocates.
  mutating func learnClock(sampleRate: Double) {
    ledger = HostClockLedger(sampleRate: sampleRate, usesHostTime: usesHostTime, step: turn)
  }

  /// By how many samples the last of so many more would be late; nil where the clock does not tell.
  func lateness(of samples: Int64, arrivalNanoseconds: UInt64) -> Double? {
    ledger.lateness(of: samples, arrivalNanoseconds: arrivalNanoseconds)
  }

  /// So many samples are known to be missing before the next one: the clock shall not find them again.
  mutating func lose(_ samples: Int64, cause: GapCause) {
    miss(samples, cause: cause)
    if cause == .frontEndOverflow { counters.samplesLostInFrontEnd &+= max(samples, 0) }
  }

  /// The same where the front-end itself tells which of them it lost.
  mutating func miss(_ samples: Int64, cause: GapCause) {
    add(gap: samples, cause)
    ledger.pass(samples)
  }

  /// The front-end began anew, with the clock that it had.
  mutating func restart() { ledger.restart() }

  /// As `HostClockLedger.absence`.
  func absence(estimate: Int64, before samples: Int, arrivalNanoseconds: UInt64) -> Int64 {
    ledger.absence(
      estimate: estimate, before: Int64(samples), arrivalNanoseconds: arrivalNanoseconds)
  }

  /// As `FrameDecoder.skip`, but for the bytes that the decoder holds.
  mutating func skip(samples: Int64, cause: GapCause) {
    guard cause == .deviceLost else { return lose(samples, cause: cause) }
    counters.reconnects &+= 1
    absence = (absence ?? 0) &+ max(samples, 0)
    ledger.restart()
  }

  /// Writes the header of a block whose `samples` came with the read at `arrivalNanoseconds`, and `waiting` more.
  mutating func deliver(
    samples: Int, waiting: Int = 0, leadOff: UInt32, arrivalNanoseconds: UInt64,
    in block: SampleBlock
  ) {
    if let estimate = absence {
      absence = nil
      let away = ledger.absence(
        estimate: estimate, before: Int64(samples), arrivalNanoseconds: arrivalNanoseconds)
      lose(away, cause: .deviceLost)
    }
    let missing = ledger.accept(
      Int64(samples), waiting: Int64(waiting), arrivalNanoseconds: arrivalNanoseconds)
    if missing > 0 {
      add(gap: missing, .clockEstimate)
      counters.samplesLostByClock &+= missing
    } else {
      counters.samplesSurplus &-= missing
    }
    counters.samplesReceived &+= Int64(samples)
    nextIndex &+= pendingGap
    let header = block.header
    header.pointee.firstIndex = nextIndex
    header.pointee.sampleCount = Int32(truncatingIfNeeded: samples)
    header.pointee.gapBefore = pendingGap
    header.pointee.gapCause = pendingCause
    header.pointee.leadOff = leadOff
    header.pointee.arrivalNanoseconds = arrivalNanoseconds
    header.pointee.counters = counters
    nextIndex &+= Int64(samples)
    pendingGap = 0
    pendingCause = .none
  }

  private mutating func add(gap samples: Int64, _ cause: GapCause) {
    guard samples > 0 else { return }
    pendingGap &+= samples
    pendingCause = cause
    counters.samplesLost &+= samples
  }
}
