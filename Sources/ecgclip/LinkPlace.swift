// Where the ends of the alert link are, as people write it.

import Central
import Devices
import Foundation
import LinuxDevices

enum LinkPlace {
  /// The usual baud rate of a line.
  static let baudUsual: UInt32 = 115_200

  /// `PORT`, `ADDRESS:PORT` or `[IPV6]:PORT`: where to listen.
  static func local(_ text: String) throws -> DatagramPeer {
    if let port = UInt16(text) {
      return DatagramPeer(addressHigh: 0, addressLow: 0, scope: 0, port: port)
    }
    let (host, port) = try hostAndPort(text, example: "0.0.0.0:5514, [::]:5514 or 5514")
    return try DatagramPeer(resolving: host, port: port)
  }

  /// `HOST:PORT` or `[IPV6]:PORT`.
  static func hostAndPort(_ text: String, example: String) throws -> (String, UInt16) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else {
      throw CentralError("'\(text)' is no address with a port: write for instance \(example).")
    }
    var host = String(text[..<colon])
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    if isBracketed { host = String(host.dropFirst().dropLast()) }
    guard !host.isEmpty, isBracketed || !host.contains(":") else {
      throw CentralError("'\(text)' is no address with a port: write for instance \(example).")
    }
    return (host, port)
  }

  /// `DEVICE` or `DEVICE?baud=N`.
  static func serial(_ text: String) throws -> (path: String, baud: UInt32) {
    let parts = text.split(separator: "?", maxSplits: 1)
    guard let path = parts.first else {
      throw CentralError(
        "A serial line needs its device: write for instance /dev/ttyUSB0?baud=115200.")
    }
    guard parts.count == 2 else { return (String(path), baudUsual) }
    guard parts[1].hasPrefix("baud="), let baud = UInt32(parts[1].dropFirst(5)), baud > 0 else {
      throw CentralError("'\(parts[1])' is nothing of a serial line: write ?baud=\(baudUsual).")
    }
    return (String(path), baud)
  }
}
