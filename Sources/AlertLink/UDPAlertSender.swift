// Alerts as datagrams: sent once, never waited for.

import Foundation
import Glibc

/// A socket to one destination. The descriptor is closed with its owner.
public final class UDPAlertSender {
  /// Where the datagrams go.
  public let destination: AlertDestination
  /// Datagrams that the system refused.
  public private(set) var failureCount = 0
  /// The largest datagram, so that it fits any link in one piece.
  public static let byteCountMax = 1200
  private let descriptor: Int32

  /// Opens the socket.
  public init(to destination: AlertDestination) throws(AlertLinkError) {
    self.destination = destination
    descriptor = socket(
      destination.isIPv6 ? AF_INET6 : AF_INET,
      Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else {
      throw AlertLinkError(
        "No socket for \(destination.text) (\(String(cString: strerror(errno)))).")
    }
  }

  deinit { close(descriptor) }

  /// Sends a message; false when it could not leave, which is counted.
  @discardableResult
  public func send(_ message: AlertMessage) -> Bool {
    guard let data = try? message.encoded(), data.count <= Self.byteCountMax else {
      failureCount += 1
      return false
    }
    let sent = data.withUnsafeBytes { bytes in
      destination.isIPv6 ? sendIPv6(bytes) : sendIPv4(bytes)
    }
    if sent != data.count { failureCount += 1 }
    return sent == data.count
  }

  private func sendIPv4(_ bytes: UnsafeRawBufferPointer) -> Int {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = destination.port.bigEndian
    inet_pton(AF_INET, destination.host, &address.sin_addr)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(
          descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL), $0,
          socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private func sendIPv6(_ bytes: UnsafeRawBufferPointer) -> Int {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = destination.port.bigEndian
    inet_pton(AF_INET6, destination.host, &address.sin6_addr)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(
          descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL), $0,
          socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
  }
}
