// A front-end that is not there: a thread that sends the very bytes of a real one, at its pace or faster, with
// faults on demand, and obeys the commands that its board knows.

import CLinux
import Devices
import ECGSignal
import FrontEnds
import LinuxDevices
import RealTime
import Synchronization

/// An emulated front-end on a pseudo-terminal or a network.
public final class EmulatedFrontEnd {
  /// What was sent so far.
  public struct Sent: Hashable, Sendable {
    /// Samples measured, of all channels together: sent, lost or damaged.
    public var samples: Int64 = 0
    /// Those of them that the front-end itself lost, or that a record does not hold.
    public var samplesLostInFrontEnd: Int64 = 0
    /// Samples with an electrode off.
    public var samplesLeadOff: Int64 = 0
    /// Samples with all channels at a rail.
    public var samplesSaturated: Int64 = 0
    /// Frames of samples, repetitions not counted.
    public var frames: Int64 = 0
    /// Frames left out one by one.
    public var framesDropped: Int64 = 0
    /// Frames lost while the line was out or the device away.
    public var framesLostOnLine: Int64 = 0
    /// Frames of which bytes were changed.
    public var framesCorrupted: Int64 = 0
    /// Frames sent twice.
    public var framesDuplicated: Int64 = 0
    /// Bytes that arrived.
    public var bytes: Int64 = 0
    /// Runs of damaged bytes.
    public var bursts: Int64 = 0
    /// Times at which the line held everything back.
    public var stalls: Int64 = 0
    /// Times at which the line lost everything.
    public var outages: Int64 = 0
    /// Times the device went away.
    public var unplugs: Int64 = 0
    /// Times the board lost its power.
    public var powerCuts: Int64 = 0
    /// Times an electrode fell off.
    public var leadOffs: Int64 = 0
    /// Times all channels went to a rail.
    public var saturations: Int64 = 0
    /// Times the front-end's memory was full.
    public var overflows: Int64 = 0

    /// Nothing.
    public init() {}
  }

  /// What the frames carry: the signal's channels as far as the wire format has room, in its converter's scale.
  public let format: SignalFormat
  private let sender: FrontEndSender
  private var thread: RealTimeThread?

  /// Prepares a front-end; `start` sets it going.
  ///
  /// - Parameters:
  ///   - converter: the board's, where it is not the usual one of its format.
  ///   - repeats: begin the signal again when it ends.
  ///   - links: after an unplugging a terminal comes back under the next of these links, the first after the last;
  ///     none for no link.
  ///   - responder: what obeys commands; nil for a front-end that takes none.
  public init(
    signal: any EmulatedSignal, wireFormat: WireFormat, converter: WireConverter? = nil,
    port: EmulatedPort, speed: PlaybackSpeed = .realTime, faults: LineFaults = LineFaults(),
    repeats: Bool = false, links: [String] = [], responder: (any CommandResponder)? = nil
  ) {
    let line = EmulatedLine(
      signal: signal, wireFormat: wireFormat, converter: converter, faults: faults,
      repeats: repeats)
    format = line.format
    sender = FrontEndSender(
      line: line, port: port, links: links, speed: speed, responder: responder)
  }

  /// A front-end on a pseudo-terminal.
  public convenience init(
    signal: any EmulatedSignal, wireFormat: WireFormat, terminal: PseudoTerminal,
    speed: PlaybackSpeed = .realTime, faults: LineFaults = LineFaults()
  ) {
    self.init(
      signal: signal, wireFormat: wireFormat, port: .terminal(terminal), speed: speed,
      faults: faults)
  }

  deinit { stop() }

  /// What was sent so far. Any thread.
  public var sentSoFar: Sent { sender.sent.withLock { $0 } }

  /// Whether the signal has ended.
  public var hasFinished: Bool { sender.isFinished.load(ordering: .acquiring) }

  /// Starts sending.
  public func start() {
    // From here on only the thread touches what is not atomic or locked.
    nonisolated(unsafe) let handedSender = sender
    thread = RealTimeThread(name: "front-end", priority: nil) { handedSender.run() }
  }

  /// Stops sending and waits for the thread.
  public func stop() {
    sender.isStopped.store(true, ordering: .relaxed)
    thread?.join()
    thread = nil
  }
}
