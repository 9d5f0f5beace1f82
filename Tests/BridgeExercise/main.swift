// A program that is killed while it calibrates: it puts a bridge's inputs on something and ends with SIGKILL after so
// many accesses of the chip, in the middle of the next command.
//
//   BridgeExercise PORT PROFILE SELECTION ACCESSES
//
// Prints how many accesses a whole restore and selection are, when it lives so long.

import Devices
import FrontEnds
import Glibc
import LinuxDevices

/// An access that ends the program.
final class MortalAccess: RegisterAccess {
  private let access: any RegisterAccess
  private let send: ([UInt8]) throws(SourceError) -> Void
  private var left: Int
  private(set) var count = 0

  init(
    _ access: any RegisterAccess, accesses: Int,
    send: @escaping ([UInt8]) throws(SourceError) -> Void
  ) {
    self.access = access
    self.send = send
    left = accesses
  }

  private func live() throws(SourceError) {
    count += 1
    left -= 1
    guard left < 0 else { return }
    let next = BridgeCommand(id: 1, .writeRegisters, [5, 0x05]).encoded(sequence: 0)
    try send(Array(next.prefix(next.count / 2)))
    kill(getpid(), SIGKILL)
  }

  func readRegisters(from address: UInt8, count: Int) throws(SourceError) -> [UInt8] {
    try live()
    return try access.readRegisters(from: address, count: count)
  }

  func writeRegisters(_ values: [UInt8], at address: UInt8) throws(SourceError) {
    try live()
    try access.writeRegisters(values, at: address)
  }

  func command(_ opcode: UInt8) throws(SourceError) {
    try live()
    try access.command(opcode)
  }
}

do {
  let arguments = CommandLine.arguments
  guard arguments.count == 5, let input = InputSelection(rawValue: arguments[3]),
    let accesses = Int(arguments[4]), let map = ADS129xMap(.ads1298)
  else { exit(64) }
  let profile = try BoardProfile.load(arguments[2])
  let source = FramedSource(
    channel: SerialChannel(path: arguments[1], baud: 115_200), decoder: BridgeDecoder())
  let access = MortalAccess(BridgeRegisterAccess(source), accesses: accesses) {
    bytes throws(SourceError) in try source.send(bytes)
  }
  let sequence = ADS129xBringUp(access: access, reset: nil, start: nil) { nanoseconds in
    _ = try? source.readOn(
      seconds: Double(nanoseconds) / 1e9, switchesInputs: true, until: { _ in false })
  }
  let control = ADS129xControl(
    try RegisterImage(map, settings: profile.registers), bringUp: sequence)
  _ = try source.open()
  try control.restore()
  try control.select(input)
  print(access.count)
} catch {
  print(error)
  exit(2)
}
