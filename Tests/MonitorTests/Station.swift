// A central station on the test's own thread: the protocol core's other end at a real socket.

import AlertLink
import CLinux
import Devices
import LinuxDevices

/// Stores that forget with the test.
final class ForgetfulStore: AlertOutbox, AlertInbox {
  private var epoch: UInt64 = 0
  private var records: [AlertRecord] = []
  private var open = OpenAlarms()
  private var entries: [InboxEntry] = []

  func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64 {
    epoch = max(epoch + 1, floor)
    return epoch
  }
  func newest() throws(AlertStoreError) -> AlertPosition? { records.last?.position }
  func openAlarms() throws(AlertStoreError) -> [AlertMessage] { open.messages }
  func append(_ records: [AlertRecord]) throws(AlertStoreError) {
    for record in records where record.position > self.records.last?.position ?? .zero {
      self.records.append(record)
      open.take(record)
    }
  }
  func unreceived(
    after position: AlertPosition, limit: Int
  ) throws(AlertStoreError) -> [AlertRecord] {
    Array(records.filter { $0.position > position }.prefix(limit))
  }
  func markReceived(through position: AlertPosition) throws(AlertStoreError) {}
  func newest(of device: String) throws(AlertStoreError) -> AlertPosition? {
    entries.last?.record.position
  }
  func accept(_ entries: [InboxEntry]) throws(AlertStoreError) { self.entries += entries }
  func accepted(after number: UInt64, limit: Int) throws(AlertStoreError) -> [InboxEntry] { [] }
  func published(by output: String) throws(AlertStoreError) -> UInt64 { 0 }
  func markPublished(by output: String, through number: UInt64) throws(AlertStoreError) {}
}

/// A central station on the test's own thread.
final class Station {
  let transport: UDPTransport
  let receiver: AlertReceiver<DatagramPeer>
  private(set) var messages: [AlertMessage] = []
  /// What heartbeats said last.
  private(set) var state: DeviceState?

  init(_ key: LinkKey) throws {
    transport = UDPTransport(
      at: DatagramPeer(addressHigh: 0, addressLow: 0xFFFF_7F00_0001, scope: 0, port: 0))
    try transport.open()
    receiver = try AlertReceiver(keys: [key], inbox: ForgetfulStore(), at: Self.now())
  }

  static func now() -> Double { Double(clinux_monotonic_nanoseconds()) / 1e9 }

  /// Turns until something is so.
  func turn(until isSo: () -> Bool) -> Bool {
    let end = Self.now() + 120
    while Self.now() < end {
      let now = Self.now()
      while let datagram = transport.receive() {
        receiver.receive(datagram.bytes, from: datagram.peer, at: now)
      }
      receiver.commit(at: now)
      for (peer, datagram) in receiver.datagrams(at: now) { transport.send(datagram, to: peer) }
      for event in receiver.takeEvents() {
        if case .accepted(_, let message?, _) = event { messages.append(message) }
        if case .state(_, let said) = event { state = said }
      }
      if isSo() { return true }
      clinux_sleep_nanoseconds(1_000_000)
    }
    return false
  }
}
