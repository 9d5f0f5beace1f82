// Serial ports on pseudo-terminals, with a /dev and a /sys of their own: rates, rivals, and boards that are
// unplugged and come back under another name.

import Devices
import Foundation
import LinuxDevices
import TestSupport
import Testing

/// A machine into which boards are plugged.
private final class Machine {
  let folder: TemporaryFolder
  var devices: SerialDevices {
    SerialDevices(devices: folder.path + "/dev", system: folder.path + "/sys")
  }

  init() throws {
    folder = try TemporaryFolder()
    for name in ["dev/serial/by-id/", "sys/class/tty/", "sys/dev/char/", "sys/devices/"] {
      try folder.makeFolder(of: name + "x")
    }
  }

  func path(_ name: String) -> String { "\(folder.path)/dev/\(name)" }

  /// A terminal under a name.
  func plug(_ terminal: PseudoTerminal, as name: String) throws {
    try link("dev/" + name, to: terminal.path)
  }

  /// The same, known to udev by what it is.
  func plug(_ terminal: PseudoTerminal, as name: String, id: String) throws {
    try plug(terminal, as: name)
    try link("dev/serial/by-id/" + id, to: "../../" + name)
  }

  /// The same, known to the kernel as a USB device.
  func plug(
    _ terminal: PseudoTerminal, as name: String, product: String, serial: String?, socket: String
  ) throws {
    try plug(terminal, as: name)
    let device = "sys/devices/usb1/\(socket)"
    let interface = "\(device)/\(socket):1.0"
    try folder.makeFolder(of: "\(interface)/\(name)/x")
    try folder.write(device + "/idVendor", "0403\n")
    try folder.write(device + "/idProduct", product + "\n")
    if let serial { try folder.write(device + "/serial", serial + "\n") }
    try folder.write(interface + "/bInterfaceNumber", "00\n")
    try folder.makeFolder(of: "sys/class/tty/\(name)/x")
    try link("sys/class/tty/\(name)/device", to: "\(folder.path)/\(interface)/\(name)")
    var status = stat()
    try #require(stat(terminal.path, &status) == 0)
    let number = status.st_rdev
    try link(
      "sys/dev/char/\((number >> 8) & 0xFFF):\(number & 0xFF)", to: "../../class/tty/\(name)")
  }

  /// Forgets all boards.
  func unplugAll() throws {
    for name in ["dev", "sys/class/tty", "sys/dev/char", "sys/devices"] {
      try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
      try folder.makeFolder(of: name + "/x")
    }
    try folder.makeFolder(of: "dev/serial/by-id/x")
  }

  private func link(_ name: String, to target: String) throws {
    let path = "\(folder.path)/\(name)"
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
  }
}

extension PseudoTerminal {
  fileprivate func send(_ text: String) {
    Array(text.utf8).withUnsafeBytes { _ = write($0) { false } }
  }
}

