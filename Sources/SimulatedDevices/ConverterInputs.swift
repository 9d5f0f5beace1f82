// From the electrodes of an emulated signal through the multiplexers and gains of a simulated converter to the bytes
// of its frame.

import Devices
import ECGSignal
import FrontEnds
import Glibc
import LinuxDevices

/// What is connected to a simulated converter, and what its channels make of it. The defaults are those of a chip in
/// a room, on a person.
public final class ConverterInputs {
  /// AVDD less AVSS.
  public var analogSupplyVolts = 3.0
  /// DVDD.
  public var digitalSupplyVolts = 3.3
  /// Temperature of the chip.
  public var temperatureCelsius = 32.0
  /// What each channel adds at its inputs, in microvolts.
  public var offsetsMicrovolts: [Double]
  /// Noise of each channel besides the chip's own, in microvolts RMS.
  public var noiseMicrovolts: [Double]
  /// By how much each channel's gain is too large, as a share.
  public var gainErrors: [Double]
  /// Impedance of the two electrodes of each channel together, in kilohms: what alternating lead-off current sees.
  public var impedancesKilohms: [Double]
  /// Positive electrodes that are off, a bit each, besides those that the signal tells.
  public var positiveElectrodesOff: UInt8 = 0
  /// Negative electrodes that are off.
  public var negativeElectrodesOff: UInt8 = 0

  private let map: ADS129xMap
  private let signal: (any EmulatedSignal)?
  private let sources: [Int?]
  private let sample: SampleBlockStorage
  private var sampleSeconds = -Double.infinity
  private var startSeconds: Double?
  private var generator: SeededGenerator
  private var positiveStatus: UInt8 = 0
  private var negativeStatus: UInt8 = 0
  private var conversions = 0

  init(_ map: ADS129xMap, signal: (any EmulatedSignal)?, leads: [Lead?], seed: UInt64) {
    self.map = map
    self.signal = signal
    let channels = signal?.format.channels ?? []
    sources = (0..<map.channelCount).map { channel in
      let lead = channel < leads.count ? leads[channel] : nil
      let ofLead = lead.flatMap { lead in channels.firstIndex { $0.lead == lead } }
      return ofLead ?? (channel < channels.count ? channel : nil)
    }
    sample = SampleBlockStorage(channelCount: max(1, channels.count))
    offsetsMicrovolts = Array(repeating: 0, count: map.channelCount)
    noiseMicrovolts = offsetsMicrovolts
    gainErrors = Array(repeating: 0, count: map.channelCount)
    impedancesKilohms = Array(repeating: 20, count: map.channelCount)
    generator = SeededGenerator(seed: seed)
  }

  /// Channels of which an electrode is off, as the comparators tell, a bit each.
  var leadOff: UInt32 { UInt32(positiveStatus | negativeStatus) }

  /// Status bits of a register, nil for registers without.
  func status(ofRegister address: UInt8) -> UInt8? {
    switch map.registers.first(where: { $0.address == address })?.name {
    case "LOFF_STATP": positiveStatus
    case "LOFF_STATN": negativeStatus
    case "LOFF_STAT":
      (negativeStatus & 2) << 2 | (positiveStatus & 2) << 1 | (negativeStatus & 1) << 1
        | positiveStatus & 1
    default: nil
    }
  }

  /// Measures all channels at a time and writes the frame.
  func convert(
    _ image: RegisterImage, seconds: Double, isReferenceReady: Bool, into frame: inout [UInt8]
  ) {
    let off = electrodesOff(at: seconds)
    updateStatus(image, off: off)
    writeStatus(into: &frame)
    conversions += 1
    for channel in 0..<map.channelCount {
      let code: Int32
      if !image.isPowered(channel: channel) {
        code = 0
      } else if !isReferenceReady {
        // Without a reference everything is beyond it.
        code = Self.codeMax
      } else {
        code = Self.code(
          microvolts(image, channel: channel, seconds: seconds, off: off), image, channel)
      }
      let at = 3 + 3 * channel
      frame[at] = UInt8(truncatingIfNeeded: code >> 16)
      frame[at + 1] = UInt8(truncatingIfNeeded: code >> 8)
      frame[at + 2] = UInt8(truncatingIfNeeded: code)
    }
  }

  private static let codeMax: Int32 = 8_388_607

  private static func code(_ microvolts: Double, _ image: RegisterImage, _ channel: Int) -> Int32 {
    let scale = (image.referenceMicrovolts ?? 1) / image.gain(channel: channel) / Double(codeMax)
    return Int32(max(-8_388_608, min(Double(codeMax), (microvolts / scale).rounded())))
  }

  /// Microvolts at a channel's amplifier, with its own errors and noise.
  private func microvolts(
    _ image: RegisterImage, channel: Int, seconds: Double, off: UInt8
  ) -> Double {
    let input: Double
    switch image["CH\(channel + 1)SET"] & 0x07 {
    case 1, 2: input = 0
    case 3:
      let isDigital = map.chip == .ads1292r ? channel == 1 : channel == 2 || channel == 3
      input = isDigital ? digitalSupplyVolts * 0.25e6 : analogSupplyVolts * 0.5e6
    case 4: input = 145_300 + 490 * (temperatureCelsius - 25)
    case 5: input = testSignal(image, seconds: seconds)
    default:
      // An input that nothing holds drifts to the supply.
      if off >> UInt8(channel) & 1 != 0 { return .greatestFiniteMagnitude }
      input = electrodes(channel) + leadOffVoltage(image, channel)
    }
    return input * (1 + gainErrors[channel]) + offsetsMicrovolts[channel] + noise(image, channel)
  }

