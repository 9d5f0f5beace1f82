// What every wire format's decoder can do: take bytes as they come, give blocks of samples, count the rest.

import ECGSignal

/// The wire formats, by the names that the command line uses.
public enum WireFormat: String, CaseIterable, Sendable {
  /// Our own frame, for bridges and emulators (firmware-config/bridge-frame.md).
  case bridge
  /// OpenBCI Cyton, 33-byte binary packets.
  case cyton
}

/// What a call of `next` found.
public enum DecodeOutcome: Sendable, BitwiseCopyable {
  /// Nothing complete: feed more bytes.
  case needsBytes
  /// The block holds samples.
  case samples
  /// The front-end told what it is, for the first time or differently than before.
  case format
}

/// A resynchronising decoder. Allocates only at `init`; never fails: what is wrong is counted.
public protocol FrameDecoder: AnyObject {
  /// Takes bytes into a bounded buffer; returns how many fitted. Call `next` until it needs bytes, then
  /// feed the rest.
  func feed(_ bytes: UnsafeRawBufferPointer, arrivalNanoseconds: UInt64) -> Int

  /// Fills the block with the next frame's samples.
  ///
  /// - Parameter isQuiet: nothing more came for a while, so a last frame need not wait for its successor.
  func next(into block: SampleBlock, isQuiet: Bool) -> DecodeOutcome

  /// The format that the frames themselves told, nil where the wire format tells none.
  var announcedFormat: SignalFormat? { get }

  /// What happened to the frames so far.
  var counters: FrameCounters { get }

  /// Index of the next sample, gaps counted.
  var nextIndex: Int64 { get }

  /// The device was away for so many samples: the next block says so, and the counters of the wire start
  /// anew from what comes.
  func skip(samples: Int64)
}
