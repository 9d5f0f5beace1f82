// A way for datagrams: a network socket that has many at its other end, or a serial line that has one. Datagrams may be
// lost, doubled and late on either; what they mean is the business of whoever reads them.

/// Who is at the other end: an address of a network, or the one end that a line has.
public struct DatagramPeer: Hashable, Sendable, BitwiseCopyable {
  /// An IPv6 address in the order of the network, or an IPv4 one as ::ffff:a.b.c.d; zero for a line.
  public var addressHigh: UInt64
  /// Its second half.
  public var addressLow: UInt64
  /// The interface of a link-local address, else 0.
  public var scope: UInt32
  /// The port; 0 for a line.
  public var port: UInt16

  /// The other end of a line.
  public static let line = DatagramPeer(addressHigh: 0, addressLow: 0, scope: 0, port: 0)

  /// Creates an address.
  public init(addressHigh: UInt64, addressLow: UInt64, scope: UInt32, port: UInt16) {
    self.addressHigh = addressHigh
    self.addressLow = addressLow
    self.scope = scope
    self.port = port
  }

  /// Whether it is an IPv4 address.
  public var isIPv4: Bool { addressHigh == 0 && addressLow >> 32 == 0xFFFF }
}

/// A datagram that came.
public struct Datagram: Hashable, Sendable {
  /// Its bytes.
  public var bytes: [UInt8]
  /// Where it came from, and where an answer goes.
  public var peer: DatagramPeer

  /// Creates a datagram.
  public init(bytes: [UInt8], peer: DatagramPeer) {
    self.bytes = bytes
    self.peer = peer
  }
}

/// A way for datagrams. One thread. Nothing here waits.
public protocol DatagramTransport: AnyObject {
  /// What to call it in a message: a port, a device's path.
  var name: String { get }

  /// Can be read when datagrams wait; -1 while the device is away.
  var descriptor: Int32 { get }

  /// Opens it. The error names the thing, the reason and the remedy.
  func open() throws(SourceError)

  /// Takes one datagram, nil when none is there.
  func receive() -> Datagram?

  /// Sends one datagram, or loses it: networks do, too.
  func send(_ bytes: [UInt8], to peer: DatagramPeer)

  /// Tries once to open a device again that is away; does nothing while it is there.
  func reopen()

  /// Closes it; a second call does nothing.
  func close()
}
