// The door through which samples come in. Real devices, emulators, recordings and the simulated patient
// stand behind it alike; only the command line knows which.

import ECGSignal

/// What one call of `read` brought.
public enum ReadOutcome: Sendable, BitwiseCopyable {
  /// The block holds samples.
  case samples
  /// Nothing arrived within the source's patience (at most 100 ms).
  case idle
  /// The stream is over; the block holds nothing.
  case ended
  /// The device is gone. Call `reopen` until it is back.
  case disconnected
}

/// Why a source cannot be opened: one sentence that names the thing, the reason and the remedy.
public struct SourceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  /// Creates the error from its sentence.
  public init(_ description: String) { self.description = description }
}

/// A stream of samples. After `open`, all calls come from one thread, the acquisition thread.
public protocol SampleSource: AnyObject {
  /// Opens the device and waits until the format of its signal is known.
  func open() throws(SourceError) -> SignalFormat

  /// Whether the source can wait while the pipeline is busy (files, simulation at full speed). One
  /// that cannot loses samples when the ring is full.
  var waitsForConsumer: Bool { get }

  /// Fills the block with the next samples, waiting at most 100 ms. Allocates nothing.
  func read(into block: SampleBlock) -> ReadOutcome

  /// Tries once to open a device that went away. The stream goes on with a gap of the length that
  /// the host clock says.
  func reopen() -> Bool

  /// Closes the device; a second call does nothing.
  func close()
}

extension SampleSource {
  /// Sources that cannot go away need no return.
  public func reopen() -> Bool { false }
}
