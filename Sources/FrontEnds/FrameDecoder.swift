// What every wire format's decoder can do: take bytes as they come, give blocks of samples, count the rest.

import ECGSignal

/// What a call of `next` found.
public enum DecodeOutcome: Sendable, BitwiseCopyable {
  /// Nothing complete: feed more bytes.
  case needsBytes
  /// The block holds samples.
  case samples
  /// The front-end told what it is, for the first time or differently than before.
  case format
}

/// What a decoder must know before the first byte, from the board's profile.
public struct WireSettings: Hashable, Sendable {
  /// Nominal samples a second and channel; ignored where the frames tell it.
  public var sampleRate: Double
  /// Channels that the board sends; ignored where the frames tell it.
  public var channelCount: Int
  /// Whether arrival times are those of a live device: they then tell 258 lost frames from 2, or lost frames at all
  /// where nothing on the wire counts. False for bytes that come faster or slower than the device sends.
  public var usesHostTime: Bool
  /// Whether each call of `feed` brings whole frames, as an SPI transfer does: nothing is then searched for or waited
  /// for, and what is no frame is refused whole. For formats that have a use for it: those of the converter chips.
  public var isAligned = false
  /// The leads that findings may rest on, from the board's profile: the frames that tell their format do not tell that.
  public var diagnosticLeads = LeadSet.twelve
  /// Channels (bit `n` for channel `n`) whose positive input has its electrode watched: LOFF_SENSP of the ADS family.
  public var watchedPositiveInputs: UInt32 = .max
  /// Channels whose negative input has its electrode watched: LOFF_SENSN of the ADS family. Nil where the registers are
  /// not known: all of an ADS1292R, none of the others, as a negative input at the Wilson terminal has no electrode of
  /// its own and its bit says nothing.
  public var watchedNegativeInputs: UInt32?

  /// Describes a stream.
  public init(sampleRate: Double, channelCount: Int, usesHostTime: Bool) {
    self.sampleRate = sampleRate
    self.channelCount = channelCount
    self.usesHostTime = usesHostTime
  }
}

/// A resynchronising decoder. Allocates only at `init`; never fails: what is wrong is counted.
public protocol FrameDecoder: AnyObject {
  /// Allocates the buffers.
  init(_ settings: WireSettings)

  /// Takes bytes into a bounded buffer; returns how many fitted. Call `next` until it needs bytes, then
  /// feed the rest.
  func feed(_ bytes: UnsafeRawBufferPointer, arrivalNanoseconds: UInt64) -> Int

  /// Fills the block with the next frame's samples.
  ///
  /// - Parameter isQuiet: nothing more came for a while, so a last frame need not wait for its successor.
  func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome

  /// The format that the frames themselves told, nil where the wire format tells none.
  var announcedFormat: SignalFormat? { get }

  /// What the frames say that no other front-end has, nil where they say nothing of the kind.
  var announcedUnit: String? { get }

  /// What happened to the frames so far.
  var counters: FrameCounters { get }

  /// Index of the next sample, gaps counted.
  var nextIndex: Int64 { get }

  /// So many samples are missing before the next frame, for a reason that the wire does not tell: the next block
  /// says so. After `.deviceLost` the bytes held are dropped, a reconnection is counted, and the counters of the
  /// wire start anew from what comes.
  func skip(samples: Int64, cause: GapCause)

  /// The rate as arrivals tell it by now: what was not sent while nothing came is counted by it, where no other clock
  /// counts. Index and frames keep to the nominal one.
  func follow(sampleRate: Double)

  /// What the front-end says of its own state, each change once; nil when there is nothing new.
  func takeNews() -> FrontEndNews?

  /// The stream begins with what comes now: index and counters are 0 again, and nothing is missing before.
  func beginStream()
}

extension FrameDecoder {
  /// Most boards' frames are alike.
  public var announcedUnit: String? { nil }

  /// A decoder whose front-end takes no commands before its stream begins has nothing to forget.
  public func beginStream() {}

  /// A decoder that is told how long its device was away has no use for it.
  public func follow(sampleRate: Double) {}

  /// Most front-ends say nothing.
  public func takeNews() -> FrontEndNews? { nil }
}
