// The registers of TI's ADS129x converters by name: address, value after reset, which bits hold what is written.
// ADS1294/6/8(R): data sheet SBAS459; ADS1299: SBAS499C table 11; ADS1292R: SBAS502.

import FrontEnds

/// A register of a converter.
public struct ConverterRegister: Hashable, Sendable {
  /// The data sheet's name.
  public let name: String
  /// Its address.
  public let address: UInt8
  /// What it holds after a reset.
  public let resetValue: UInt8
  /// Bits that hold what is written. The others are reserved, or the chip's own: identity, status, levels of pins.
  public let settableBits: UInt8
  /// Reserved bits on whose value the data sheet insists, and that value.
  public let reservedBits: UInt8
  /// The value of the reserved bits.
  public let reservedValue: UInt8
  /// What it is for.
  public let meaning: String
}

/// The registers of one chip of the family.
public struct ADS129xMap: Hashable, Sendable {
  /// The chip.
  public let chip: ConverterChip
  /// Channels that it has, each 24 bits of a frame behind the 24 bits of status.
  public let channelCount: Int
  /// The value of the ID register, and which of its bits the data sheet fixes (the others are a revision).
  public let identity: UInt8
  /// Those bits.
  public let identityBits: UInt8
  /// Its own oscillator, from which rates, the test signal and the longest pauses follow.
  public let clockHz: Double
  /// The registers in the order of their addresses.
  public let registers: [ConverterRegister]
  /// Gain of each code in CHnSET; nil where the data sheet forbids the code.
  public let gains: [Double?]

  /// The map of a chip, nil for chips of other families.
  public init?(_ chip: ConverterChip) {
    switch chip {
    case .ads1294: self.init(ads1298: chip, channelCount: 4, identity: 0x90)
    case .ads1296: self.init(ads1298: chip, channelCount: 6, identity: 0x91)
    case .ads1298: self.init(ads1298: chip, channelCount: 8, identity: 0x92)
    case .ads1298r: self.init(ads1298: chip, channelCount: 8, identity: 0xD2)
    case .ads1299: self.init(ads1299: chip)
    case .ads1292r: self.init(ads1292: chip)
    case .max30003, .max30001, .adas1000: return nil
    }
  }

  /// Bytes of a frame.
  public var frameByteCount: Int { 3 + 3 * channelCount }

  /// A register by its name.
  public func register(_ name: String) -> ConverterRegister? {
    registers.first { $0.name == name }
  }

  /// What the ID register says, in words: for messages.
  public static func name(identity: UInt8) -> String? {
    let known: [UInt8: String] = [
      0x90: "an ADS1294", 0x91: "an ADS1296", 0x92: "an ADS1298", 0xD0: "an ADS1294R",
      0xD1: "an ADS1296R", 0xD2: "an ADS1298R", 0x50: "an ADS1191", 0x51: "an ADS1192",
      0x52: "an ADS1291", 0x53: "an ADS1292", 0x73: "an ADS1292R",
    ]
    if let name = known[identity] { return name }
    let channels: [UInt8: String] = [0x1C: "-4", 0x1D: "-6", 0x1E: ""]
    return channels[identity & 0x1F].map { "an ADS1299\($0)" }
  }
}

extension ADS129xMap {
  private init(ads1298 chip: ConverterChip, channelCount: Int, identity: UInt8) {
    // CONFIG2 bit 6 reads 1 or 0 (TI says so itself, e2e 582126), so it is no bit that is compared. The bits of
    // respiration are those of the R; the others hold 0 there.
    let respiration = identity & 0x40 != 0 ? "DF 20 20" : "1F E0 20"
    let id = String(identity, radix: 16)
    let channels = String((1 << channelCount) - 1, radix: 16)
    self.init(
      chip: chip, channelCount: channelCount, identity: identity, identityBits: 0xFF,
      clockHz: 2_048_000, gains: [6, 1, 2, 3, 4, 8, 12, nil],
      table: """
        ID         00 \(id) 00 00 00 identity
        CONFIG1    01 06 E7 18 00 rate, clock
        CONFIG2    02 40 37 88 00 test signal
        CONFIG3    03 40 BE 40 40 reference, right leg drive
        LOFF       04 00 FF 00 00 lead-off threshold, current, frequency
        CHnSET     05 00 F7 08 00 power, gain and input of the channel
        RLD_SENSP  0D 00 \(channels) 00 00 right leg drive, positive inputs
        RLD_SENSN  0E 00 \(channels) 00 00 right leg drive, negative inputs
        LOFF_SENSP 0F 00 \(channels) 00 00 lead-off, positive inputs
        LOFF_SENSN 10 00 \(channels) 00 00 lead-off, negative inputs
        LOFF_FLIP  11 00 \(channels) 00 00 lead-off, direction of the current
        LOFF_STATP 12 00 00 00 00 status: positive electrodes off
        LOFF_STATN 13 00 00 00 00 status: negative electrodes off
        GPIO       14 0F 0F 00 00 pins for general use
        PACE       15 00 1F E0 00 output for a pacing detector
        RESP       16 00 \(respiration) respiration
        CONFIG4    17 00 EE 11 00 single shot, lead-off comparators
        WCT1       18 00 FF 00 00 Wilson's terminal A, augmented leads
        WCT2       19 00 FF 00 00 Wilson's terminals B and C
        """)
  }

