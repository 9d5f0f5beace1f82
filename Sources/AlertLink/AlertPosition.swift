// Names of messages: where one stands in its device's order, and whose it is.

/// Where a message stands in the order of its device: first by the life of the device in which it arose, then by its
/// number. A later message has a greater position, whatever became of the device's storage.
public struct AlertPosition: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// The device's life (boot epoch): greater at every start, durable before the first message.
  public var epoch: UInt64
  /// Number of the message, from 1. It counts on over lives for as long as the device's storage lasts.
  public var sequence: UInt64

  /// A position.
  public init(epoch: UInt64, sequence: UInt64) {
    self.epoch = epoch
    self.sequence = sequence
  }

  /// Before every message.
  public static let zero = AlertPosition(epoch: 0, sequence: 0)

  public static func < (a: AlertPosition, b: AlertPosition) -> Bool {
    (a.epoch, a.sequence) < (b.epoch, b.sequence)
  }
}

/// The name of one message of one device.
public struct AlertID: Hashable, Sendable {
  /// The device, as its key names it.
  public var device: String
  /// Its place in the device's order.
  public var position: AlertPosition

  /// A name.
  public init(device: String, position: AlertPosition) {
    self.device = device
    self.position = position
  }
}

/// A message as it is stored and sent: its place and its JSON text.
public struct AlertRecord: Hashable, Sendable {
  /// Its place in the device's order.
  public var position: AlertPosition
  /// The message as UTF-8 JSON, at most `AlertMessage.byteCountMax` bytes.
  public var json: [UInt8]

  /// A record.
  public init(position: AlertPosition, json: [UInt8]) {
    self.position = position
    self.json = json
  }
}
