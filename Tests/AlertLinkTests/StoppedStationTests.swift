// A central station whose program is stopped for a while, as a machine that swaps or a person with Ctrl-Z does.

import AlertLink
import Testing

@Test(
  "a station that was stopped for seven seconds is reachable again, whenever it was stopped",
  arguments: [0.02, 0.1, 0.3, 1, 3])
func stoppedStation(from stoppedAt: Double) throws {
  let key = try #require(
    LinkKey(id: 7, device: "bed-7", firstEpoch: 1, secret: [UInt8](repeating: 5, count: 32)))
  let sender = try AlertSender(key: key, outbox: MemoryOutbox(), at: 0)
  let receiver = try AlertReceiver<Int>(keys: [key], inbox: MemoryInbox(), at: 0)
  var waiting: [[UInt8]] = []
  var wasUnreachable = false
  for step in 0..<600 {
    let now = Double(step) * 0.02
    waiting += sender.datagrams(at: now)
    sender.store(at: now)
    wasUnreachable = wasUnreachable || sender.takeEvents().contains(.unreachable)
    if now >= stoppedAt && now < stoppedAt + 7 { continue }
    for datagram in waiting { receiver.receive(datagram, from: 1, at: now) }
    waiting = []
    receiver.commit(at: now)
    for (_, datagram) in receiver.datagrams(at: now) { sender.receive(datagram, at: now) }
  }
  #expect(wasUnreachable)
  #expect(sender.isReachable)
}
