// What the registers of an ADS129x mean, and what they hold while the inputs are on something known.

import Devices
import FrontEnds

extension ADS129xMap {
  /// The register with the reference's switch: it is written first, the reference needs 150 ms.
  var referenceRegister: String { chip == .ads1292r ? "CONFIG2" : "CONFIG3" }
  /// The switch.
  var referenceBit: UInt8 { chip == .ads1292r ? 0x20 : 0x80 }
}

extension RegisterImage {
  /// Samples a second: the chip's clock divided as CONFIG1 says.
  public var sampleRateHz: Double {
    let divider = Double(1 << Int(self["CONFIG1"] & 0x07))
    switch map.chip {
    case .ads1292r: return 125 * divider
    case .ads1299: return 16_000 / divider
    default: return (self["CONFIG1"] & 0x80 != 0 ? 32_000 : 16_000) / divider
    }
  }

  /// The reference by which codes are scaled, in microvolts; nil where it comes from outside.
  public var referenceMicrovolts: Double? {
    guard self[map.referenceRegister] & map.referenceBit != 0 else { return nil }
    switch map.chip {
    case .ads1292r: return self["CONFIG2"] & 0x10 != 0 ? 4_033_000 : 2_420_000
    case .ads1299: return 4_500_000
    default: return self["CONFIG3"] & 0x20 != 0 ? 4_000_000 : 2_400_000
    }
  }

  /// Gain of a channel (0 is the first).
  public func gain(channel: Int) -> Double {
    map.gains[Int(channelSetting(channel) >> 4 & 0x07)] ?? 1
  }

  /// Whether a channel is switched on.
  public func isPowered(channel: Int) -> Bool { channelSetting(channel) & 0x80 == 0 }

  private func channelSetting(_ channel: Int) -> UInt8 { self["CH\(channel + 1)SET"] }

  /// The inputs whose electrodes the comparators watch, a bit a channel.
  public var watchedInputs: (positive: UInt8, negative: UInt8) {
    guard map.chip == .ads1292r else { return (self["LOFF_SENSP"], self["LOFF_SENSN"]) }
    let bits = self["LOFF_SENS"]
    return (bits & 1 | bits >> 1 & 2, bits >> 1 & 1 | bits >> 2 & 2)
  }

  /// What the inputs get.
  public func stimulus(of input: InputSelection) -> InputStimulus {
    switch input {
    case .electrodes, .shorted: .none
    case .testSignal:
      .squareWave(
        microvolts: (referenceMicrovolts ?? 0) / 2400,
        frequencyHz: map.chip == .ads1292r ? 1 : map.clockHz / Double(1 << 21))
    case .supply:
      .supply(
        analogShare: 0.5, digitalShare: 0.25, digitalChannels: map.chip == .ads1292r ? [1] : [2, 3])
    case .temperature:
      .temperature(microvoltsAt25Celsius: 145_300, microvoltsPerCelsius: 490)
    case .leadOffCurrent:
      .current(
        nanoamperes: map.chip == .ads1292r ? 22 : 24, frequencyHz: sampleRateHz / 4)
    }
  }

  /// The registers with the inputs on something.
  public func selecting(_ input: InputSelection) -> RegisterImage {
    var image = self
    switch input {
    case .electrodes: break
    case .shorted: image.connect(1)
    case .testSignal:
      image["CONFIG2"] =
        map.chip == .ads1292r ? self["CONFIG2"] | 0x03 : self["CONFIG2"] & 0xE8 | 0x10
      image.connect(5)
    case .supply: image.connect(3, gain: 1)
    case .temperature: image.connect(4)
    case .leadOffCurrent: image.driveCurrent()
    }
    return image
  }

  /// Puts every channel that is switched on to an input of the multiplexer.
  private mutating func connect(_ input: UInt8, gain: Double? = nil) {
    let code = gain.flatMap { gain in map.gains.firstIndex(of: gain) }
    for channel in 0..<map.channelCount where isPowered(channel: channel) {
      let held = channelSetting(channel) & (map.chip == .ads1299 ? 0x78 : 0x70)
      let upper = code.map { UInt8($0) << 4 } ?? held
      self["CH\(channel + 1)SET"] = upper | input
    }
  }

  /// Alternating lead-off current of 24 nA (ADS1292R: 22) at a quarter of the rate, on the inputs that the profile
  /// watches; on all positive inputs where it watches none.
  private mutating func driveCurrent() {
    switch map.chip {
    case .ads1292r:
      self["LOFF"] = self["LOFF"] & 0xF0 | 0x05
      if self["LOFF_SENS"] & 0x0F == 0 { self["LOFF_SENS"] = 0x05 }
    case .ads1299: self["LOFF"] = self["LOFF"] & 0xE0 | 0x07
    default: self["LOFF"] = self["LOFF"] & 0xE0 | 0x0D
    }
    if map.chip != .ads1292r, self["LOFF_SENSP"] | self["LOFF_SENSN"] == 0 {
      self["LOFF_SENSP"] = UInt8(truncatingIfNeeded: (1 << map.channelCount) - 1)
    }
  }
}
