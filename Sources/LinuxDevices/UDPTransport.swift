// Datagrams over UDP, IPv4 and IPv6.

import CLinux
import Devices
import Glibc

/// A UDP socket.
public final class UDPTransport: DatagramTransport {
  public var name: String { "UDP port \(local.port)" }
  public private(set) var descriptor: Int32 = -1
  /// The port that it listens at, once open.
  public var port: UInt16 { local.port }

  private var local: clinux_endpoint
  private var buffer = [UInt8](repeating: 0, count: 2048)

  /// A socket at an address of this machine; without one at every address, on a port that the system chooses.
  public init(at local: DatagramPeer? = nil) {
    self.local = local.map(clinux_endpoint.init) ?? clinux_endpoint()
  }

  deinit { close() }

  public func open() throws(SourceError) {
    // A thousand devices that all start to talk at once, after the power came back, find room.
    let result = clinux_datagram_open(&local, 4 << 20)
    guard result >= 0 else {
      let reason = String(cString: strerror(-result))
      throw SourceError(
        "\(name) cannot be opened (\(reason)): stop what listens there, or take another.")
    }
    descriptor = result
  }

  public func receive() -> Datagram? {
    var from = clinux_endpoint()
    let count = clinux_datagram_receive(descriptor, &buffer, buffer.count, &from)
    return count < 0 ? nil : Datagram(bytes: Array(buffer[..<Int(count)]), peer: DatagramPeer(from))
  }

  public func send(_ bytes: [UInt8], to peer: DatagramPeer) {
    var endpoint = clinux_endpoint(peer)
    _ = clinux_datagram_send(descriptor, bytes, bytes.count, &endpoint)
  }

  public func reopen() {
    if descriptor < 0 { try? open() }
  }

  public func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }
}

extension DatagramPeer {
  /// Looks a host up: a number, or a name, for which it waits.
  public init(resolving host: String, port: UInt16) throws(SourceError) {
    var endpoint = clinux_endpoint()
    let result = clinux_endpoint_resolve(host, port, &endpoint)
    guard result == 0 else {
      throw SourceError(
        "'\(host)' is no address that is known here (\(String(cString: gai_strerror(result)))): "
          + "write the number of the other end, as 192.168.4.1 or [fd00::1].")
    }
    self.init(endpoint)
  }

  init(_ endpoint: clinux_endpoint) {
    let halves = withUnsafeBytes(of: endpoint.address) { bytes in
      (
        bytes.loadUnaligned(as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      )
    }
    self.init(
      addressHigh: UInt64(bigEndian: halves.0), addressLow: UInt64(bigEndian: halves.1),
      scope: endpoint.scope, port: endpoint.port)
  }
}

extension clinux_endpoint {
  init(_ peer: DatagramPeer) {
    self.init()
    withUnsafeMutableBytes(of: &address) { bytes in
      bytes.storeBytes(of: peer.addressHigh.bigEndian, as: UInt64.self)
      bytes.storeBytes(of: peer.addressLow.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    scope = peer.scope
    port = peer.port
  }
}
