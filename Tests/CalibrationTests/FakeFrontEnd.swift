// A front-end whose defects are known: what it shows follows from its parameters and a seed. Its truth is what the
// measurements are held against.

import Devices
import ECGSignal
import Foundation

@testable import Calibration

/// What is true of the fake.
struct Truth {
  /// Shown over true microvolts, by channel.
  var gains = [Double](repeating: 1, count: 8)
  /// With shorted inputs, shown microvolts.
  var offsets = [Double](repeating: 0, count: 8)
  /// Standard deviation of white noise, shown microvolts.
  var noise = [Double](repeating: 1, count: 8)
  /// Bend of the characteristic: x + bend x^2, per microvolt.
  var bend = 0.0
  var partsPerMillion = 0.0
  /// Jitter of the link: mean of an exponential delay, seconds.
  var jitterSeconds = 0.0005
  var mainsHertz = 50.0
  var mainsMicrovolts = [Double](repeating: 0, count: 8)
  var kilohms = [Double](repeating: 20, count: 8)
  var rejectionDecibels = [Double](repeating: 100, count: 8)
  var commonVolts = 0.0
  var commonHertz = 50.0
  var analogVolts = 3.0
  var digitalVolts = 3.3
  var celsius = 30.0
  /// A calibrator at the electrodes: peak to valley and whether it is a square wave.
  var sourceMicrovolts = 0.0
  var sourceIsSquare = true
  /// Whether the test signal arrives, by channel.
  var hasTestSignal = [Bool](repeating: true, count: 8)
  /// Channels in saturation.
  var saturated: Set<Int> = []
  /// What each electrode is really wired to, by its label.
  var wiring: [String: String] = [:]
  /// Samples lost before every so many blocks; 0 for none.
  var lossEveryBlocks = 0
}

final class FakeFrontEnd: SampleSource, FrontEndControl {
  static let leads: [Lead] = [.I, .II, .V1, .V2, .V3, .V4, .V5, .V6]
  static let format = SignalFormat(
    sampleRate: 500,
    channels: leads.map {
      Channel(name: $0.name, lead: $0, microvoltsPerCode: 2_400_000 / 6 / 8_388_607.0)
    }, provenance: .live, sourceName: "bench-7")

  var truth: Truth
  let selections: [InputSelection]
  let waitsForConsumer = true
  /// What was asked of it.
  private(set) var log: [String] = []
  /// Label of the electrode that is off now.
  var removed: String?
  /// After so many reads of one selection the source says that it ended.
  var endsAfterReads = Int.max
  var refusesToRestore = false
  /// Whether it gives samples, and not only the times at which they come.
  var givesSamples = true
  /// Whether a channel whose electrode is off has no values, as HealthyPi v4's.
  var hasNoValuesWhereOff = false
  /// Why samples are missing, where the truth loses any.
  var lossCause = GapCause.framesLost
  /// After so many reads the plug is pulled.
  var isPulledAfterReads = Int.max
  private(set) var selected: InputSelection
  private var isOpen = false
  private var random: NormalRandom
  private var index: Int64 = 0
  /// Arrival of the block that was read last.
  private(set) var lastArrival: UInt64 = 0
  private var reads = 0
  /// The true time of the next sample, nanoseconds.
  private let start: UInt64 = 1_000_000_000

  /// - Parameter selected: what a program that died left its inputs on.
  init(
    _ truth: Truth, seed: UInt64 = 1, selections: [InputSelection] = InputSelection.allCases,
    selected: InputSelection = .electrodes
  ) {
    self.truth = truth
    self.selected = selected
    self.selections = selections
    random = NormalRandom(seed: seed)
  }

  var control: (any FrontEndControl)? { selections.isEmpty ? nil : self }

  /// A selection ends the stream; what comes then has a format of its own.
  func open() throws(SourceError) -> SignalFormat {
    isOpen = true
    var format = Self.format
    if selected == .supply {
      for channel in format.channels.indices { format.channels[channel].microvoltsPerCode *= 6 }
    }
    if selected != .electrodes { format.provenance = .testSignal }
    return format
  }

  func close() { log.append("close") }

  func select(_ input: InputSelection) throws(SourceError) {
    log.append(input.rawValue)
    selected = input
    isOpen = false
    reads = 0
  }

  func restore() throws(SourceError) {
    log.append("restore")
    if refusesToRestore { throw SourceError("CH1SET reads 01, wrote 00: reset the board.") }
    selected = .electrodes
    isOpen = false
  }

  func stimulus(of input: InputSelection) -> InputStimulus {
    switch input {
    case .electrodes, .shorted: .none
    case .testSignal: .squareWave(microvolts: 1000, frequencyHz: 2_048_000 / 2_097_152)
    case .supply: .supply(analogShare: 0.5, digitalShare: 0.25, digitalChannels: [2, 3])
    case .temperature: .temperature(microvoltsAt25Celsius: 145_300, microvoltsPerCelsius: 490)
    case .leadOffCurrent: .current(nanoamperes: 6, frequencyHz: 125)
    }
  }

