// A stretch of signal without a gap, in nominal microvolts, and what the front-end said about its electrodes.

import ECGSignal

/// Rows of microvolts `[channel][sample]`.
public struct Capture: Sendable {
  /// Samples a second.
  public let sampleRate: Double
  /// Names of the channels.
  public let names: [String]
  /// Nominal microvolts `[channel][sample]`; every row has as many samples, NaN where an electrode was off and the
  /// front-end gave no value.
  public var rows: [[Double]]
  /// Share of a channel's samples at an end of its range, 0-1, `[channel]`.
  public let saturation: [Double]
  /// Share of the samples at which the front-end told a channel's electrode off, 0-1, `[channel]`.
  public let leadOff: [Double]

  /// A stretch as it was received; nothing saturated and no electrode off unless said otherwise.
  public init(
    sampleRate: Double, names: [String], rows: [[Double]], saturation: [Double]? = nil,
    leadOff: [Double]? = nil
  ) {
    self.sampleRate = sampleRate
    self.names = names
    self.rows = rows
    self.saturation = saturation ?? rows.map { _ in 0 }
    self.leadOff = leadOff ?? rows.map { _ in 0 }
  }

  /// Seconds of signal.
  public var seconds: Double { Double(rows.first?.count ?? 0) / sampleRate }

  /// Channels of which values are missing.
  var unmeasured: [Int] { rows.indices.filter { rows[$0].contains(where: \.isNaN) } }

  /// Why a channel's number cannot count, nil where it can.
  func fault(_ channel: Int) -> String? {
    saturation[channel] > 0 ? "input saturated: too large a signal or a damaged input" : nil
  }

  /// The same with every row filtered, its first `settlingSeconds` left out.
  func filtered(settlingSeconds: Double, _ filter: ([[Double]]) -> [[Double]]) -> Capture {
    let skip = Int(settlingSeconds * sampleRate)
    return Capture(
      sampleRate: sampleRate, names: names, rows: filter(rows).map { Array($0.dropFirst(skip)) },
      saturation: saturation, leadOff: leadOff)
  }
}

/// Gathers blocks into a capture. A gap makes it begin anew: half a measurement is none.
struct CaptureCollector {
  private let format: SignalFormat
  private let needed: Int
  private var rows: [[Double]]
  private var saturated: [Int]
  private var off: [Int]
  /// How often a gap made it begin anew.
  private(set) var restarts = 0

  init(format: SignalFormat, sampleCount: Int) {
    self.format = format
    needed = sampleCount
    rows = format.channels.map { _ in [] }
    saturated = format.channels.map { _ in 0 }
    off = saturated
  }

  var isComplete: Bool { rows.first?.count ?? 0 >= needed }

  mutating func take(_ block: SampleBlock) {
    if block.header.pointee.gapBefore > 0 && !(rows.first?.isEmpty ?? true) { restart() }
    let count = min(Int(block.header.pointee.sampleCount), needed - (rows.first?.count ?? 0))
    guard count > 0 else { return }
    if (0..<count).contains(where: { isLost(block, $0) }) { return restart() }
    for (index, channel) in format.channels.enumerated() {
      let codes = block.channel(index)
      for sample in 0..<count {
        let code = codes[sample]
        guard code != SampleBlock.missing else {
          rows[index].append(.nan)
          continue
        }
        rows[index].append(
          (Double(code) - Double(channel.baseline)) * channel.microvoltsPerCode
            + channel.offsetMicrovolts)
        if code <= channel.codeRange.lowerBound || code >= channel.codeRange.upperBound {
          saturated[index] += 1
        }
      }
      if block.header.pointee.leadOff & (1 << UInt32(index)) != 0 { off[index] += count }
    }
  }

  /// The stretch; call when it is complete.
  func capture() -> Capture {
    let count = Double(max(1, rows.first?.count ?? 0))
    return Capture(
      sampleRate: format.sampleRate, names: format.channels.map(\.name), rows: rows,
      saturation: saturated.map { Double($0) / count }, leadOff: off.map { Double($0) / count })
  }

  /// Whether a sample is missing for another reason than an electrode that is off.
  private func isLost(_ block: SampleBlock, _ sample: Int) -> Bool {
    let off = block.header.pointee.leadOff
    return format.channels.indices.contains {
      block.channel($0)[sample] == SampleBlock.missing && off & (1 << UInt32($0)) == 0
    }
  }

  private mutating func restart() {
    restarts += 1
    for index in rows.indices {
      rows[index].removeAll(keepingCapacity: true)
      saturated[index] = 0
      off[index] = 0
    }
  }
}
