// What both ends of the link must not forget when the power goes. The protocol core calls these from one thread; a
// call that returns has made its change durable, one that throws has made none.

/// Why a store could not do what it was asked: one sentence that names the thing, the reason and the remedy.
public struct AlertStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String
  /// Creates the error from its sentence.
  public init(_ description: String) { self.description = description }
}

/// The sender's memory: messages that the central station has not confirmed.
public protocol AlertOutbox: AnyObject {
  /// Begins a life: stores and returns a number greater than that of every life before, and at least `floor`.
  func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64

  /// The last message ever appended, received or not, or nil. It is remembered when the message is pruned.
  func newest() throws(AlertStoreError) -> AlertPosition?

  /// The last start or update of each alarm whose end was not appended (`OpenAlarms`), received or not.
  func openAlarms() throws(AlertStoreError) -> [AlertMessage]

  /// Stores messages, in ascending order, behind all others, in one transaction. Those already there are left alone.
  func append(_ records: [AlertRecord]) throws(AlertStoreError)

  /// The first messages behind a position that are not marked as received, in order.
  func unreceived(after position: AlertPosition, limit: Int) throws(AlertStoreError)
    -> [AlertRecord]

  /// Marks every message up to a position, itself included, as received by the central station.
  func markReceived(through position: AlertPosition) throws(AlertStoreError)
}

/// A message at the receiver, and whose it is.
public struct InboxEntry: Hashable, Sendable {
  /// The device that sent it.
  public var device: String
  /// The message.
  public var record: AlertRecord
  /// Its number in the order of acceptance over all devices, from 1; 0 before the inbox has given one.
  public var number: UInt64

  /// An entry that has no number yet.
  public init(device: String, record: AlertRecord, number: UInt64 = 0) {
    self.device = device
    self.record = record
    self.number = number
  }

  /// The message's name.
  public var id: AlertID { AlertID(device: device, position: record.position) }
}

/// The receiver's memory: what it accepted, so that nothing is accepted twice, and what every output has had of it.
public protocol AlertInbox: AnyObject {
  /// Begins a life: stores and returns a number greater than that of every life before, and at least `floor`.
  func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64

  /// The last message that was accepted of a device, or nil. It is remembered when the message is pruned.
  func newest(of device: String) throws(AlertStoreError) -> AlertPosition?

  /// Accepts messages in one transaction and numbers them in the order given. Positions of one device ascend. A
  /// message that is not behind its device's newest is known and left alone.
  func accept(_ entries: [InboxEntry]) throws(AlertStoreError)

  /// The first accepted messages behind a number, in order: what an output (MQTT, HL7) still has to be given.
  func accepted(after number: UInt64, limit: Int) throws(AlertStoreError) -> [InboxEntry]

  /// The number up to which an output has had all messages, 0 at first.
  func published(by output: String) throws(AlertStoreError) -> UInt64

  /// Remembers that an output has had all messages up to a number.
  func markPublished(by output: String, through number: UInt64) throws(AlertStoreError)
}