  func read(into block: SampleBlock) -> ReadOutcome {
    reads += 1
    if reads > endsAfterReads || !isOpen { return .ended }
    if reads > isPulledAfterReads { return .disconnected }
    let count = 25
    if truth.lossEveryBlocks > 0, reads % truth.lossEveryBlocks == 0 {
      block.header.pointee.gapBefore = 5
      block.header.pointee.gapCause = lossCause
      index += 5
    }
    block.header.pointee.firstIndex = index
    block.header.pointee.sampleCount = Int32(count)
    if givesSamples { for sample in 0..<count { fill(block, sample) } }
    block.header.pointee.leadOff = leadOff
    let end = Double(index + Int64(count)) / (500 * (1 + truth.partsPerMillion * 1e-6))
    let delay = -truth.jitterSeconds * log1p(-abs(random.value()))
    lastArrival = start + UInt64((end + delay) * 1e9)
    block.header.pointee.arrivalNanoseconds = lastArrival
    index += Int64(count)
    return .samples
  }

  private func fill(_ block: SampleBlock, _ sample: Int) {
    let position = index + Int64(sample)
    for channel in 0..<8 {
      let input = microvolts(channel, Double(position) / 500, position)
      let bent = input + truth.bend * input * input
      let shown =
        bent * truth.gains[channel] + truth.offsets[channel] + random.normal()
        * truth.noise[channel]
      let scale =
        Self.format.channels[channel].microvoltsPerCode * (selected == .supply ? 6 : 1)
      let code = truth.saturated.contains(channel) ? 1e12 : (shown / scale).rounded()
      let isOff = hasNoValuesWhereOff && leadOff & 1 << UInt32(channel) != 0
      block.channel(channel)[sample] =
        isOff ? SampleBlock.missing : Int32(min(max(code, -8_388_608), 8_388_607))
    }
  }

  /// What is at a channel's input, true microvolts.
  private func microvolts(_ channel: Int, _ time: Double, _ position: Int64) -> Double {
    switch selected {
    case .shorted: return 0
    case .testSignal:
      // fclk/2^21 = 0.977 Hz.
      let phase = (time * 2_048_000 / 2_097_152).truncatingRemainder(dividingBy: 1)
      return truth.hasTestSignal[channel] ? (phase < 0.5 ? 1000 : -1000) : 0
    case .supply:
      return channel == 2 || channel == 3
        ? truth.digitalVolts / 4 * 1e6 : truth.analogVolts / 2 * 1e6
    case .temperature: return 145_300 + (truth.celsius - 25) * 490
    case .leadOffCurrent:
      // Peak of a 6 nA square wave at a quarter of the rate behind the decimation filter.
      let peak = truth.kilohms[channel] * 6 * 0.92909
      return peak * cos(Double.pi / 2 * Double(position) + 0.3)
    case .electrodes:
      let hum = sin(2 * .pi * truth.mainsHertz * time + 0.7) * truth.mainsMicrovolts[channel]
      let rest = truth.commonVolts * 1e6 / pow(10, truth.rejectionDecibels[channel] / 20)
      let common = rest * sin(2 * .pi * truth.commonHertz * time + 0.2)
      return hum + common + calibrator(time)
    }
  }

  private func calibrator(_ time: Double) -> Double {
    let phase = (time * (truth.sourceIsSquare ? 2 : 10)).truncatingRemainder(dividingBy: 1)
    let wave = truth.sourceIsSquare ? (phase < 0.5 ? 1 : -1) : sin(2 * .pi * phase)
    return truth.sourceMicrovolts / 2 * wave
  }

  private var leadOff: UInt32 {
    guard let removed else { return 0 }
    let wired = truth.wiring[removed] ?? removed
    let channels: [Int] =
      switch wired {
      case "RA": [0, 1]
      case "LA": [0]
      case "LL": [1]
      default: Self.leads.indices.filter { Self.leads[$0].name == wired }
      }
    return channels.reduce(0) { $0 | 1 << UInt32($1) }
  }
}

/// A bench at which every step is done at once; `LA` and so on are taken off when the step says so.
func bench(
  _ source: FakeFrontEnd, electrodes: [ChannelElectrodes] = [],
  isStopped: @escaping () -> Bool = { false },
  steps: @escaping (GuidedStep) -> Void = { _ in }
) throws -> Bench {
  let named = Dictionary(
    uniqueKeysWithValues: zip(FakeFrontEnd.format.channels.map(\.name), electrodes))
  return try Bench(source: source, electrodes: named, isStopped: isStopped) { step, whileWaiting in
    try whileWaiting()
    steps(step)
    source.removed =
      step.instruction.hasPrefix("Take ")
      ? String(step.instruction.split(separator: " ")[1]) : nil
  }
}
