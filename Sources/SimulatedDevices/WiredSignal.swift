// A signal as a board's profile wires it: its channels in the board's order, so that who reads the board by its profile
// sees each lead under its name.

import ECGSignal

/// A signal's leads in a board's channels. Limb leads that the signal lacks follow from I and II.
public final class WiredSignal: EmulatedSignal {
  /// What is in a channel.
  private enum Source {
    case channel(Int)
    /// So much of I and of II.
    case limbs(Double, Double)
    /// Nothing is connected.
    case open
  }

  public let format: SignalFormat
  private let signal: any EmulatedSignal
  private let sources: [Source]
  private let first: Int?
  private let second: Int?
  private let storage: SampleBlockStorage

  /// - Parameter wires: the board's channels: their names, and their leads where they have one. A lead that the signal
  ///   has not is open, unless it is the only one: then it is the signal's first channel.
  public init(_ signal: any EmulatedSignal, wires: [(name: String, lead: Lead?)]) {
    let channels = signal.format.channels
    let first = channels.firstIndex { $0.lead == .I }
    let second = channels.firstIndex { $0.lead == .II }
    (self.signal, self.first, self.second) = (signal, first, second)
    let hasLimbs = first != nil && second != nil
    let isSingle = wires.filter { $0.lead != nil }.count == 1
    sources = wires.map { wire in
      guard let lead = wire.lead else { return .open }
      if let index = channels.firstIndex(where: { $0.lead == lead }) { return .channel(index) }
      if hasLimbs, let parts = Self.limbs(lead) { return .limbs(parts.0, parts.1) }
      return isSingle ? .channel(0) : .open
    }
    storage = SampleBlockStorage(channelCount: channels.count)
    var format = signal.format
    format.channels = wires.map {
      Channel(
        name: $0.name, lead: $0.lead, microvoltsPerCode: EmulatedConverter.microvoltsPerCode)
    }
    self.format = format
  }

  private static func limbs(_ lead: Lead) -> (Double, Double)? {
    switch lead {
    case .III: (-1, 1)
    case .aVR: (-0.5, -0.5)
    case .aVL: (1, -0.5)
    case .aVF: (-0.5, 1)
    default: nil
    }
  }

  public func rewind() { signal.rewind() }

  public func fill(_ block: SampleBlock, count: Int) -> Bool {
    storage.block.header.pointee = SampleBlock.Header()
    guard signal.fill(storage.block, count: count) else { return false }
    block.header.pointee = storage.block.header.pointee
    let samples = Int(block.header.pointee.sampleCount)
    block.header.pointee.leadOff = 0
    for (channel, source) in sources.enumerated() {
      if isOff(source) { block.header.pointee.leadOff |= 1 << UInt32(channel) }
      for sample in 0..<samples { block.channel(channel)[sample] = code(source, sample) }
    }
    return true
  }

  private func isOff(_ source: Source) -> Bool {
    func isOff(_ channel: Int?) -> Bool {
      channel.map { storage.block.header.pointee.leadOff >> UInt32($0) & 1 != 0 } ?? false
    }
    switch source {
    case .channel(let index): return isOff(index)
    case .limbs: return isOff(first) || isOff(second)
    case .open: return false
    }
  }

  private func code(_ source: Source, _ sample: Int) -> Int32 {
    let block = storage.block
    switch source {
    case .channel(let index): return block.channel(index)[sample]
    case .open: return 0
    case .limbs(let ofFirst, let ofSecond):
      guard let first, let second else { return 0 }
      let codes = [block.channel(first)[sample], block.channel(second)[sample]]
      // Of an input at a rail nothing is known: the lead is at it, too.
      for code in codes where code >= EmulatedConverter.codeMax { return code }
      for code in codes where code <= EmulatedConverter.codeMin { return code }
      let value = (ofFirst * Double(codes[0]) + ofSecond * Double(codes[1])).rounded()
      return Int32(
        max(Double(EmulatedConverter.codeMin), min(Double(EmulatedConverter.codeMax), value)))
    }
  }
}
