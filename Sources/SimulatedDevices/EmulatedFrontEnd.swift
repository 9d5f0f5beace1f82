// A front-end that is not there: a thread that writes the very bytes of a real one into a pseudo-terminal, at
// its pace or faster, with faults on demand.

import CLinux
import Devices
import ECGSignal
import FrontEnds
import LinuxDevices
import RealTime
import Synchronization

/// Faults that an emulated line has, as shares of the frames. Seeded.
public struct LineFaults: Hashable, Sendable {
  /// Frames that never arrive.
  public var drop: Double
  /// Frames in which one byte is changed.
  public var corrupt: Double
  /// Frames that arrive twice.
  public var duplicate: Double
  /// Seed of the choice.
  public var seed: UInt64

  /// A line without faults unless said otherwise.
  public init(drop: Double = 0, corrupt: Double = 0, duplicate: Double = 0, seed: UInt64 = 1) {
    self.drop = drop
    self.corrupt = corrupt
    self.duplicate = duplicate
    self.seed = seed
  }
}

/// An emulated front-end on a pseudo-terminal.
public final class EmulatedFrontEnd {
  /// What was sent so far.
  public struct Sent: Hashable, Sendable {
    /// Samples measured, of all channels together: sent, dropped or damaged.
    public var samples: Int64 = 0
    /// Frames of samples, repetitions not counted.
    public var frames: Int64 = 0
    /// Frames left out.
    public var framesDropped: Int64 = 0
    /// Frames damaged.
    public var framesCorrupted: Int64 = 0
    /// Frames sent twice.
    public var framesDuplicated: Int64 = 0
  }

  private let writer: FrontEndWriter
  private var thread: RealTimeThread?

  /// Prepares a front-end; `start` sets it going.
  public init(
    signal: any EmulatedSignal, wireFormat: WireFormat, terminal: PseudoTerminal,
    speed: PlaybackSpeed = .realTime, faults: LineFaults = LineFaults(), repeats: Bool = false
  ) {
    writer = FrontEndWriter(
      signal: signal, wireFormat: wireFormat, terminal: terminal, speed: speed, faults: faults,
      repeats: repeats)
  }

  deinit { stop() }

  /// What was sent so far. Any thread.
  public var sentSoFar: Sent { writer.sent.withLock { $0 } }

  /// Whether the signal has ended.
  public var hasFinished: Bool { writer.isFinished.load(ordering: .acquiring) }

  /// Starts writing.
  public func start() {
    // From here on only the thread touches what is not atomic or locked.
    nonisolated(unsafe) let handedWriter = writer
    thread = RealTimeThread(name: "front-end", priority: nil) { handedWriter.run() }
  }

  /// Stops writing and waits for the thread.
  public func stop() {
    writer.isStopped.store(true, ordering: .relaxed)
    thread?.join()
    thread = nil
  }
}

/// What the thread does: paces the signal and writes its frames.
private final class FrontEndWriter {
  let sent = Mutex(EmulatedFrontEnd.Sent())
  let isStopped = Atomic<Bool>(false)
  let isFinished = Atomic<Bool>(false)

  private let signal: any EmulatedSignal
  private let wireFormat: WireFormat
  private let terminal: PseudoTerminal
  private let speed: PlaybackSpeed
  private let faults: LineFaults
  private let repeats: Bool

  init(
    signal: any EmulatedSignal, wireFormat: WireFormat, terminal: PseudoTerminal,
    speed: PlaybackSpeed, faults: LineFaults, repeats: Bool
  ) {
    self.signal = signal
    self.wireFormat = wireFormat
    self.terminal = terminal
    self.speed = speed
    self.faults = faults
    self.repeats = repeats
  }

  func run() {
    let line = EmulatedLine(format: signal.format, wireFormat: wireFormat, faults: faults)
    let channelCount = signal.format.channels.count
    let storage = SampleBlockStorage(channelCount: channelCount)
    let rate = signal.format.sampleRate
    let samplesPerBlock = max(1, min(SampleBlock.sampleCountMax, Int((rate / 50).rounded())))
    let start = clinux_monotonic_nanoseconds()
    var nextHello: Int64 = 0
    while !isStopped.load(ordering: .relaxed) {
      storage.block.header.pointee = SampleBlock.Header()
      if !signal.fill(storage.block, count: samplesPerBlock) {
        guard repeats else { break }
        signal.rewind()
        continue
      }
      let header = storage.block.header.pointee
      let end = Double(header.firstIndex + Int64(header.sampleCount)) / rate
      waitUntil(start, plus: end * speed.wallSecondsPerSecond)
      if header.firstIndex >= nextHello {
        nextHello = header.firstIndex + Int64(rate)
        guard write(line.hello()) else { break }
      }
      guard write(line.frames(of: storage.block)) else { break }
      sent.withLock { $0 = line.sent }
    }
    isFinished.store(true, ordering: .releasing)
  }

  private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count == 0
      || terminal.write(bytes) { isStopped.load(ordering: .relaxed) }
  }

  private func waitUntil(_ start: UInt64, plus seconds: Double) {
    let target = start &+ UInt64(seconds * 1e9)
    while !isStopped.load(ordering: .relaxed) {
      let now = clinux_monotonic_nanoseconds()
      if now >= target { return }
      clinux_sleep_nanoseconds(min(target &- now, 50_000_000))
    }
  }
}
