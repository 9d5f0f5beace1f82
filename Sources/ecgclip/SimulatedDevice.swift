// A device of many on one thread, with its own key, socket and counts: it talks to a receiver that is measured.

import AlertLink
import CLinux
import Devices
import LinuxDevices

/// An outbox in memory: what is measured is the other end's disk.
private final class MemoryOutbox: AlertOutbox {
  private var records: [AlertRecord] = []
  private var last: AlertPosition?

  func beginEpoch(atLeast floor: UInt64) throws(AlertStoreError) -> UInt64 { max(1, floor) }
  func newest() throws(AlertStoreError) -> AlertPosition? { last }
  func openAlarms() throws(AlertStoreError) -> [AlertMessage] { [] }
  func append(_ new: [AlertRecord]) throws(AlertStoreError) {
    records += new.filter { $0.position > last ?? .zero }
    last = records.last?.position ?? last
  }
  func unreceived(
    after position: AlertPosition, limit: Int
  ) throws(AlertStoreError) -> [AlertRecord] {
    Array(records.lazy.filter { $0.position > position }.prefix(limit))
  }
  func markReceived(through position: AlertPosition) throws(AlertStoreError) {
    records.removeAll { $0.position <= position }
  }
}

/// One device: every some seconds an alarm begins or ends.
final class SimulatedDevice {
  private let sender: AlertSender
  private let transport = UDPTransport()
  private let central: DatagramPeer
  /// When it tells its next alert.
  var alertAt = Double.infinity
  /// The device's name.
  let name: String
  private var undelivered: [Double] = []
  private var receivedThrough: UInt64 = 0
  /// Alerts that were told.
  private(set) var toldCount = 0
  /// From an alert's decision to its receipt, seconds.
  private(set) var receiptSeconds: [Double] = []
  /// Whether it ever had to say that nobody answers.
  private(set) var wasAlone = false

  /// A device that has not spoken yet.
  init(_ key: LinkKey, to central: DatagramPeer, at seconds: Double) throws {
    name = key.device
    sender = try AlertSender(key: key, outbox: MemoryOutbox(), at: seconds)
    self.central = central
    try transport.open()
  }

  /// Whether the receiver answers.
  var isReachable: Bool { sender.isReachable }
  /// Whether the receiver has everything.
  var isSettled: Bool { sender.isSettled }

  /// One turn of its loop, without waiting.
  ///
  /// - Parameter interval: seconds between two alerts.
  func step(at seconds: Double, alertEvery interval: Double) {
    if seconds >= alertAt {
      alertAt += interval
      tell(at: seconds)
    }
    while let datagram = transport.receive() { sender.receive(datagram.bytes, at: seconds) }
    if seconds >= sender.nextDeadline {
      for datagram in sender.datagrams(at: seconds) { transport.send(datagram, to: central) }
    }
    sender.store(at: seconds)
    for event in sender.takeEvents() {
      switch event {
      case .received(let position):
        let count = Int(position.sequence - receivedThrough)
        receivedThrough = position.sequence
        receiptSeconds += undelivered.prefix(count).map { seconds - $0 }
        undelivered.removeFirst(count)
      case .unreachable: wasAlone = true
      case .reachable, .acknowledged, .storeFailed: break
      }
    }
  }

  private func tell(at seconds: Double) {
    let moment = AlertMessage.Moment(monotonicSeconds: seconds, wallTime: nil)
    sender.tell(
      AlertMessage(
        condition: "tachycardia", message: "Tachycardia",
        phase: toldCount % 2 == 0 ? .start : .end, priority: .medium, onset: moment, time: moment,
        values: ["heartRateBPM": 131], provenance: "simulated", isSimulated: true, isTest: true),
      at: seconds)
    toldCount += 1
    undelivered.append(seconds)
  }
}
