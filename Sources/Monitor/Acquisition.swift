// The acquisition thread: reads the source, block by block, into the sample ring. It knows how to wait, how
// to lose samples honestly and how to bring a device back; it knows nothing of what the samples mean.

import CLinux
import Devices
import ECGSignal
import RealTime
import SignalProcessing

/// Body of the acquisition thread.
final class Acquisition {
  /// A live device that says nothing for so long is reported as away.
  private static let silenceNanoseconds: UInt64 = 1_000_000_000
  /// Longest pause between two attempts to open a device that went away: what it takes to come back is the device's.
  private static let backOffNanosecondsMax: UInt64 = 250_000_000

  private let source: any SampleSource
  private let ring: SampleRing
  private let stop: StopFlag
  private let pulse: LoopPulse
  private let sampleRate: Double
  /// The rate by which time goes: fitted, else calibrated, else nominal.
  private var trueSampleRate: Double
  /// Where news of the front-end goes.
  private let news: ValueRing<FrontEndNews>
  /// Samples after which the stream ends, gaps counted.
  private let sampleLimit: Int64
  private let refused: SampleBlockStorage
  /// Fits the true rate where samples come as they are measured.
  private let clock: SampleClock

  /// Samples that a full ring refused since the last block that went through.
  private var refusedSamples: Int64 = 0
  private var nextIndex: Int64 = 0
  /// A device stayed away until the limit was over: what it did not send by then is lost.
  private var hasOutlastedLimit = false
  private var lastArrival: UInt64 = 0
  /// The source's counters as of its last block: blocks without samples carry them on.
  private var lastCounters = FrameCounters()
  private var lastTold: UInt64 = 0

  init(
    source: any SampleSource, ring: SampleRing, news: ValueRing<FrontEndNews>, stop: StopFlag,
    pulse: LoopPulse, format: SignalFormat, sampleLimit: Int64?
  ) {
    self.source = source
    self.ring = ring
    self.stop = stop
    self.pulse = pulse
    self.news = news
    sampleRate = format.sampleRate
    trueSampleRate = format.trueSampleRate
    self.sampleLimit = sampleLimit ?? .max
    refused = SampleBlockStorage(channelCount: ring.channelCount)
    clock = SampleClock(sampleRate: format.sampleRate)
  }

  /// Runs until the source ends, the limit is reached or the flag is set; always sends a last block.
  func run() {
    source.whileWaiting = { [pulse] in pulse.beat() }
    read(from: source)
    source.close()
  }

  /// Opens the existential once, so that the loop calls the concrete source.
  private func read<Source: SampleSource>(from source: Source) {
    lastArrival = clinux_monotonic_nanoseconds()
    if trueSampleRate != sampleRate { source.fittedSampleRate = trueSampleRate }
    while !stop.isSet && nextIndex < sampleLimit && !hasOutlastedLimit {
      pulse.beat()
      guard let block = ring.reserve() else {
        if !sourceWaits(source) { refuse(from: source) }
        continue
      }
      block.header.pointee = SampleBlock.Header()
      let outcome = source.read(into: block)
      while let told = source.takeNews() { _ = news.push(told) }
      switch outcome {
      case .samples: handOver(block, from: source)
      case .idle: tellSilence(block)
      case .ended: return sendLast()
      case .disconnected: bringBack(source)
      }
    }
    sendLast()
  }

  private func handOver(_ block: SampleBlock, from source: some SampleSource) {
    let header = block.header
    if refusedSamples > 0 {
      header.pointee.gapBefore &+= refusedSamples
      header.pointee.gapCause = .ringFull
      refusedSamples = 0
    }
    let room = sampleLimit &- header.pointee.firstIndex
    header.pointee.sampleCount = Int32(
      clamping: min(Int64(header.pointee.sampleCount), max(0, room)))
    nextIndex = header.pointee.firstIndex &+ Int64(header.pointee.sampleCount)
    lastArrival = header.pointee.arrivalNanoseconds
    if source.keepsRealTime { followClock(header, of: source) }
    lastCounters = header.pointee.counters
    ring.commit()
  }

  private func followClock(
    _ header: UnsafeMutablePointer<SampleBlock.Header>, of source: some SampleSource
  ) {
    if header.pointee.isCountedByHost(since: lastCounters) { clock.restart() }
    clock.take(endIndex: nextIndex, arrivalNanoseconds: lastArrival)
    header.pointee.clock = clock.fit
    guard let fitted = clock.fit?.sampleRate(nominal: sampleRate), fitted != trueSampleRate else {
      return
    }
    trueSampleRate = fitted
    source.fittedSampleRate = fitted
  }

  /// Waits for room where the source can wait; false where it cannot.
  private func sourceWaits(_ source: some SampleSource) -> Bool {
    guard source.waitsForConsumer else { return false }
    ring.waitForSpace(milliseconds: 100)
    return true
  }

  /// The ring is full and the device does not wait: the newest block is read, counted and dropped.
  private func refuse(from source: some SampleSource) {
    let block = refused.block
    block.header.pointee = SampleBlock.Header()
    if source.read(into: block) == .samples {
      refusedSamples &+= block.header.pointee.gapBefore &+ Int64(block.header.pointee.sampleCount)
    }
  }

  /// Nothing arrives: after a second of it, and four times a second from then on, a block without samples
  /// lets the pipeline's time go on.
  private func tellSilence(_ block: SampleBlock) {
    let now = clinux_monotonic_nanoseconds()
    guard now &- lastArrival > Self.silenceNanoseconds, now &- lastTold > 250_000_000 else {
      return
    }
    lastTold = now
    let awaySeconds = Double(now &- lastArrival) / 1e9
    let estimatedIndex = nextIndex &+ Int64(awaySeconds * trueSampleRate)
    hasOutlastedLimit = estimatedIndex >= sampleLimit
    block.header.pointee.isDeviceAway = true
    block.header.pointee.counters = lastCounters
    block.header.pointee.firstIndex = estimatedIndex
    block.header.pointee.arrivalNanoseconds = now
    ring.commit()
  }

  /// Tries to open the device again, with growing pauses, until it is back or the monitor stops.
  private func bringBack(_ source: some SampleSource) {
    var pause: UInt64 = 50_000_000
    while !stop.isSet && !hasOutlastedLimit && !source.reopen() {
      let until = clinux_monotonic_nanoseconds() &+ pause
      while !stop.isSet && !hasOutlastedLimit && clinux_monotonic_nanoseconds() < until {
        pulse.beat()
        if let block = ring.reserve() {
          block.header.pointee = SampleBlock.Header()
          tellSilence(block)
        }
        clinux_sleep_nanoseconds(20_000_000)
      }
      pause = min(pause &* 2, Self.backOffNanosecondsMax)
    }
  }

  private func sendLast() {
    while true {
      pulse.beat()
      if let block = ring.reserve() {
        block.header.pointee = SampleBlock.Header()
        if hasOutlastedLimit {
          block.header.pointee.gapBefore = sampleLimit &- nextIndex
          block.header.pointee.gapCause = .deviceLost
        }
        block.header.pointee.firstIndex = nextIndex &+ block.header.pointee.gapBefore
        block.header.pointee.isLast = true
        block.header.pointee.clock = clock.fit
        block.header.pointee.counters = lastCounters
        block.header.pointee.arrivalNanoseconds = clinux_monotonic_nanoseconds()
        return ring.commit()
      }
      ring.waitForSpace(milliseconds: 100)
    }
  }
}
