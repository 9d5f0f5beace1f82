// A recording played as a source: its own codes, at its pace or as fast as the pipeline takes them.

import CLinux
import Devices
import ECGSignal
import Recordings

/// Plays a recording once.
public final class RecordSource: SampleSource {
  public let waitsForConsumer: Bool
  private let reader: any RecordingReader
  private let speed: PlaybackSpeed
  private var index: Int64 = 0
  private var start: UInt64 = 0
  private let samplesPerBlock: Int
  private var counters = FrameCounters()

  /// A recording from its beginning.
  public init(_ reader: any RecordingReader, speed: PlaybackSpeed) {
    self.reader = reader
    self.speed = speed
    waitsForConsumer = speed == .maximum
    samplesPerBlock = max(
      1, min(SampleBlock.sampleCountMax, Int((reader.format.sampleRate / 50).rounded())))
  }

  public func open() throws(SourceError) -> SignalFormat {
    start = clinux_monotonic_nanoseconds()
    return reader.format
  }

  /// Reading a file may allocate and wait for the disk: a recording is no live device.
  public func read(into block: SampleBlock) -> ReadOutcome {
    guard
      let count = try? reader.read(
        into: block.codes, stride: SampleBlock.sampleCountMax, count: samplesPerBlock),
      count > 0
    else { return .ended }
    waitForTime(of: index + Int64(count))
    counters.framesReceived += 1
    counters.samplesReceived += Int64(count)
    block.header.pointee.firstIndex = index
    block.header.pointee.sampleCount = Int32(count)
    block.header.pointee.arrivalNanoseconds = clinux_monotonic_nanoseconds()
    block.header.pointee.counters = counters
    index += Int64(count)
    return .samples
  }

  private func waitForTime(of sample: Int64) {
    let seconds = Double(sample) / reader.format.sampleRate * speed.wallSecondsPerSecond
    let target = start &+ UInt64(seconds * 1e9)
    let now = clinux_monotonic_nanoseconds()
    if target > now { clinux_sleep_nanoseconds(target &- now) }
  }

  public func close() {}
}
