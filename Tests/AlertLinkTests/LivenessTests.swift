// The dead man's switch at both ends, and an acknowledgement by a person on its way to the device.

import AlertLink
import Alarms
import TestSupport
import Testing

@Suite struct LivenessTests {
  private func senderTimes(_ simulation: LinkSimulation, _ event: AlertSender.Event) -> [Double] {
    simulation.senderEvents.filter { $0.event == event }.map(\.at)
  }

  private func silences(_ simulation: LinkSimulation) -> [Double] {
    simulation.receiverEvents.compactMap { if case .silent = $0.event { $0.at } else { nil } }
  }

  private func awakenings(_ simulation: LinkSimulation) -> [Double] {
    simulation.receiverEvents.compactMap { if case .alive = $0.event { $0.at } else { nil } }
  }

  @Test("both ends tell a silence after 5 s and its end within a second and a half")
  func deadMan() throws {
    let simulation = LinkSimulation(LinkFaults(partitions: [10...20]), seed: 1)
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 30)
    let unreachable = try #require(senderTimes(simulation, .unreachable).first)
    let silent = try #require(silences(simulation).first)
    // The last heartbeat came up to a second before the line parted.
    #expect((14.0...15.1).contains(unreachable))
    #expect((14.0...15.1).contains(silent))
    let back = senderTimes(simulation, .reachable)
    #expect(back.count == 2 && back[0] < 0.2 && (20...21.5).contains(back[1]))
    #expect(awakenings(simulation).count == 2)
    #expect((20...21.5).contains(awakenings(simulation)[1]))
    #expect(senderTimes(simulation, .unreachable).count == 1 && silences(simulation).count == 1)
  }

  @Test("a device that was never heard is told silent, a central station that never answered, too")
  func neverThere() {
    let receiver = LinkSimulation(seed: 1)
    receiver.startReceiver()
    receiver.run(until: 10)
    #expect(silences(receiver).count == 1)
    #expect(silences(receiver).allSatisfy { (5...5.1).contains($0) })
    #expect(receiver.toDevice.sentCount == 0)
    let sender = LinkSimulation(seed: 1)
    sender.startSender()
    sender.run(until: 10)
    #expect(senderTimes(sender, .unreachable).allSatisfy { (5...5.1).contains($0) })
    #expect(senderTimes(sender, .unreachable).count == 1)
  }

  @Test("one direction that is dead is a dead link for both, and the receiver says that it hears")
  func oneWay() {
    let simulation = LinkSimulation(seed: 2)
    simulation.toDevice.faults.loss = 1
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 8)
    #expect(senderTimes(simulation, .unreachable).count == 1)
    let heard = simulation.receiverEvents.contains {
      if case .silent(_, isHeard: true) = $0.event { true } else { false }
    }
    #expect(heard)
  }

  @Test("a line that loses 30 % both ways is not taken for dead in ten minutes")
  func lossIsNoDeath() {
    let simulation = LinkSimulation(LinkFaults(loss: 0.3, jitter: 0.5), seed: 3)
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 600)
    #expect(silences(simulation).count == 0)
    #expect(senderTimes(simulation, .unreachable).count == 0)
  }

  @Test("the state of a device is told when it changes, and at once when the link is back")
  func state() throws {
    let simulation = LinkSimulation(seed: 4)
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 3)
    simulation.sender?.state.alarms = [
      DeviceState.Alarm(condition: "asystole", priority: .high, acknowledged: false)
    ]
    simulation.run(until: 10)
    let states = simulation.receiverEvents.compactMap { event -> DeviceState? in
      if case .state(_, let state) = event.event { state } else { nil }
    }
    #expect(states.count == 2)
    #expect(states.last?.alarms.map(\.condition) == ["asystole"])
  }

  @Test(
    "a person's acknowledgement reaches the device once, over any line, and the person is told",
    arguments: 0..<UInt64(8))
  func remoteAcknowledgement(seed: UInt64) throws {
    let simulation = LinkSimulation(
      LinkFaults(loss: 0.3, duplication: 0.1, jitter: 0.5), seed: seed)
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 5)
    simulation.tell(simulation.message("asystole", .start))
    simulation.run(until: 15)
    let entry = try #require(simulation.inbox.entries.first)
    let words = try ["Nurse Joy", "Dr Ö"].map {
      try #require(simulation.acknowledge(entry.id, person: $0))
    }
    simulation.run(until: 45)
    let taken = simulation.senderEvents.compactMap { event -> RemoteAcknowledgement? in
      if case .acknowledged(let word) = event.event { word } else { nil }
    }
    #expect(taken == words)
    #expect(taken.allSatisfy { $0.alert == entry.record.position })
    let confirmed = simulation.receiverEvents.filter {
      if case .confirmed = $0.event { true } else { false }
    }
    #expect(confirmed.count == 2)
  }

  @Test("an acknowledgement that the device does not take in a minute is given up, and told")
  func acknowledgementExpires() throws {
    let simulation = LinkSimulation(LinkFaults(partitions: [3...100]), seed: 5)
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 4)
    let alert = AlertID(device: "bed-4", position: AlertPosition(epoch: 1, sequence: 1))
    #expect(simulation.acknowledge(alert, person: "Joy") != nil)
    simulation.run(until: 120)
    let expired = simulation.receiverEvents.filter {
      if case .expired = $0.event { true } else { false }
    }
    #expect(expired.count == 1)
    #expect(
      !simulation.senderEvents.contains { if case .acknowledged = $0.event { true } else { false } }
    )
    // A device that is silent cannot be told: refused at once.
    let other = LinkSimulation(seed: 6)
    other.startReceiver()
    #expect(other.acknowledge(alert, person: "Joy") == nil)
  }
}
