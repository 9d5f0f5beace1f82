// Where an emulated front-end's bytes go: a pseudo-terminal, or datagrams to a host.

import Devices
import Glibc
import LinuxDevices

/// The way out of an emulated front-end.
public enum EmulatedPort {
  /// A serial port to every program on this machine.
  case terminal(PseudoTerminal)
  /// Each frame a datagram.
  case datagrams(DatagramPort)
}

/// A socket that sends to one destination. The descriptor is closed with its owner.
public final class DatagramPort {
  /// Where the datagrams go, as it was given.
  public let destination: String
  private let descriptor: Int32

  /// Opens the socket.
  ///
  /// - Parameter destination: `HOST:PORT`, the host a name or an address of version 4.
  public init(destination: String) throws(SourceError) {
    self.destination = destination
    let parts = destination.split(separator: ":", maxSplits: 1).map(String.init)
    var hints = addrinfo()
    hints.ai_family = AF_INET
    hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard parts.count == 2, UInt16(parts[1]) != nil,
      getaddrinfo(parts[0], parts[1], &hints, &found) == 0, let address = found
    else {
      throw SourceError("No host '\(destination)': write for instance 127.0.0.1:5500.")
    }
    defer { freeaddrinfo(address) }
    descriptor = socket(AF_INET, hints.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0,
      connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0
    else {
      throw SourceError(
        "No way to \(destination) (\(String(cString: strerror(errno)))): check the network.")
    }
  }

  deinit { close(descriptor) }

  /// Sends a frame. Nobody may be listening, and nobody is waited for: that is the nature of datagrams.
  func send(_ frame: ArraySlice<UInt8>) {
    _ = frame.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }
}