  private init(ads1299 chip: ConverterChip) {
    self.init(
      chip: chip, channelCount: 8, identity: 0x1E, identityBits: 0x1F, clockHz: 2_048_000,
      gains: [1, 2, 4, 6, 8, 12, 24, nil],
      table: """
        ID         00 3E 00 00 00 identity
        CONFIG1    01 96 67 98 90 rate, clock
        CONFIG2    02 C0 17 E8 C0 test signal
        CONFIG3    03 60 9E 60 60 reference, bias drive
        LOFF       04 00 EF 10 00 lead-off threshold, current, frequency
        CHnSET     05 61 FF 00 00 power, gain and input of the channel
        BIAS_SENSP 0D 00 FF 00 00 bias drive, positive inputs
        BIAS_SENSN 0E 00 FF 00 00 bias drive, negative inputs
        LOFF_SENSP 0F 00 FF 00 00 lead-off, positive inputs
        LOFF_SENSN 10 00 FF 00 00 lead-off, negative inputs
        LOFF_FLIP  11 00 FF 00 00 lead-off, direction of the current
        LOFF_STATP 12 00 00 00 00 status: positive electrodes off
        LOFF_STATN 13 00 00 00 00 status: negative electrodes off
        GPIO       14 0F 0F 00 00 pins for general use
        MISC1      15 00 20 DF 00 SRB1 to all negative inputs
        MISC2      16 00 00 FF 00 reserved
        CONFIG4    17 00 0A F5 00 single shot, lead-off comparators
        """)
  }

  private init(ads1292 chip: ConverterChip) {
    self.init(
      chip: chip, channelCount: 2, identity: 0x73, identityBits: 0xFF, clockHz: 512_000,
      gains: [6, 1, 2, 3, 4, 8, 12, nil],
      table: """
        ID         00 73 00 00 00 identity
        CONFIG1    01 02 87 78 00 rate
        CONFIG2    02 80 7B 84 80 reference, lead-off comparators, test signal
        LOFF       03 10 ED 12 10 lead-off threshold, current, frequency
        CHnSET     04 00 FF 00 00 power, gain and input of the channel
        RLD_SENS   06 00 FF 00 00 right leg drive
        LOFF_SENS  07 00 3F C0 00 lead-off inputs
        LOFF_STAT  08 00 40 A0 00 clock divider; status: electrodes off
        RESP1      09 00 FD 02 02 respiration
        RESP2      0A 02 86 79 01 respiration frequency, right leg reference
        GPIO       0B 0C 0C F0 00 pins for general use
        """)
  }

  /// - Parameter table: a register a line: name, address, value after reset, settable bits, reserved bits on which the
  ///   data sheet insists and their value, all hexadecimal, and what it is for. CHnSET is a register a channel.
  private init(
    chip: ConverterChip, channelCount: Int, identity: UInt8, identityBits: UInt8, clockHz: Double,
    gains: [Double?], table: String
  ) {
    self.chip = chip
    self.channelCount = channelCount
    self.identity = identity
    self.identityBits = identityBits
    self.clockHz = clockHz
    self.gains = gains
    var registers: [ConverterRegister] = []
    for line in table.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 6)
      let numbers = words[1...5].map { UInt8($0, radix: 16) ?? 0 }
      let isChannel = words[0] == "CHnSET"
      for channel in 0..<(isChannel ? channelCount : 1) {
        registers.append(
          ConverterRegister(
            name: isChannel ? "CH\(channel + 1)SET" : String(words[0]),
            address: numbers[0] + UInt8(channel), resetValue: numbers[1], settableBits: numbers[2],
            reservedBits: numbers[3], reservedValue: numbers[4], meaning: String(words[6])))
      }
    }
    self.registers = registers
  }
}