  private func electrodes(_ channel: Int) -> Double {
    guard let signal, let source = sources[channel] else { return 0 }
    return Double(sample.block.channel(source)[0])
      * signal.format.channels[source].microvoltsPerCode
  }

  /// 4 uV peak to peak at 500 samples a second and gain 6 (SBAS459, front page), 6.6 standard deviations wide, growing
  /// with the root of the rate and, below gain 6, with 1 / gain.
  private func noise(_ image: RegisterImage, _ channel: Int) -> Double {
    let gain = min(6, image.gain(channel: channel))
    let own = 4 / 6.6 * (image.sampleRateHz / 500).squareRoot() * 6 / gain
    return (own + noiseMicrovolts[channel]) * generator.normal()
  }

  private func testSignal(_ image: RegisterImage, seconds: Double) -> Double {
    let isOn =
      map.chip == .ads1292r ? image["CONFIG2"] & 0x02 != 0 : image["CONFIG2"] & 0x10 != 0
    guard isOn, let reference = image.referenceMicrovolts else { return 0 }
    let doubled = map.chip != .ads1292r && image["CONFIG2"] & 0x04 != 0
    let amplitude = reference / 2400 * (doubled ? 2 : 1)
    let frequency: Double
    if map.chip == .ads1292r {
      frequency = image["CONFIG2"] & 0x01 != 0 ? 1 : 0
    } else {
      switch image["CONFIG2"] & 0x03 {
      case 0: frequency = map.clockHz / Double(1 << 21)
      case 1: frequency = map.clockHz / Double(1 << 20)
      default: frequency = 0
      }
    }
    let turns = seconds * frequency
    return turns - turns.rounded(.down) < 0.5 ? amplitude : -amplitude
  }

  /// Alternating lead-off current over the electrodes: a square wave at a quarter of the rate through the sinc^3
  /// filter, of which the fundamental is left: 4 / pi, and 0.729 at that frequency.
  private func leadOffVoltage(_ image: RegisterImage, _ channel: Int) -> Double {
    guard let nanoamperes = alternatingCurrent(image, channel) else { return 0 }
    let phases = [1.0, 1, -1, -1]
    // A sine at a quarter of the rate, sampled at 45 degrees, is 1 1 -1 -1 over the root of 2.
    let amplitude = nanoamperes * impedancesKilohms[channel] * 4 / Double.pi * 0.729
    return amplitude * phases[conversions & 3] / 2.0.squareRoot()
  }

  private func alternatingCurrent(_ image: RegisterImage, _ channel: Int) -> Double? {
    let current = Int(image["LOFF"] >> 2 & 0x03)
    let frequency = image["LOFF"] & 0x03
    if map.chip == .ads1292r {
      guard frequency & 1 != 0, image["LOFF_SENS"] >> UInt8(2 * channel) & 3 != 0 else {
        return nil
      }
      return [6, 22, 6000, 22_000][current]
    }
    let isAlternating = map.chip == .ads1299 ? frequency == 3 : frequency == 1
    let watched = (image["LOFF_SENSP"] | image["LOFF_SENSN"]) >> UInt8(channel) & 1 != 0
    guard isAlternating, watched else { return nil }
    return map.chip == .ads1299 ? [6, 24, 6000, 24_000][current] : [6, 12, 18, 24][current]
  }

  /// Takes the signal's samples up to a time; tells whose positive electrodes are off.
  private func electrodesOff(at seconds: Double) -> UInt8 {
    guard let signal else { return positiveElectrodesOff }
    let start = startSeconds ?? seconds
    startSeconds = start
    let block = sample.block
    while sampleSeconds < seconds - start, signal.fill(block, count: 1) {
      sampleSeconds = Double(block.header.pointee.firstIndex + 1) / signal.format.sampleRate
    }
    var off = positiveElectrodesOff
    for channel in 0..<map.channelCount {
      guard let source = sources[channel] else { continue }
      if block.header.pointee.leadOff >> UInt32(source) & 1 != 0 { off |= 1 << UInt8(channel) }
    }
    return off
  }

  /// The comparators, where they are on and watch the electrode.
  private func updateStatus(_ image: RegisterImage, off: UInt8) {
    let isOn = map.chip == .ads1292r ? image["CONFIG2"] & 0x40 != 0 : image["CONFIG4"] & 0x02 != 0
    let (positive, negative) = image.watchedInputs
    positiveStatus = isOn ? off & positive : 0
    negativeStatus = isOn ? negativeElectrodesOff & negative : 0
  }

  private func writeStatus(into frame: inout [UInt8]) {
    if map.chip == .ads1292r {
      let bits =
        (negativeStatus & 2) << 2 | (positiveStatus & 2) << 1 | (negativeStatus & 1) << 1
        | positiveStatus & 1
      frame[0] = 0xC0 | bits >> 1
      frame[1] = bits << 7
      frame[2] = 0
    } else {
      frame[0] = 0xC0 | positiveStatus >> 4
      frame[1] = positiveStatus << 4 | negativeStatus >> 4
      frame[2] = negativeStatus << 4
    }
  }
}
