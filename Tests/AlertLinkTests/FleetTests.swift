// A thousand devices at one receiver in simulated time: what the receiver does does not depend on how fast this machine
// is. How fast it is, `ecgclip bench --link` measures.

import AlertLink
import Alarms
import TestSupport
import Testing

/// One device and its two lines.
private struct FleetDevice {
  let sender: AlertSender
  var toCentral: FaultyLink
  var toDevice: FaultyLink
  var told = 0
  var wasAlone = false
}

@Suite struct FleetTests {
  static let deviceCount = 1000
  /// Everybody's clock goes in these steps.
  static let stepSeconds = 0.05

  private let inbox = MemoryInbox()
  private var random = SeededRandom(seed: 11)

  private static func key(_ index: Int) throws -> LinkKey {
    try #require(
      LinkKey(
        id: UInt32(index + 1), device: "bed-\(index)", firstEpoch: 1,
        secret: (0..<32).map { UInt8(truncatingIfNeeded: index &+ $0) }))
  }

  private static func alert(_ number: Int, at seconds: Double) -> AlertMessage {
    let moment = AlertMessage.Moment(monotonicSeconds: seconds, wallTime: nil)
    return AlertMessage(
      condition: "tachycardia", message: "Tachycardia", phase: number % 2 == 0 ? .start : .end,
      priority: .medium, onset: moment, time: moment)
  }

  @Test(
    "a thousand devices that lose a tenth of their datagrams are heard, each alert once and in order"
  )
  mutating func fleet() throws {
    let keys = try (0..<Self.deviceCount).map(Self.key)
    let receiver = try AlertReceiver<Int>(
      keys: keys, inbox: inbox, at: 0, random: SeededRandom(seed: random.next()))
    let faults = LinkFaults(loss: 0.1, jitter: 0.1)
    var devices = try keys.map { key in
      FleetDevice(
        sender: try AlertSender(
          key: key, outbox: MemoryOutbox(), at: 0, random: SeededRandom(seed: random.next())),
        toCentral: FaultyLink(faults, seed: random.next()),
        toDevice: FaultyLink(faults, seed: random.next()))
    }
    var accepted = [[UInt64]](repeating: [], count: devices.count)
    var silent = 0
    var now = 0.0
    // Two seconds to meet, an alarm that starts and one that ends, and time for what was lost to come again.
    while now < 8 {
      now += Self.stepSeconds
      for index in devices.indices {
        let due = 2 + Double(devices[index].told) + Double(index) / Double(devices.count)
        if devices[index].told < 2, now >= due {
          devices[index].sender.tell(Self.alert(devices[index].told, at: now), at: now)
          devices[index].told += 1
        }
        for datagram in devices[index].toDevice.arrivals(by: now) {
          devices[index].sender.receive(datagram, at: now)
        }
        for datagram in devices[index].sender.datagrams(at: now) {
          devices[index].toCentral.send(datagram, at: now)
        }
        devices[index].sender.store(at: now)
        if devices[index].sender.takeEvents().contains(.unreachable) {
          devices[index].wasAlone = true
        }
        for datagram in devices[index].toCentral.arrivals(by: now) {
          receiver.receive(datagram, from: index, at: now)
        }
      }
      receiver.commit(at: now)
      for outgoing in receiver.datagrams(at: now) {
        devices[outgoing.route].toDevice.send(outgoing.datagram, at: now)
      }
      for event in receiver.takeEvents() {
        switch event {
        case .accepted(let entry, _, _):
          let index = Int(entry.device.dropFirst("bed-".count)) ?? 0
          accepted[index].append(entry.record.position.sequence)
        case .silent: silent += 1
        default: break
        }
      }
    }
    #expect(accepted.allSatisfy { $0 == [1, 2] })
    #expect(devices.allSatisfy { $0.sender.isSettled && $0.sender.isReachable && !$0.wasAlone })
    #expect(silent == 0)
  }
}