extension SerialChannel {
  fileprivate func text() -> String? {
    var bytes = [UInt8](repeating: 0, count: readByteCountMax)
    let read = bytes.withUnsafeMutableBytes { self.read(into: $0, waitMilliseconds: 1000) }
    guard case .bytes(let count) = read else { return nil }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  fileprivate func next() -> ByteRead {
    var bytes = [UInt8](repeating: 0, count: readByteCountMax)
    return bytes.withUnsafeMutableBytes { self.read(into: $0, waitMilliseconds: 1000) }
  }
}

/// An emulated processor's system calls lack termios2, and with it all but the standard rates.
private let hasAnyRate =
  Python.path != nil && ProcessInfo.processInfo.environment["ECGCLIP_RUNNER"] == nil

@Test(
  "a port is opened raw at any rate, standard or not", .enabled(if: hasAnyRate),
  arguments: [9600, 57_600, 115_200, 250_000, 74_880, 921_600, 3_000_000])
func anyRate(baud: UInt32) throws {
  let terminal = try PseudoTerminal()
  let channel = SerialChannel(path: terminal.path, baud: baud)
  try channel.open()
  #expect(channel.isEmulated)
  // The kernel's own word, through Python: TCGETS2.
  let said = try Python.evaluate(
    """
    import fcntl, os, struct
    port = os.open("\(terminal.path)", os.O_RDWR | os.O_NOCTTY)
    fields = struct.unpack("4I20s2I", fcntl.ioctl(port, 0x802C542A, bytes(44)))
    print([fields[6], fields[2] & 0o60, fields[3] & 0o12, fields[1] & 1])
    """)
  // Rate; 8 bits; neither echo nor lines; bytes go out as they are.
  #expect(said.list.map(\.integer) == [Int(baud), 0o60, 0, 0])
}

@Test("a port belongs to one program: the second is told, and let in when the first is gone")
func oneProgram() throws {
  let terminal = try PseudoTerminal()
  let first = SerialChannel(path: terminal.path, baud: 115_200)
  let second = SerialChannel(path: terminal.path, baud: 115_200)
  try first.open()
  let error = #expect(throws: SourceError.self) { try second.open() }
  #expect(error?.description.contains("in use by another program") == true)
  first.close()
  try second.open()
}

@Test("commands reach the other end, and a port without one is gone")
func commandsAndHangUp() throws {
  var terminal: PseudoTerminal? = try PseudoTerminal()
  let channel = SerialChannel(path: try #require(terminal?.path), baud: 115_200)
  try channel.open()
  terminal?.send("hello")
  #expect(channel.text() == "hello")
  try channel.write(Array("b".utf8))
  terminal?.send("last")
  terminal = nil
  // What had arrived is read before the end is told; then it stays told.
  if let rest = channel.text() { #expect(rest == "last") }
  #expect(channel.next() == .gone)
  #expect(throws: SourceError.self) { try channel.write([1]) }
  channel.close()
  #expect(channel.next() == .gone)
}

@Test(
  "a board comes back under another name, found by its USB serial number; its old name is another's"
)
func otherName() throws {
  let machine = try Machine()
  var terminal: PseudoTerminal? = try PseudoTerminal()
  try machine.plug(
    try #require(terminal), as: "ttyUSB0", product: "6015", serial: "A1", socket: "1-1")
  let channel = SerialChannel(
    path: machine.path("ttyUSB0"), baud: 115_200, devices: machine.devices)
  try channel.open()
  terminal?.send("before")
  #expect(channel.text() == "before")

  terminal = nil
  #expect(channel.next() == .gone)
  channel.close()
  try machine.unplugAll()
  #expect(!channel.reopen())
  let stranger = try PseudoTerminal()
  try machine.plug(stranger, as: "ttyUSB0", product: "6015", serial: "B2", socket: "1-2")
  #expect(!channel.reopen())
  stranger.send("another patient")
  let again = try PseudoTerminal()
  try machine.plug(again, as: "ttyUSB1", product: "6015", serial: "A1", socket: "1-3")
  again.send("after")
  #expect(channel.reopen())
  #expect(channel.text() == "after")
}

@Test("a port's unit is the serial number of its USB device, where that is the device's alone")
func unit() throws {
  func unit(_ serial: String?, interface: String = "00", port: String? = nil) throws -> String? {
    let machine = try Machine()
    let terminal = try PseudoTerminal()
    try machine.plug(terminal, as: "ttyUSB0", product: "6015", serial: serial, socket: "1-1")
    let folder = "sys/devices/usb1/1-1/1-1:1.0"
    try machine.folder.write(folder + "/bInterfaceNumber", interface + "\n")
    if let port { try machine.folder.write(folder + "/ttyUSB0/port_number", port + "\n") }
    let channel = SerialChannel(
      path: machine.path("ttyUSB0"), baud: 115_200, devices: machine.devices)
    #expect(channel.unit == nil)
    try channel.open()
    return channel.unit
  }
  #expect(try unit("DM01N7AE") == "DM01N7AE")
  #expect(try unit("DM01N7AE", port: "0") == "DM01N7AE")
  // One adapter with several ports, and a board at each.
  #expect(try unit("FT4", interface: "02", port: "0") == "FT4-02-0")
  #expect(try unit("MOXA", port: "3") == "MOXA-00-3")
  // No number, and the one that all of a kind have.
  #expect(try unit(nil) == nil)
  #expect(try unit("0001") == nil)
  #expect(try unit("00000000") == nil)
  let bare = SerialChannel(path: try PseudoTerminal().path, baud: 115_200)
  #expect(bare.unit == nil)
}

@Test("where the kernel tells nothing, udev's link finds a board under another name")
func otherNameByLink() throws {
  let machine = try Machine()
  var terminal: PseudoTerminal? = try PseudoTerminal()
  try machine.plug(try #require(terminal), as: "ttyACM0", id: "usb-Pico_E6-if00")
  let channel = SerialChannel(
    path: machine.path("ttyACM0"), baud: 115_200, devices: machine.devices)
  try channel.open()
  terminal = nil
  #expect(channel.next() == .gone)
  channel.close()
  try machine.unplugAll()
  let stranger = try PseudoTerminal()
  try machine.plug(stranger, as: "ttyACM0", id: "usb-Pico_F7-if00")
  #expect(!channel.reopen())
  let again = try PseudoTerminal()
  try machine.plug(again, as: "ttyACM1", id: "usb-Pico_E6-if00")
  again.send("after")
  #expect(channel.reopen())
  #expect(channel.text() == "after")
}

@Test(
  "boards without a serial number are all alike: one counts as the same only in the same socket")
func noSerialNumber() throws {
  let machine = try Machine()
  var terminal: PseudoTerminal? = try PseudoTerminal()
  try machine.plug(
    try #require(terminal), as: "ttyUSB0", product: "7523", serial: nil, socket: "1-1")
  let channel = SerialChannel(
    path: machine.path("ttyUSB0"), baud: 115_200, devices: machine.devices)
  try channel.open()
  terminal = nil
  channel.close()
  try machine.unplugAll()
  let neighbour = try PseudoTerminal()
  try machine.plug(neighbour, as: "ttyUSB0", product: "7523", serial: nil, socket: "1-2")
  #expect(!channel.reopen())
  let again = try PseudoTerminal()
  try machine.plug(again, as: "ttyUSB1", product: "7523", serial: nil, socket: "1-1")
  #expect(channel.reopen())
}

@Test("a name that is not there is answered with those that are")
func suggestions() throws {
  let machine = try Machine()
  let terminal = try PseudoTerminal()
  try machine.plug(terminal, as: "ttyUSB3", id: "usb-FTDI_FT231X_DQ00-if00-port0")
  let error = #expect(throws: SourceError.self) {
    try SerialChannel(path: machine.path("ttyUSB0"), baud: 115_200, devices: machine.devices).open()
  }
  #expect(error?.description.contains("by-id/usb-FTDI_FT231X_DQ00-if00-port0") == true)
  let file = try machine.folder.write("file", "no port")
  let noPort = #expect(throws: SourceError.self) {
    try SerialChannel(path: file, baud: 115_200).open()
  }
  #expect(noPort?.description.contains("is no serial port") == true)
}
