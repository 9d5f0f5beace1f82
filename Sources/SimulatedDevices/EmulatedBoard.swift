// The measuring half of an emulated front-end: the signal in the channels and the scale that a board with its wire
// format has, with what electrodes and converter do wrong.

import ECGSignal
import FrontEnds

/// Measures blocks of samples as the board does. One thread.
final class EmulatedBoard {
  /// What the board measures: at most the channels that its frames carry, in its converter's scale.
  let format: SignalFormat
  /// The last block, in the converter's codes.
  let measured: SampleBlockStorage
  /// Samples of the last block that the board itself lost.
  private(set) var lostCount = 0
  /// Host time, in seconds since the start, at which the last block began and ended.
  private(set) var span = (begin: 0.0, end: 0.0)

  private let signal: any EmulatedSignal
  private let repeats: Bool
  private let chosen: [Int]
  private let scale: CodeScale
  private let source: SampleBlockStorage
  private let hostRate: Double
  private let samplesPerBlock: Int
  private var nextIndex: Int64 = 0
  private var leadOff: EpisodeClock
  private var saturation: EpisodeClock
  private var overflow: EpisodeClock
  private var generator: SeededGenerator
  private var offChannels: UInt32 = 0

  init(
    signal: any EmulatedSignal, encoder: any FrameEncoder.Type, converter: WireConverter,
    faults: LineFaults, repeats: Bool
  ) {
    self.signal = signal
    self.repeats = repeats
    chosen = Self.channels(of: signal.format, max: converter.channelCountMax)
    scale = CodeScale(converter)
    var format = signal.format
    format.channels = chosen.map { index in
      let channel = signal.format.channels[index]
      return Channel(
        name: channel.name, lead: channel.lead, microvoltsPerCode: converter.microvoltsPerCode,
        baseline: converter.baseline, codeRange: converter.codeRange)
    }
    self.format = format
    measured = SampleBlockStorage(channelCount: chosen.count)
    source = SampleBlockStorage(channelCount: signal.format.channels.count)
    hostRate = format.sampleRate * (1 + faults.driftPartsPerMillion / 1e6)
    samplesPerBlock = Self.samplesPerBlock(format.sampleRate, encoder.samplesPerFrameMax)
    leadOff = EpisodeClock(\.leadOff, of: faults, stream: 11)
    saturation = EpisodeClock(\.saturation, of: faults, stream: 12)
    overflow = EpisodeClock(\.overflow, of: faults, stream: 13)
    generator = SeededGenerator(seed: faults.seed &+ 14)
  }

  /// A board of fewer channels than the signal has keeps lead II, the one for rhythms, and then the first ones.
  private static func channels(of format: SignalFormat, max count: Int) -> [Int] {
    let all = Array(format.channels.indices)
    guard all.count > count else { return all }
    let second = format.channels.firstIndex { $0.lead == .II }
    let others = all.filter { $0 != second }
    return (([second].compactMap(\.self) + others).prefix(count)).sorted()
  }

  /// Some 20 ms, and whole frames where they are short.
  private static func samplesPerBlock(_ sampleRate: Double, _ perFrame: Int) -> Int {
    let usual = max(1, min(SampleBlock.sampleCountMax, Int((sampleRate / 50).rounded())))
    guard perFrame <= 16 else { return usual }
    return min(SampleBlock.sampleCountMax, (usual + perFrame - 1) / perFrame * perFrame)
  }

  /// Measures the next block into `measured`; false at the end of the signal.
  func measure(counting sent: inout EmulatedFrontEnd.Sent) -> Bool {
    source.block.header.pointee = SampleBlock.Header()
    while !signal.fill(source.block, count: samplesPerBlock) {
      guard repeats else { return false }
      signal.rewind()
    }
    scale.convert(source.block, channels: chosen, into: measured.block)
    let header = measured.block.header
    let count = Int64(header.pointee.sampleCount)
    // What the signal itself does not have was not measured in time either.
    lostCount = Int(header.pointee.firstIndex - nextIndex)
    nextIndex = header.pointee.firstIndex + count
    span = (
      Double(header.pointee.firstIndex) / hostRate, Double(nextIndex) / hostRate
    )
    header.pointee.leadOff = header.pointee.leadOff.ofChannels(chosen)
    applyRails(counting: &sent)
    if overflow.isActive(from: span.begin, to: span.end) {
      lostCount += Int(count)
      header.pointee.sampleCount = 0
    }
    sent.samples += Int64(lostCount) + Int64(header.pointee.sampleCount)
    sent.samplesLostInFrontEnd += Int64(lostCount)
    sent.overflows = overflow.count
    return true
  }

  private func applyRails(counting sent: inout EmulatedFrontEnd.Sent) {
    let header = measured.block.header
    let count = Int64(header.pointee.sampleCount)
    let before = leadOff.count
    if leadOff.isActive(from: span.begin, to: span.end) {
      if leadOff.count > before { offChannels = drawElectrode() }
      header.pointee.leadOff |= offChannels
      setRails(of: offChannels, to: scale.range.upperBound)
      sent.samplesLeadOff += count
    }
    if saturation.isActive(from: span.begin, to: span.end) {
      let rail = saturation.count % 2 == 0 ? scale.range.lowerBound : scale.range.upperBound
      setRails(of: .max, to: rail)
      sent.samplesSaturated += count
    }
    sent.leadOffs = leadOff.count
    sent.saturations = saturation.count
  }

  /// The channels of one electrode: one of the chest or, where I and II are measured, the right arm's.
  private func drawElectrode() -> UInt32 {
    let channel = Int(generator.next() % UInt64(format.channels.count))
    guard format.channels[channel].lead == .I || format.channels[channel].lead == .II else {
      return 1 << UInt32(channel)
    }
    return format.channels.enumerated().reduce(into: 0) { bits, entry in
      if entry.element.lead == .I || entry.element.lead == .II { bits |= 1 << UInt32(entry.offset) }
    }
  }

  private func setRails(of channels: UInt32, to code: Int32) {
    for channel in format.channels.indices where channels & (1 << UInt32(channel)) != 0 {
      measured.block.channel(channel).update(
        repeating: code, count: Int(measured.block.header.pointee.sampleCount))
    }
  }
}

extension UInt32 {
  /// The bits of the chosen channels, in their order.
  fileprivate func ofChannels(_ channels: [Int]) -> UInt32 {
    channels.enumerated().reduce(into: 0) { bits, entry in
      if self & (1 << UInt32(entry.element)) != 0 { bits |= 1 << UInt32(entry.offset) }
    }
  }
}
