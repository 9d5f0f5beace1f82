// Which serial device is which. Linux names them in the order in which they come (ttyUSB0, ttyUSB1), so a board that is
// plugged in again may have another name, and its old name may be another board's: another patient's. udev's links in
// /dev/serial/by-id and the kernel's /sys know a device by what it is.

import Glibc

/// The places where the system tells of its serial devices. Tests have their own.
public struct SerialDevices: Sendable {
  private let devices: String
  private let system: String

  /// Those of this machine, or elsewhere.
  ///
  /// - Parameters:
  ///   - devices: where device files are.
  ///   - system: where the kernel tells of devices.
  public init(devices: String = "/dev", system: String = "/sys") {
    self.devices = devices
    self.system = system
  }

  /// What a device on USB says of itself.
  struct USBIdentity: Hashable {
    let vendor: String
    let product: String
    /// Nil where the chip has none of its own, as CH340.
    let serial: String?
    /// The interface, and the port of several behind one.
    let interface: String
    let port: String?
    /// The socket it is plugged into, for instance 1-1.2.
    let socket: String

    /// What no other port of any device has: the serial number and, where the device has several ports, which. Nil
    /// where the maker gave all the same: "0001" is how every CP210x leaves Silicon Labs (AN721).
    var unit: String? {
      guard let serial, serial != "0001", serial.contains(where: { $0 != "0" }) else { return nil }
      let isFirst = interface == "00" && port ?? "0" == "0"
      return isFirst ? serial : "\(serial)-\(interface)" + (port.map { "-\($0)" } ?? "")
    }

    /// Whether it is the same device. Without a serial number all of a kind are alike: then it is what is in the same
    /// socket.
    func isSame(as other: USBIdentity) -> Bool {
      vendor == other.vendor && product == other.product && serial == other.serial
        && interface == other.interface && port == other.port
        && (serial != nil || socket == other.socket)
    }
  }

  /// What stays when a device goes away.
  struct Identity: Hashable {
    /// The path by which it was opened.
    let path: String
    /// udev's link to it.
    let link: String?
    let usb: USBIdentity?
  }

  /// What to remember of a device that was opened.
  ///
  /// - Parameter number: its device number, as `stat` has it.
  func identity(path: String, number: UInt64) -> Identity {
    Identity(
      path: path, link: stableLinks.first { Self.deviceNumber($0) == number },
      usb: usbIdentity(number: number))
  }

  /// Whether an open device is the one that is remembered, as far as that can be known.
  func isSame(_ identity: Identity, number: UInt64) -> Bool {
    identity.usb.map { usbIdentity(number: number)?.isSame(as: $0) == true } ?? true
  }

  /// Where a device is now; nil while it is away. The old path is taken on trust only where nothing else is known.
  func path(of identity: Identity) -> String? {
    if let usb = identity.usb {
      let name = Self.names(in: system + "/class/tty").first { name in
        usbIdentity("\(system)/class/tty/\(name)")?.isSame(as: usb) == true
      }
      return name.map { "\(devices)/\($0)" }
    }
    return identity.link ?? identity.path
  }

  /// Links that keep their name whatever the device's own is, sorted.
  public var stableLinks: [String] {
    let folder = devices + "/serial/by-id"
    return Self.names(in: folder).map { "\(folder)/\($0)" }
  }

  private func usbIdentity(number: UInt64) -> USBIdentity? {
    usbIdentity("\(system)/dev/char/\(number.major):\(number.minor)")
  }

  /// Reads upwards from the terminal to the USB interface and the device that has it.
  private func usbIdentity(_ terminal: String) -> USBIdentity? {
    guard var folder = Self.realPath(terminal + "/device") else { return nil }
    let port = Self.text(folder + "/port_number")
    var interface: String?
    while folder.count > 1 {
      interface = interface ?? Self.text(folder + "/bInterfaceNumber")
      if let interface, let vendor = Self.text(folder + "/idVendor"),
        let product = Self.text(folder + "/idProduct")
      {
        return USBIdentity(
          vendor: vendor, product: product, serial: Self.text(folder + "/serial"),
          interface: interface, port: port, socket: String(folder.split(separator: "/").last ?? ""))
      }
      folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
    }
    return nil
  }

  private static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  private static func deviceNumber(_ path: String) -> UInt64? {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_rdev) : nil
  }

  /// Names in a folder, sorted; none where it cannot be read.
  private static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  /// The first line of a small file, nil where it is not there or empty.
  private static func text(_ path: String) -> String? {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { Glibc.close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    let line = bytes.prefix(max(0, count)).prefix { $0 != 0x0A }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }
}

extension UInt64 {
  /// The parts of a device number, as Linux packs them (sysmacros.h).
  fileprivate var major: UInt64 { (self >> 8) & 0xFFF | (self >> 32) & 0xFFFF_F000 }
  fileprivate var minor: UInt64 { self & 0xFF | (self >> 12) & 0xFFFF_FF00 }
}
