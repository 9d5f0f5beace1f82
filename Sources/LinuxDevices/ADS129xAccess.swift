// The registers and commands of an ADS129x behind SPI, as its data sheet spells them (SBAS459, SPI commands).

import Devices

/// Commands of the family.
public enum ADS129xCommand {
  /// Leave stand-by.
  public static let wakeUp: UInt8 = 0x02
  /// All registers to their values after a reset, and continuous reading on.
  public static let reset: UInt8 = 0x06
  /// Start conversions.
  public static let start: UInt8 = 0x08
  /// Stop conversions.
  public static let stop: UInt8 = 0x0A
  /// Every conversion can be clocked out without a command: registers cannot be read meanwhile.
  public static let readContinuously: UInt8 = 0x10
  /// Registers can be read and written again.
  public static let stopReadingContinuously: UInt8 = 0x11
  /// Reads registers: or'ed with the first one's address, then the count less 1.
  public static let readRegisters: UInt8 = 0x20
  /// Writes registers, likewise.
  public static let writeRegisters: UInt8 = 0x40
}

/// An ADS129x on an SPI bus.
public final class ADS129xAccess: RegisterAccess {
  private let bus: any SPIBus
  private let name: String
  private let clockHz: UInt32
  private let holdMicroseconds: UInt16

  /// - Parameters:
  ///   - name: the bus, for messages.
  ///   - map: the chip. It decodes a byte in 4 cycles of its clock: with no faster a bus than that clock no pause
  ///     between bytes is needed (the same choice as Linux's ti-ads1298.c).
  ///   - clockHz: the clock of the wiring, which may be slower.
  public init(bus: any SPIBus, name: String, map: ADS129xMap, clockHz: UInt32) {
    self.bus = bus
    self.name = name
    self.clockHz = min(clockHz, UInt32(map.clockHz))
    holdMicroseconds = UInt16((4e6 / map.clockHz).rounded(.up))
  }

  public func readRegisters(
    from address: UInt8, count: Int
  ) throws(SourceError) -> [UInt8] {
    let opcode = ADS129xCommand.readRegisters | address
    let received = try exchange(
      [opcode, UInt8(count - 1)] + [UInt8](repeating: 0, count: count), "reading registers")
    return Array(received[2...])
  }

  public func writeRegisters(_ values: [UInt8], at address: UInt8) throws(SourceError) {
    let opcode = ADS129xCommand.writeRegisters | address
    _ = try exchange([opcode, UInt8(values.count - 1)] + values, "writing registers")
  }

  public func command(_ opcode: UInt8) throws(SourceError) {
    _ = try exchange([opcode], "command \(hexadecimal(opcode))")
  }

  private func exchange(_ bytes: [UInt8], _ purpose: String) throws(SourceError) -> [UInt8] {
    var received = [UInt8](repeating: 0, count: bytes.count)
    let result = bytes.withUnsafeBufferPointer { transmit in
      received.withUnsafeMutableBufferPointer { receive in
        guard let from = transmit.baseAddress, let to = receive.baseAddress else { return Int32(0) }
        return bus.transfer(
          from, to, count: bytes.count, clockHz: clockHz, holdMicroseconds: holdMicroseconds)
      }
    }
    guard result == 0 else {
      throw SourceError(
        "\(name) fails while \(purpose) (errno \(-result)): is the board still plugged in?")
    }
    return received
  }
}
