// A way for bytes to a front-end and back: a serial port, a datagram socket. What the bytes mean is the business of
// whoever reads them.

/// What a read of a channel brought.
public enum ByteRead: Hashable, Sendable, BitwiseCopyable {
  /// So many bytes, at least one.
  case bytes(Int)
  /// Nothing came in time.
  case nothing
  /// The other side is gone: call `reopen` until it is back.
  case gone
}

/// A channel for bytes. After `open`, all calls come from one thread.
public protocol ByteChannel: AnyObject {
  /// What to call it in a message: a device's path, a port.
  var name: String { get }

  /// Bytes that a read brings at most.
  var readByteCountMax: Int { get }

  /// Whether a program and no device is at the other end. Known once open.
  var isEmulated: Bool { get }

  /// What tells the device at the other end from others of its kind, nil where nothing does. Known once open.
  var unit: String? { get }

  /// Datagrams that came from elsewhere and were not read.
  var datagramsForeign: Int64 { get }

  /// Whether what is written reaches the front-end, so that its answers can be awaited.
  var takesCommands: Bool { get }

  /// CLOCK_MONOTONIC now: when what was just read had arrived.
  var nanoseconds: UInt64 { get }

  /// Opens the channel.
  func open() throws(SourceError)

  /// Waits for bytes and reads what is there. Allocates nothing.
  ///
  /// - Parameter buffer: room for `readByteCountMax` bytes.
  func read(into buffer: UnsafeMutableRawBufferPointer, waitMilliseconds: Int32) -> ByteRead

  /// Writes all bytes, waiting for room at most a second. Throws where they do not go out.
  func write(_ bytes: [UInt8]) throws(SourceError)

  /// Tries once to open the same device again, under whatever name it has now.
  func reopen() -> Bool

  /// Closes the channel; a second call does nothing.
  func close()
}

extension ByteChannel {
  /// Bytes alone tell nothing.
  public var unit: String? { nil }

  /// A line has one other end.
  public var datagramsForeign: Int64 { 0 }
  /// Most lines go both ways.
  public var takesCommands: Bool { true }
}
