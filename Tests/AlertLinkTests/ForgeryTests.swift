// What is not from the device now is never believed: forged, damaged, replayed, reflected, delayed, of another life.

import Alarms
import Foundation
import TestSupport
import Testing

@testable import AlertLink

/// Forged and replayed datagrams of the default test, or as many as the environment asks for.
private let forgeryCount =
  ProcessInfo.processInfo.environment["ECGCLIP_FORGERIES"].flatMap { Int($0) } ?? 20_000

@Suite struct ForgeryTests {
  /// A session with a few alarms on a good line, after which the device is taken away.
  static func recordedSession(seed: UInt64 = 1) -> LinkSimulation {
    let simulation = LinkSimulation(seed: seed)
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 1)
    for index in 0..<5 {
      simulation.tell(simulation.message("alarm\(index)", .start))
      simulation.run(until: simulation.now + 2)
    }
    simulation.stopSender()
    return simulation
  }

  /// One attack: somebody without the key has all that both ends ever sent.
  static func attack(
    _ fromDevice: [[UInt8]], _ fromCentral: [[UInt8]], _ random: inout SeededRandom
  )
    -> [UInt8]
  {
    var datagram = fromDevice.randomElement(using: &random) ?? []
    switch Int.random(in: 0..<9, using: &random) {
    case 0:
      let count = Int.random(in: 0...1300, using: &random)
      return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    case 1:
      datagram[Int.random(in: datagram.indices, using: &random)] ^=
        1
        << UInt8.random(
          in: 0...7, using: &random)
    case 2: datagram.removeLast(Int.random(in: 1...datagram.count, using: &random))
    case 3: datagram += (0..<Int.random(in: 1...40, using: &random)).map { UInt8($0) }
    case 4:
      // Another counter, epoch, key number or direction before a genuine body.
      datagram[Int.random(in: 0..<22, using: &random)] = UInt8.random(in: 0...255, using: &random)
    case 5:
      let other = fromDevice.randomElement(using: &random) ?? []
      datagram = Array(datagram.prefix(22)) + other.dropFirst(22)
    case 6: datagram = fromCentral.randomElement(using: &random) ?? []
    case 7:
      datagram = fromCentral.randomElement(using: &random) ?? []
      if datagram.count > 1 { datagram[1] = LinkDirection.toCentral.rawValue }
    default: break
    }
    return datagram
  }

  @Test("no forged, damaged, reflected or replayed datagram is accepted", arguments: [false, true])
  func attacks(receiverRestarted: Bool) throws {
    let simulation = Self.recordedSession()
    let fromDevice = simulation.recorded
    let fromCentral = simulation.recordedByCentral
    #expect(simulation.arrived.count == 5)
    if receiverRestarted { simulation.startReceiver() }
    let receiver = try #require(simulation.receiver)
    let before = receiver.counters
    simulation.receiverEvents = []
    var random = SeededRandom(seed: receiverRestarted ? 11 : 12)
    var sent = 0
    while sent < forgeryCount / 2 {
      let batch = (0..<100).map { _ in Self.attack(fromDevice, fromCentral, &random) }
      sent += batch.count
      simulation.inject(batch)
      simulation.run(until: simulation.now + 0.01)
    }
    simulation.run(until: simulation.now + 6)
    let after = receiver.counters
    // Genuine recordings may open after a restart, when the window is empty; nothing is taken from them.
    #expect(after.opened - before.opened == after.unproven - before.unproven)
    #expect(receiverRestarted || after.opened == before.opened)
    #expect(after.forged > before.forged && after.replayed > before.replayed)
    #expect(simulation.arrived.count == 5)
    // Nothing makes the device seem alive: the one event is its silence.
    #expect(simulation.receiverEvents.count == 1)
    guard case .silent("bed-4", _)? = simulation.receiverEvents.first?.event else {
      Issue.record("not told silent")
      return
    }
  }

  @Test("the whole old session played again at its own pace to a restarted receiver proves nothing")
  func oldSession() throws {
    let simulation = Self.recordedSession()
    let recorded = simulation.recorded
    // Even with its memory gone, which would not know the messages any more.
    simulation.inbox = MemoryInbox()
    simulation.epochFloor = 100
    simulation.startReceiver()
    simulation.receiverEvents = []
    for datagram in recorded {
      simulation.inject([datagram])
      simulation.run(until: simulation.now + 0.3)
    }
    #expect(simulation.arrived == [])
    #expect(simulation.receiver?.counters.unproven == recorded.count)
    #expect(simulation.receiverEvents.count == 1, "silent, and nothing else")
  }

  @Test("heartbeats that somebody holds back and plays one by one do not keep a dead device alive")
  func delayedHeartbeats() {
    let simulation = Self.recordedSession()
    let end = simulation.now
    // Recorded off the line, never delivered: their counters are new to the receiver.
    let held = LinkSimulation(seed: 1)
    held.startSender()
    held.startReceiver()
    held.run(until: 4)
    var undelivered: [[UInt8]] = []
    held.toCentral.faults.partitions = [4...1000]
    let delivered = held.recorded.count
    held.run(until: 12)
    undelivered = Array(held.recorded[delivered...])
    #expect(undelivered.count >= 8)
    held.receiverEvents = []
    held.stopSender()
    for datagram in undelivered {
      held.inject([datagram])
      held.run(until: held.now + 1)
    }
    // It was told silent during the partition, and no recording brings it back.
    #expect(!held.receiverEvents.contains { if case .alive = $0.event { true } else { false } })
    #expect(end > 0)
  }

  @Test("what a device sent is nothing to the device, and what central sent is nothing to central")
  func reflection() throws {
    let simulation = LinkSimulation(seed: 3)
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 3)
    let sender = try #require(simulation.sender)
    let before = sender.counters
    simulation.injectToDevice(simulation.recorded)
    #expect(sender.counters.foreign == before.foreign + simulation.recorded.count)
    // With the direction's byte turned round the tag does not fit: each direction has its own key.
    let turned = simulation.recorded.map { datagram in
      [datagram[0], LinkDirection.toDevice.rawValue] + datagram[2...]
    }
    let known = sender.counters
    simulation.injectToDevice(turned)
    let refused = sender.counters.forged + sender.counters.replayed + sender.counters.earlierLife
    let refusedBefore = known.forged + known.replayed + known.earlierLife
    #expect(refused == refusedBefore + turned.count)
    #expect(sender.counters.opened == known.opened)
  }

  @Test("receipts of an earlier life of the device confirm nothing in this one")
  func oldReceipts() throws {
    let simulation = Self.recordedSession()
    let receipts = simulation.recordedByCentral
    simulation.stopReceiver()
    simulation.startSender()
    simulation.tell(simulation.message("now", .start))
    simulation.injectToDevice(receipts)
    #expect(simulation.sender?.isReachable == false)
    #expect(simulation.outbox.unreceivedCount == 1)
    #expect(simulation.sender?.counters.unproven == receipts.count)
  }

  @Test("a device with replaced storage is refused and told, until it has a new key")
  func replacedStorage() {
    let simulation = Self.recordedSession()
    // A clock that is right, or a new key, would give a greater epoch; here is neither.
    simulation.startSender()
    simulation.tell(simulation.message("second life", .start))
    simulation.run(until: simulation.now + 2)
    simulation.stopSender()
    simulation.run(until: simulation.now + 1)
    simulation.startReceiver()
    simulation.outbox = MemoryOutbox()
    simulation.receiverEvents = []
    simulation.startSender()
    simulation.tell(simulation.message("lost?", .start))
    simulation.run(until: simulation.now + 10)
    #expect(simulation.arrived.count == 6)
    let rolledBack = simulation.receiverEvents.filter {
      if case .rolledBack("bed-4") = $0.event { true } else { false }
    }
    #expect(rolledBack.count == 1)

    let next = LinkKey(id: 8, device: "bed-4", firstEpoch: 50, secret: LinkSimulation.secret)!
    simulation.stopSender()
    simulation.outbox = MemoryOutbox()
    simulation.keys.append(next)
    simulation.senderKey = next
    simulation.startReceiver()
    simulation.startSender()
    simulation.tell(simulation.message("with a new key", .start))
    simulation.run(until: simulation.now + 3)
    #expect(simulation.arrived.last == "with a new key start")
  }

  @Test("keys change while messages wait: the receiver knows both, nothing is lost or doubled")
  func rotation() throws {
    let old = LinkSimulation.key()
    let next = LinkKey(id: 8, device: "bed-4", firstEpoch: 9, secret: (32..<64).map { UInt8($0) })!
    let simulation = LinkSimulation(LinkFaults(loss: 0.3, jitter: 0.5), seed: 8, keys: [old])
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 2)
    simulation.tell(simulation.message("before", .start))
    try simulation.receiver?.add(next)
    simulation.senderKey = next
    simulation.startSender()
    simulation.tell(simulation.message("behind", .start))
    simulation.run(until: 30)
    #expect(simulation.arrived == ["before start", "behind start"])
    #expect(simulation.sender?.isReachable == true)
    let replays = simulation.receiver?.counters.earlierLife ?? 0
    simulation.inject(simulation.recorded.filter { $0[5] == 7 })
    #expect((simulation.receiver?.counters.earlierLife ?? 0) > replays)
  }

  @Test("a counter is never used twice, not even when there are no more")
  func counterEnds() {
    var end = LinkEnd(
      key: LinkSimulation.key(), direction: .toCentral, epoch: 1, counter: .max - 1)
    #expect(end.seal([1]) != nil)
    #expect(end.seal([1]) == nil)
  }

  @Test("the window takes each counter once, late ones up to 63 behind")
  func window() {
    var random = SeededRandom(seed: 4)
    var window = ReplayWindow()
    var taken: Set<UInt64> = []
    var newest: UInt64 = 0
    for _ in 0..<20_000 {
      let counter = UInt64(max(0, Int64(newest) + Int64.random(in: -80...5, using: &random)))
      let expected = counter > 0 && !taken.contains(counter) && counter + 64 > newest
      #expect(window.isNew(counter) == expected)
      if expected {
        window.note(counter)
        taken.insert(counter)
        newest = max(newest, counter)
      }
    }
    window.note(.max)
    #expect(!window.isNew(.max) && !window.isNew(newest) && window.isNew(.max - 1))
  }
}
