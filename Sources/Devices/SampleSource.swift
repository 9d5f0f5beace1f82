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

  /// Whether samples come at the pace at which they are measured, so that their arrival tells the true rate. Not so
  /// for files, and for simulations at another speed.
  var keepsRealTime: Bool { get }

  /// What tells this front-end from others of its kind: a serial number, an id of its own. Nil where nothing does.
  /// Known once open.
  var unit: String? { get }

  /// Fills the block with the next samples, waiting at most 100 ms. Allocates nothing.
  func read(into block: SampleBlock) -> ReadOutcome

  /// Tries once to open a device that went away. The stream goes on with a gap of the length that
  /// the host clock says.
  func reopen() -> Bool

  /// Why `read` ended a stream that might have gone on: a sentence for the user, nil where it ended by itself.
  var endReason: String? { get }

  /// The way to give the front-end commands, nil where it takes none.
  var control: (any FrontEndControl)? { get }

  /// Whether it is known what the inputs are on: the front-end says so, or it was told to put them on the electrodes.
  /// Known once open.
  var knowsInputs: Bool { get }

  /// Called at least four times a second while `reopen` waits for longer: whoever watches the thread knows that it
  /// does not hang. Set before the acquisition thread begins.
  var whileWaiting: () -> Void { get set }

  /// The rate as arrivals tell it by now, or as calibration found it: whoever reads the samples tells it, and the
  /// source counts by it what was missed while the device was away. Nil: nobody knows better than the nominal rate.
  var fittedSampleRate: Double? { get set }

  /// What is new of the device's own state, each change once; nil when there is nothing. Allocates nothing.
  func takeNews() -> FrontEndNews?

  /// Closes the device; a second call does nothing.
  func close()
}

extension SampleSource {
  /// A bus and a file know no serial number.
  public var unit: String? { nil }

  /// Most have inputs that are known, or none.
  public var knowsInputs: Bool { true }

  /// Sources that cannot go away need no return.
  public func reopen() -> Bool { false }

  /// Sources that never wait for more than a moment.
  public var whileWaiting: () -> Void {
    get { {} }
    set {}
  }

  /// Sources without a clock of their own.
  public var keepsRealTime: Bool { false }

  /// Sources that end by themselves only.
  public var endReason: String? { nil }

  /// Sources that do not go away.
  public var fittedSampleRate: Double? {
    get { nil }
    set {}
  }

  /// Sources without a state of their own.
  public func takeNews() -> FrontEndNews? { nil }
}

extension SampleSource {
  /// Opens the source for a patient: every register is put to the profile's value and read back before the stream
  /// begins, because a program may have died in the middle of a calibration. Refuses inputs that are not on the
  /// electrodes.
  public func openOnElectrodes() throws(SourceError) -> SignalFormat {
    var format = try open()
    if let control {
      try control.restore()
      format = try open()
    }
    guard format.provenance != .testSignal else {
      close()
      throw SourceError(
        "The inputs of \(format.sourceName) are on a test signal, not on electrodes: name its board with --profile, "
          + "so that they can be put back, or restart it.")
    }
    return format
  }
}
