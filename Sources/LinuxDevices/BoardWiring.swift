// How a converter is wired to the computer: its SPI bus, its GPIO lines, and what its registers are to hold.

/// A GPIO line, found by the label of its chip because numbers change between kernels.
public struct GPIOLine: Hashable, Sendable {
  /// Labels that the chip may have, tried in order (`pinctrl-rp1` on a Raspberry Pi 5, `pinctrl-bcm2711` on a 4).
  public let chipLabels: [String]
  /// Offset of the line on its chip: the BCM number on a Raspberry Pi.
  public let offset: UInt32

  /// Names a line.
  public init(chipLabels: [String], offset: UInt32) {
    self.chipLabels = chipLabels
    self.offset = offset
  }
}

/// A converter on an SPI bus.
public struct SPIWiring: Hashable, Sendable {
  /// The bus and its chip select, as `/dev/spidev0.0`.
  public let device: String
  /// CPOL and CPHA, 0-3.
  public let mode: UInt8
  /// Clock of transfers of samples. Registers are read and written at no more than their chip allows.
  public let clockHz: UInt32
  /// Falls when a conversion is ready.
  public let dataReady: GPIOLine
  /// Active low reset, nil where it is not wired.
  public let reset: GPIOLine?
  /// The START pin, nil where conversions are started by command.
  public let start: GPIOLine?

  /// Describes the wiring.
  public init(
    device: String, mode: UInt8, clockHz: UInt32, dataReady: GPIOLine, reset: GPIOLine? = nil,
    start: GPIOLine? = nil
  ) {
    self.device = device
    self.mode = mode
    self.clockHz = clockHz
    self.dataReady = dataReady
    self.reset = reset
    self.start = start
  }
}

/// What a register is to hold, by the data sheet's name.
public struct RegisterSetting: Hashable, Sendable {
  /// The name, as `CONFIG1`.
  public let name: String
  /// The value; bits that the chip owns (status, id) are not compared when it is read back.
  public let value: UInt32

  /// Sets a register.
  public init(name: String, value: UInt32) {
    self.name = name
    self.value = value
  }
}
