// What is inside the envelope. There is one kind of datagram each way, and each carries everything that its sender
// has to say: a heartbeat is one without messages, a receipt one without acknowledgements of people.

/// A message on its way, and the message that must have been accepted before it.
struct SentRecord: Hashable {
  /// The unreceived message before it at the sender; `zero` when there is none.
  var after: AlertPosition
  var record: AlertRecord
}

/// A person's acknowledgement at the central station, on its way to the device.
public struct RemoteAcknowledgement: Hashable, Sendable {
  /// The most bytes of a person's name.
  public static let personByteCountMax = 32
  /// Its number in the receiver's life, from 1.
  public var number: UInt64
  /// The message that the person saw. It says nothing of alarms that started later.
  public var alert: AlertPosition
  /// Who it was, as the central station knows them; empty where nobody said.
  public var person: String
}

/// From the device to the central station.
struct DeviceReport: Hashable {
  /// Random; the other end sends it back.
  var challenge: UInt64 = 0
  /// The last challenge of the other end, 0 when none is known.
  var echo: UInt64 = 0
  /// The device's monotonic clock when it was sent.
  var clockMilliseconds: UInt64 = 0
  /// The last message that exists, sent or not: a loss shows without alarms, too.
  var newest = AlertPosition.zero
  /// The last acknowledgement of a person that was taken: the receiver's life and its number there.
  var confirmed = AlertPosition.zero
  var records: [SentRecord] = []
  /// `DeviceState` as JSON, empty for none.
  var state: [UInt8] = []

  /// Bytes without records and state.
  static let fixedByteCount = 3 * 8 + 2 * 16 + 1 + 2
  /// Bytes of a record besides its JSON.
  static let recordByteCount = 2 * 16 + 2
  /// Bytes that records and state may have together.
  static let roomByteCount =
    LinkCipher.datagramByteCountMax - LinkHeader.byteCount - LinkCipher.tagByteCount
    - fixedByteCount

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(bigEndian: challenge)
    bytes.append(bigEndian: echo)
    bytes.append(bigEndian: clockMilliseconds)
    bytes.append(newest)
    bytes.append(confirmed)
    bytes.append(UInt8(records.count))
    for sent in records {
      bytes.append(sent.after)
      bytes.append(sent.record.position)
      bytes.append(bigEndian: UInt16(sent.record.json.count))
      bytes += sent.record.json
    }
    bytes.append(bigEndian: UInt16(state.count))
    return bytes + state
  }

  init() {}

  init?(_ bytes: [UInt8]) {
    var reader = ByteReader(bytes[...])
    guard let challenge = reader.number(UInt64.self), let echo = reader.number(UInt64.self),
      let clock = reader.number(UInt64.self), let newest = reader.position(),
      let confirmed = reader.position(), let count = reader.number(UInt8.self)
    else { return nil }
    self.challenge = challenge
    self.echo = echo
    clockMilliseconds = clock
    self.newest = newest
    self.confirmed = confirmed
    for _ in 0..<count {
      guard let after = reader.position(), let position = reader.position(),
        let length = reader.number(UInt16.self), let json = reader.bytes(Int(length))
      else { return nil }
      let record = AlertRecord(position: position, json: json)
      records.append(SentRecord(after: after, record: record))
    }
    guard let length = reader.number(UInt16.self), let state = reader.bytes(Int(length)),
      reader.isAtEnd
    else { return nil }
    self.state = state
  }
}

/// From the central station to the device.
struct CentralReceipt: Hashable {
  var challenge: UInt64 = 0
  var echo: UInt64 = 0
  /// Every message up to this one is durable at the central station.
  var received = AlertPosition.zero
  /// Bit n: the message with the sequence `received.sequence + 1 + n` has arrived and waits for those before it.
  /// It need not be sent again now, and it is not yet durable.
  var waiting: UInt64 = 0
  var acknowledgements: [RemoteAcknowledgement] = []

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(bigEndian: challenge)
    bytes.append(bigEndian: echo)
    bytes.append(received)
    bytes.append(bigEndian: waiting)
    bytes.append(UInt8(acknowledgements.count))
    for acknowledgement in acknowledgements {
      bytes.append(bigEndian: acknowledgement.number)
      bytes.append(acknowledgement.alert)
      let person = Array(acknowledgement.person.utf8)
      bytes.append(UInt8(person.count))
      bytes += person
    }
    return bytes
  }

  init() {}

  init?(_ bytes: [UInt8]) {
    var reader = ByteReader(bytes[...])
    guard let challenge = reader.number(UInt64.self), let echo = reader.number(UInt64.self),
      let received = reader.position(), let waiting = reader.number(UInt64.self),
      let count = reader.number(UInt8.self)
    else { return nil }
    self.challenge = challenge
    self.echo = echo
    self.received = received
    self.waiting = waiting
    for _ in 0..<count {
      guard let number = reader.number(UInt64.self), let alert = reader.position(),
        let length = reader.number(UInt8.self), let person = reader.bytes(Int(length))
      else { return nil }
      acknowledgements.append(
        RemoteAcknowledgement(
          number: number, alert: alert, person: String(decoding: person, as: UTF8.self)))
    }
    guard reader.isAtEnd else { return nil }
  }
}
