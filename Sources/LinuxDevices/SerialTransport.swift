// Datagrams over a serial line: two devices with a cable, or a radio that looks like one.

import AlertLink
import Devices

/// A serial port that carries datagrams.
public final class SerialTransport: DatagramTransport {
  public var name: String { channel.name }
  public var descriptor: Int32 { channel.descriptor }

  private let channel: SerialChannel
  private var reader = SerialFrameReader()
  private var waiting: [[UInt8]] = []
  /// The rest of a frame for which the line had no room yet.
  private var unsent: [UInt8] = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 1)

  /// A port at `baud` bits a second, 8N1. Nothing is opened yet.
  public init(path: String, baud: UInt32, devices: SerialDevices = SerialDevices()) {
    channel = SerialChannel(path: path, baud: baud, devices: devices)
  }

  deinit { buffer.deallocate() }

  public func open() throws(SourceError) { try channel.open() }

  public func receive() -> Datagram? {
    while waiting.isEmpty {
      switch channel.read(into: buffer, waitMilliseconds: 0) {
      case .bytes(let count): waiting = reader.take(UnsafeRawBufferPointer(buffer).prefix(count))
      case .nothing: return nil
      case .gone:
        close()
        return nil
      }
    }
    return Datagram(bytes: waiting.removeFirst(), peer: .line)
  }

  /// A line that is still busy with the last datagram loses this one, as a full network would.
  public func send(_ bytes: [UInt8], to peer: DatagramPeer) {
    guard bytes.count <= SerialFraming.datagramByteCountMax else { return }
    write()
    if !unsent.isEmpty { return }
    unsent = SerialFraming.frame(bytes)
    write()
  }

  private func write() {
    if unsent.isEmpty || descriptor < 0 { return }
    let count = channel.writeAvailable(unsent)
    if count < 0 { return close() }
    unsent.removeFirst(count)
  }

  public func reopen() {
    if descriptor < 0 { _ = channel.reopen() }
  }

  public func close() {
    channel.close()
    (waiting, unsent, reader) = ([], [], SerialFrameReader())
  }
}
