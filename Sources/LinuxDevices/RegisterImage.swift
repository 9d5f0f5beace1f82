// What the registers of an ADS129x are to hold: the profile's settings over the values after a reset, checked by name
// and by bit, and what they mean: rate, gain, reference.

import Devices
import FrontEnds
import StrictJSON

/// The contents of all registers of a chip.
public struct RegisterImage: Hashable, Sendable {
  /// The chip's registers.
  public let map: ADS129xMap
  /// The contents by address.
  public private(set) var values: [UInt8]
  /// Names in the order in which the profile wants them written.
  private let order: [String]

  /// The settings over the values after a reset. Throws for a name that the chip has not, a register that cannot be
  /// written, or a reserved bit on which the data sheet insists.
  public init(_ map: ADS129xMap, settings: [RegisterSetting]) throws(SourceError) {
    self.map = map
    let last = map.registers.last?.address ?? 0
    values = Array(repeating: 0, count: Int(last) + 1)
    for register in map.registers { values[Int(register.address)] = register.resetValue }
    var order: [String] = []
    for setting in settings {
      let register = try Self.check(setting, map)
      guard !order.contains(register.name) else {
        throw SourceError("The profile sets register \(register.name) twice: leave one out.")
      }
      values[Int(register.address)] = UInt8(setting.value)
      order.append(register.name)
    }
    self.order = order
  }

  /// The registers as a chip holds them.
  public init(_ map: ADS129xMap, contents: [UInt8]) {
    self.map = map
    values = contents
    order = []
  }

  private static func check(
    _ setting: RegisterSetting, _ map: ADS129xMap
  ) throws(SourceError) -> ConverterRegister {
    guard let register = map.register(setting.name) else {
      let nearest = NearestWord.to(setting.name, in: map.registers.map(\.name))
      throw SourceError(
        "The \(map.chip.rawValue) has no register '\(setting.name)': did you mean '\(nearest)'?")
    }
    guard register.settableBits != 0 || register.reservedBits != 0 else {
      throw SourceError(
        "Register \(register.name) (\(register.meaning)) cannot be written: leave it out of the profile."
      )
    }
    guard let value = UInt8(exactly: setting.value) else {
      throw SourceError("Register \(register.name) holds 8 bits, not \(setting.value).")
    }
    let isReset = value == register.resetValue
    guard isReset || value & register.reservedBits == register.reservedValue else {
      let right = value & ~register.reservedBits | register.reservedValue
      throw SourceError(
        "Register \(register.name) = \(hexadecimal(value)) has reserved bits other than the data sheet wants: "
          + "\(hexadecimal(right))?")
    }
    return register
  }

  /// A register's contents. The name must be one of the chip's.
  public subscript(_ name: String) -> UInt8 {
    get { map.register(name).map { values[Int($0.address)] } ?? 0 }
    set { if let register = map.register(name) { values[Int(register.address)] = newValue } }
  }

  /// The registers to be written, the reference first because it needs time, then the profile's in its order.
  public var writtenRegisters: [ConverterRegister] {
    ([map.referenceRegister] + order.filter { $0 != map.referenceRegister })
      .compactMap { map.register($0) }
  }

  /// A sentence for every register that reads back otherwise than it should. `read` is what was read from address 0 on.
  public func differences(from read: [UInt8]) -> [String] {
    map.registers.compactMap { register in
      let expected = values[Int(register.address)]
      let found = read[Int(register.address)]
      guard (expected ^ found) & register.settableBits != 0 else { return nil }
      return "\(register.name) reads \(hexadecimal(found)) instead of \(hexadecimal(expected))"
    }
  }
}

/// A byte as data sheets print it.
func hexadecimal(_ value: UInt8) -> String {
  let digits = String(value, radix: 16, uppercase: true)
  return "0x" + (digits.count < 2 ? "0" : "") + digits
}
