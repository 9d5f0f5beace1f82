// What the pipeline has to say, as plain values that cross threads without reference counting. Names and
// texts are looked up by whoever shows them.

import Alarms
import ECGSignal
import SignalProcessing

/// How complete a stream is. A sample counts once for all channels together.
public struct SampleTally: BitwiseCopyable, Sendable, Hashable {
  /// Samples that the pipeline received.
  public var samplesReceived: Int64 = 0
  /// Samples known to be missing, for any cause.
  public var samplesLost: Int64 = 0
  /// The source's own counters.
  public var counters = FrameCounters()

  /// Nothing yet.
  public init() {}

  /// Share of the stream that was received, 0-1; 1 while nothing was expected.
  public var completeness: Double {
    let expected = samplesReceived + samplesLost
    return expected == 0 ? 1 : Double(samplesReceived) / Double(expected)
  }
}

/// Something that happened at a sample of the stream.
public struct PipelineEvent: BitwiseCopyable, Sendable {
  /// What happened.
  public enum Kind: BitwiseCopyable, Sendable {
    /// Once a second; nil when no rate can be told.
    case heartRate(beatsPerMinute: Float?)
    /// A QRS complex at `beatIndex`, decided now.
    case beat(beatIndex: Int64, beatClass: BeatClass)
    /// A rhythm began or ended.
    case rhythm(RhythmChange)
    /// One statement of one window; nil when it was not assessed for want of leads.
    case finding(statement: Int32, probability: Float?, leads: LeadSet)
    /// The last `finding` of a window was sent.
    case window(frames: Int32, leads: LeadSet)
    /// An alarm started, changed its priority or ended, or a person did something about it.
    case alarm(AlarmTransition)
    /// What keeps alarms silent changed, or a second of the audio pause went by.
    case inactivation(AlarmInactivation)
    /// Samples are missing before this sample.
    case gap(samples: Int64, cause: GapCause)
    /// Once a second: overall quality 0-100, the rows that may not be trusted, a bit each, and what each row
    /// looks like.
    case quality(index: Int32, unusableRows: UInt32, electrodesOff: UInt32, grades: RowGrades)
    /// At the start, and when the notch moved to another mains frequency.
    case filters(FilterState)
    /// Electrodes look exchanged, or (nil) no longer do.
    case electrodeSwap(SuspectedSwap?)
    /// Once a second: what arrived and what did not, since the start of the stream.
    case tally(SampleTally)
    /// What the true sample rate is, once it is known and then every ten seconds at most.
    case clock(ClockFit)
    /// The stream is over.
    case ended

    init(_ news: AlarmNews) {
      switch news {
      case .transition(let transition): self = .alarm(transition)
      case .inactivation(let inactivation): self = .inactivation(inactivation)
      }
    }
  }

  /// What happened.
  public var kind: Kind
  /// Sample of the stream at which it was decided.
  public var index: Int64
  /// Seconds of signal at that sample, by the true rate as far as it is known.
  public var seconds: Double
  /// Samples a second by which time goes then.
  public var sampleRate: Double
  /// CLOCK_MONOTONIC at which the samples that decided it had arrived.
  public var arrivalNanoseconds: UInt64

  /// Seconds of signal at another sample, near the event's own.
  public func seconds(at other: Int64) -> Double {
    seconds + Double(other &- index) / sampleRate
  }
}

/// The events of one step. Cleared by each step, so whoever steps reads them before the next.
public final class EventBuffer {
  /// More than a step can have: every statement of a window, every alarm, and what a second brings.
  private let capacity: Int
  private let storage: UnsafeMutablePointer<PipelineEvent>
  /// Events of the last step.
  public private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    storage = .allocate(capacity: capacity)
  }

  deinit { storage.deallocate() }

  /// The event at a position below `count`.
  public subscript(position: Int) -> PipelineEvent { storage[position] }

  func clear() { count = 0 }

  func append(
    _ kind: PipelineEvent.Kind, index: Int64, time: StreamTime, arrivalNanoseconds: UInt64
  ) {
    precondition(count < capacity, "the capacity covers every event that a step can have")
    (storage + count).initialize(
      to: PipelineEvent(
        kind: kind, index: index, seconds: time.seconds(at: index),
        sampleRate: time.sampleRate, arrivalNanoseconds: arrivalNanoseconds))
    count &+= 1
  }
}
