// From power to the first conversion: reset, identity, registers in order, every one of them read back. Nothing is
// taken for granted, so the same sequence also repairs a chip that a crash left in any state.

import Devices

/// Brings a chip of the ADS129x family to what a register image says.
public struct ADS129xBringUp {
  private let access: any RegisterAccess
  private let reset: (any OutputLine)?
  private let start: (any OutputLine)?
  private let pause: (UInt64) -> Void

  /// - Parameters:
  ///   - access: the chip's registers, behind SPI or a bridge.
  ///   - reset: its active-low reset, nil where it is reset by command.
  ///   - start: its START pin, nil where it is started by command.
  ///   - pause: waits so many nanoseconds.
  public init(
    access: any RegisterAccess, reset: (any OutputLine)?, start: (any OutputLine)?,
    pause: @escaping (UInt64) -> Void
  ) {
    self.access = access
    self.reset = reset
    self.start = start
    self.pause = pause
  }

  /// The whole sequence; afterwards the chip converts and its samples can be read.
  public func run(_ image: RegisterImage) throws(SourceError) {
    try start?.set(false)
    // 2^18 cycles after power-up nothing may be asked of it (SBAS499C table 30, e2e 480770).
    pause(image.map.cycles(1 << 18))
    try access.command(ADS129xCommand.wakeUp)
    try access.command(ADS129xCommand.stopReadingContinuously)
    try resetChip(image.map)
    // After a reset it reads continuously again.
    try access.command(ADS129xCommand.stopReadingContinuously)
    try identify(image.map)
    for register in image.writtenRegisters {
      try access.writeRegisters([image[register.name]], at: register.address)
      if register.name == image.map.referenceRegister { pause(Self.referenceNanoseconds) }
    }
    try verify(image)
    try begin()
  }

  /// Changes a chip that has been brought up, reads everything back and converts again.
  public func change(from old: RegisterImage, to new: RegisterImage) throws(SourceError) {
    try halt()
    for register in new.map.registers where old[register.name] != new[register.name] {
      try access.writeRegisters([new[register.name]], at: register.address)
    }
    try verify(new)
    try begin()
  }

  /// Stops conversions; registers can be read and written.
  public func halt() throws(SourceError) {
    try access.command(ADS129xCommand.stopReadingContinuously)
    if let start { try start.set(false) } else { try access.command(ADS129xCommand.stop) }
  }

  /// The internal reference settles within 150 ms (SBAS459, start-up of the reference with 10 uF).
  static let referenceNanoseconds: UInt64 = 150_000_000

  private func resetChip(_ map: ADS129xMap) throws(SourceError) {
    if let reset {
      try reset.set(false)
      pause(map.cycles(2))
      try reset.set(true)
    } else {
      try access.command(ADS129xCommand.reset)
    }
    pause(map.cycles(18))
  }

  private func begin() throws(SourceError) {
    if let start { try start.set(true) } else { try access.command(ADS129xCommand.start) }
    try access.command(ADS129xCommand.readContinuously)
  }

  /// Reads the identity, again where the chip is not quite awake (e2e 469534).
  private func identify(_ map: ADS129xMap) throws(SourceError) {
    var found: UInt8 = 0
    for _ in 0..<3 {
      found = try access.readRegisters(from: 0, count: 1)[0]
      if found & map.identityBits == map.identity { return }
      pause(10_000_000)
    }
    throw Self.stranger(found, map)
  }

  /// Reads every register back.
  private func verify(_ image: RegisterImage) throws(SourceError) {
    let read = try access.readRegisters(from: 0, count: image.values.count)
    guard read[0] & image.map.identityBits == image.map.identity else {
      throw Self.stranger(read[0], image.map)
    }
    let differences = image.differences(from: read)
    guard differences.isEmpty else {
      let shown = differences.prefix(3).joined(separator: ", ")
      let more = differences.count > 3 ? " and \(differences.count - 3) more" : ""
      throw SourceError(
        "The \(image.map.chip.rawValue) does not keep its settings: \(shown)\(more). "
          + "Check the wires and their length, lower 'clockHz'; else the chip is defective.")
    }
  }

  /// What an ID register that is not the expected one means.
  static func stranger(_ found: UInt8, _ map: ADS129xMap) -> SourceError {
    let expected = "instead of \(hexadecimal(map.identity)) (\(map.chip.rawValue))"
    let says = "The ID register reads \(hexadecimal(found)) \(expected)"
    if found == 0x00 || found == 0xFF {
      return SourceError(
        "\(says): nothing answers. Check the board's power, MISO, MOSI, SCLK and chip select, and the device's name."
      )
    }
    if let other = ADS129xMap.name(identity: found) {
      return SourceError("\(says): this is \(other). Correct 'chip' in the profile.")
    }
    // One bit late or early, as 600000 400000 … for C00000 800000 … in samples.
    if [found << 1, found >> 1 | 0x80].contains(where: { $0 & map.identityBits == map.identity }) {
      return SourceError(
        "\(says): the same bits, shifted by one. The chip needs SPI mode 1 (CPOL 0, CPHA 1): correct 'mode'."
      )
    }
    return SourceError(
      "\(says): another chip, or a disturbed bus. Check 'chip' in the profile and the wires, lower 'clockHz'."
    )
  }
}

extension ADS129xMap {
  /// Cycles of the chip's clock in nanoseconds, 5 % longer because its oscillator is not exact.
  func cycles(_ count: Int) -> UInt64 {
    UInt64((Double(count) / clockHz * 1.05e9).rounded(.up))
  }
}
