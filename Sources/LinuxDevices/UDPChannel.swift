// Datagrams as a channel for bytes: a bridge on the network. Nothing on the wire says who sent it, so this is
// for a network that nobody else can reach: a cable, or a Wi-Fi of its own. IPv4.

import CLinux
import Devices
import Glibc

/// A UDP port that listens to one front-end. One thread.
///
/// The front-end is the configured address, or the first that sends. Datagrams from elsewhere are counted and not read.
/// After a second of silence the same address may go on from another port: a bridge that has started again.
public final class UDPChannel: ByteChannel {
  public var name: String { "UDP port \(port)" }
  /// The largest datagram.
  public let readByteCountMax = 65_536
  /// Whether only a program on this machine is listened to.
  public var isEmulated: Bool { configured.map(Self.isLoopback) ?? false }
  public private(set) var datagramsForeign: Int64 = 0
  /// Before the first datagram nobody knows where to: what is sent is no conversation.
  public var takesCommands: Bool { false }

  /// The port that it listens at; with port 0 the one that the system chose, once open.
  public private(set) var port: UInt16
  /// The only address to listen to, in the order of the network; nil for the first that sends.
  private let configured: UInt32?
  private var sender: (address: UInt32, port: UInt16)?
  private var lastNanoseconds: UInt64 = 0
  /// So long a sender keeps its port; tests do not wait for it.
  var silenceNanoseconds: UInt64 = 1_000_000_000
  private var descriptor: Int32 = -1

  /// A port to listen at.
  ///
  /// - Parameter address: the front-end's, in dotted form; nil for the first that sends.
  public init(port: UInt16, address: String? = nil) throws(SourceError) {
    self.port = port
    if let address {
      var parsed = in_addr()
      guard inet_pton(AF_INET, address, &parsed) == 1 else {
        throw SourceError("\(address) is no IPv4 address: write for instance udp:192.168.4.1:5515.")
      }
      configured = parsed.s_addr
    } else {
      configured = nil
    }
  }

  deinit { close() }

  public func open() throws(SourceError) {
    descriptor = socket(
      AF_INET,
      Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0, bindSocket() else {
      let reason = String(cString: strerror(errno))
      close()
      throw SourceError(
        "\(name) cannot be opened (\(reason)): stop what listens there, or take another.")
    }
  }

  private func bindSocket() -> Bool {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    // What only a program on this machine may send need not be reachable from outside.
    if isEmulated, let configured { address.sin_addr.s_addr = configured }
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    return isBound
  }

  private static func isLoopback(_ address: UInt32) -> Bool {
    UInt32(bigEndian: address) >> 24 == 127
  }

  public func read(
    into buffer: UnsafeMutableRawBufferPointer, waitMilliseconds: Int32
  ) -> ByteRead {
    guard descriptor >= 0, clinux_wait_readable(descriptor, waitMilliseconds) >= 0 else {
      return .gone
    }
    var from = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let count = withUnsafeMutablePointer(to: &from) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        recvfrom(descriptor, buffer.baseAddress, buffer.count, 0, $0, &size)
      }
    }
    guard count > 0 else { return .nothing }
    if isFrontEnd(from.sin_addr.s_addr, from.sin_port) { return .bytes(count) }
    datagramsForeign &+= 1
    return .nothing
  }

  /// Whether a datagram is from the one that is listened to.
  private func isFrontEnd(_ address: UInt32, _ port: UInt16) -> Bool {
    let now = clinux_monotonic_nanoseconds()
    let isKnown: Bool
    if let sender {
      let isSilent = now &- lastNanoseconds > silenceNanoseconds
      isKnown = address == sender.address && (port == sender.port || isSilent)
    } else {
      isKnown = configured == nil || configured == address
    }
    guard isKnown else { return false }
    sender = (address, port)
    lastNanoseconds = now
    return true
  }

  public func write(_ bytes: [UInt8]) throws(SourceError) {
    guard let sender else { return }
    var to = sockaddr_in()
    to.sin_family = sa_family_t(AF_INET)
    to.sin_port = sender.port
    to.sin_addr.s_addr = sender.address
    let count = withUnsafePointer(to: &to) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(
          descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0,
          socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard count == bytes.count else {
      throw SourceError("\(name) cannot send to the front-end: check the network.")
    }
  }

  /// A socket does not go away; where the network does, it is opened anew.
  public func reopen() -> Bool {
    close()
    return (try? open()) != nil
  }

  public func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }
}
