// A serial port as a channel for bytes. What it remembers is the device, not its name: unplugged and plugged in
// again it is found under the name that it has then, and nothing else is taken for it.

import CLinux
import Devices

/// A serial port, or a pseudo-terminal in its place. One thread.
public final class SerialChannel: ByteChannel {
  public var name: String { path }
  /// A tenth of a second at 115200 baud.
  public let readByteCountMax = 1024
  public private(set) var isEmulated = false
  /// The serial number of its USB device.
  public var unit: String? { identity?.usb?.unit }

  private let path: String
  private let baud: UInt32
  private let devices: SerialDevices
  private var port: SerialPort?
  private var identity: SerialDevices.Identity?

  /// A port at `baud` bits a second, 8N1. Nothing is opened yet.
  public init(path: String, baud: UInt32, devices: SerialDevices = SerialDevices()) {
    self.path = path
    self.baud = baud
    self.devices = devices
  }

  public func open() throws(SourceError) {
    let opened = try SerialPort(path: path, baud: baud, stableLinks: devices.stableLinks)
    isEmulated = opened.isEmulated
    identity = devices.identity(path: path, number: opened.deviceNumber)
    port = consume opened
  }

  public func read(
    into buffer: UnsafeMutableRawBufferPointer, waitMilliseconds: Int32
  ) -> ByteRead {
    port?.read(into: buffer, waitMilliseconds: waitMilliseconds) ?? .gone
  }

  /// The open port's descriptor, -1 while it is away.
  var descriptor: Int32 { port?.descriptor ?? -1 }

  /// Writes as many bytes as there is room for now; -1 when the port is gone.
  func writeAvailable(_ bytes: [UInt8]) -> Int { port?.writeAvailable(bytes) ?? -1 }

  public func write(_ bytes: [UInt8]) throws(SourceError) {
    guard port?.write(bytes) == true else {
      throw SourceError("\(path) takes no commands: check its plug and its wire to the front-end.")
    }
  }

  public func reopen() -> Bool {
    guard let identity, let current = devices.path(of: identity),
      let opened = try? SerialPort(path: current, baud: baud)
    else { return false }
    // The name may have become another device's since it was found.
    guard devices.isSame(identity, number: opened.deviceNumber) else { return false }
    port = consume opened
    return true
  }

  public func close() { port = nil }
}
