// Two seconds of a front-end: does it come, at its rate, whole, with electrodes on, within the converter's range?

import Devices
import ECGSignal

/// What a stretch of signal shows.
public struct SignalCheck {
  private let format: SignalFormat
  private var samples: Int64 = 0
  private var firstNanoseconds: UInt64 = 0
  private var lastNanoseconds: UInt64 = 0
  private var samplesAfterFirst: Int64 = 0
  private var gaps: Int64 = 0
  private var counters = FrameCounters()
  private var leadOff: UInt32 = 0
  private var saturated: UInt32 = 0

  /// Watches a stream of this format.
  public init(format: SignalFormat) { self.format = format }

  /// Seconds of signal so far, gaps counted.
  public var seconds: Double { Double(samples + gaps) / format.sampleRate }

  /// Looks at a block.
  public mutating func take(_ block: SampleBlock) {
    let header = block.header.pointee
    let count = Int(header.sampleCount)
    if samples == 0 {
      firstNanoseconds = header.arrivalNanoseconds
    } else {
      samplesAfterFirst += Int64(count)
    }
    lastNanoseconds = header.arrivalNanoseconds
    samples += Int64(count)
    gaps += header.gapBefore
    counters = header.counters
    leadOff |= header.leadOff
    for channel in 0..<block.channelCount {
      let range = format.channels[channel].codeRange
      let codes = block.channel(channel)
      for index in 0..<count where codes[index] != SampleBlock.missing {
        if codes[index] <= range.lowerBound || codes[index] >= range.upperBound {
          saturated |= 1 << UInt32(channel)
        }
      }
    }
  }

  /// What was seen. `isTimed`: whether the blocks came as time passed, so that a rate can be told.
  public func results(isTimed: Bool) -> [CheckResult] {
    [rate(isTimed), losses, electrodes, range]
  }

  private func rate(_ isTimed: Bool) -> CheckResult {
    let id = "signal.rate"
    guard samples > 0 else {
      return .failure(
        id, "\(format.sourceName) sends nothing",
        fix: "# check its supply and its cable, then: ecgclip doctor with the same --source")
    }
    let elapsed = Double(lastNanoseconds &- firstNanoseconds) / 1e9
    guard isTimed, elapsed > 0.5 else {
      return .ok(id, "\(format.sampleRate) Hz by its own account")
    }
    let rate = Double(samplesAfterFirst + gaps) / elapsed
    // Blocks come in lumps: over two seconds the rate is known to some percent.
    let text = "\(Int(rate.rounded())) samples a second arrive, \(format.sampleRate) are stated"
    return abs(rate / format.sampleRate - 1) < 0.1
      ? .ok(id, text)
      : .failure(id, text, fix: "# name the profile with the right sampleRateHz: --profile")
  }

  private var losses: CheckResult {
    let id = "signal.losses"
    let lost = max(gaps, counters.samplesLost)
    let text = "\(samples) samples, \(lost) lost, \(counters.framesCorrupt) damaged frames"
    return lost == 0 && counters.framesCorrupt == 0
      ? .ok(id, text)
      : .failure(
        id, text, fix: "# shorten the cable, keep it from mains, and see spi.clock, serial.console")
  }

  private var electrodes: CheckResult {
    let id = "signal.leadOff"
    let off = names(leadOff)
    return off.isEmpty
      ? .ok(id, "no electrode is reported off")
      : .warning(
        id, "an electrode is off: \(off)", fix: "# press the electrodes on, and re-gel them")
  }

  private var range: CheckResult {
    let id = "signal.range"
    let channels = names(saturated)
    return channels.isEmpty
      ? .ok(id, "within the converter's range")
      : .failure(
        id, "at the end of the converter's range: \(channels)",
        fix: "# connect the electrodes, RLD among them; if it stays, lower the gain in the profile")
  }

  private func names(_ bits: UInt32) -> String {
    format.channels.indices.filter { bits & 1 << UInt32($0) != 0 }
      .map { format.channels[$0].name }.joined(separator: " ")
  }
}
