// How much and how often the device sends: retransmission, the budget, flapping alarms, and what waits in the outbox.

import AlertLink
import Alarms
import TestSupport
import Testing

@Suite struct FlowTests {
  private func connected(_ faults: LinkFaults = LinkFaults(), seed: UInt64 = 1) -> LinkSimulation {
    let simulation = LinkSimulation(faults, seed: seed)
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 3)
    return simulation
  }

  @Test("an alert leaves in the step in which it is told, before it is stored")
  func atOnce() throws {
    let simulation = connected()
    let sender = try #require(simulation.sender)
    let before = simulation.outbox.writeCount
    sender.tell(simulation.message("asystole", .start), at: simulation.now)
    let datagrams = sender.datagrams(at: simulation.now)
    #expect(datagrams.contains { $0.count > 300 })
    #expect(simulation.outbox.writeCount == before)
    sender.store(at: simulation.now)
    #expect(simulation.outbox.unreceivedCount == 1)
  }

  @Test("retransmission goes from 200 ms to 5 s with jitter, for as long as the alarm is active")
  func retransmission() throws {
    let simulation = connected(LinkFaults(partitions: [3...4000]))
    simulation.tell(simulation.message("asystole", .start))
    var times: [Double] = []
    var count = simulation.recorded.count
    let start = simulation.now
    while simulation.now < start + 100 {
      simulation.run(until: simulation.now + 0.01)
      if simulation.recorded[count...].contains(where: { $0.count > 400 }) {
        times.append(simulation.now - start)
      }
      count = simulation.recorded.count
    }
    let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
    #expect((0.13...0.27).contains(times[0]))
    for (gap, nominal) in zip(gaps, [0.4, 0.8, 1.6, 3.2, 5, 5, 5]) {
      #expect((nominal * 0.74...nominal * 1.26 + 0.03).contains(gap))
    }
    #expect(gaps.dropFirst(4).allSatisfy { (3.7...6.3).contains($0) })
    #expect(times.count > 15)
    #expect(Set(gaps.dropFirst(4).map { Int($0 * 100) }).count > 5, "no jitter")
    // Once it is over nothing but heartbeats goes out until the central station is there again.
    simulation.tell(simulation.message("asystole", .end))
    let quiet = simulation.recorded.count
    simulation.run(until: simulation.now + 30)
    #expect(simulation.recorded[quiet...].allSatisfy { $0.count < 400 })
  }

  @Test("what was told while the link was down for days arrives after a reboot, in order")
  func storeAndForward() {
    let simulation = connected(LinkFaults(partitions: [3...200_000]))
    for index in 0..<60 {
      simulation.tell(simulation.message("alarm\(index)", .start, .low))
      simulation.tell(simulation.message("alarm\(index)", .end, .low))
      simulation.run(until: simulation.now + 3)
      if index % 20 == 10 { simulation.startSender() }
    }
    #expect(simulation.outbox.unreceivedCount == 120)
    simulation.toCentral.faults.partitions = []
    simulation.toDevice.faults.partitions = []
    simulation.startSender()
    simulation.run(until: simulation.now + 60)
    #expect(simulation.outbox.unreceivedCount == 0)
    #expect(simulation.violations == [])
    #expect(simulation.arrived.count == 120)
  }

  @Test("while a long queue is sent the heartbeat tells the present within a second")
  func presentBeforePast() throws {
    let simulation = connected(LinkFaults(partitions: [3...5000]))
    for index in 0..<100 {
      simulation.tell(simulation.message("alarm\(index)", .start, .low))
      simulation.run(until: simulation.now + 0.5)
    }
    simulation.toCentral.faults.partitions = []
    simulation.toDevice.faults.partitions = []
    simulation.run(until: simulation.now + 3)
    simulation.sender?.state.alarms = [
      DeviceState.Alarm(condition: "asystole", priority: .high, acknowledged: false)
    ]
    simulation.tell(simulation.message("asystole", .start))
    simulation.run(until: simulation.now + 0.2)
    let isKnown = simulation.receiverEvents.contains {
      if case .state(_, let state) = $0.event { state.alarms.count == 1 } else { false }
    }
    #expect(isKnown)
    #expect(simulation.arrived.last != "asystole start")
    simulation.run(until: simulation.now + 60)
    #expect(simulation.arrived.last == "asystole start")
    #expect(simulation.violations == [])
  }

  /// Seconds until the central station knows from a heartbeat that a new high alarm is active.
  private func secondsUntilKnown(_ condition: String, _ simulation: LinkSimulation) -> Double {
    simulation.sender?.state.alarms.append(
      DeviceState.Alarm(condition: condition, priority: .high, acknowledged: false))
    let start = simulation.now
    simulation.tell(simulation.message(condition, .start))
    simulation.run(until: start + 2)
    let known = simulation.receiverEvents.first {
      guard case .state(_, let state) = $0.event else { return false }
      return state.alarms.contains { $0.condition == condition }
    }
    return (known?.at ?? .infinity) - start
  }

  @Test(
    "beside a queue of days, or one that the budget holds up, a new high alarm is known at once",
    arguments: [30, 10_000])
  func presentBesideDays(count: Int) throws {
    let simulation = LinkSimulation(seed: 9)
    // The outbox as days without a line left it.
    let epoch = try simulation.outbox.beginEpoch(atLeast: 1)
    try simulation.outbox.append(
      (1...UInt64(count)).map { number in
        var message = simulation.message(
          "alarm\(number % 40)", number % 2 == 0 ? .end : .start, .low)
        message.message = "\(number)"
        message.device = "bed-4"
        message.position = AlertPosition(epoch: epoch, sequence: number)
        return AlertRecord(position: message.position, json: message.encoded())
      })
    simulation.startSender()
    simulation.startReceiver()
    // Between two heartbeats, while the queue is on its way.
    simulation.run(until: 2.4)
    for number in 1...5 {
      // A turn of the line, and the least time between two heartbeats.
      #expect(secondsUntilKnown("new\(number)", simulation) <= 0.25)
      simulation.run(until: simulation.now + 5)
    }
    // Order is kept meanwhile: what has arrived is the beginning of the queue.
    let arrived = simulation.arrived
    #expect(arrived.count > 20)
    let queue = (1...count).map(String.init) + (1...5).map { "new\($0) start" }
    #expect(Array(queue.prefix(arrived.count)) == arrived)
    guard count < 100 else { return }
    simulation.run(until: simulation.now + 60)
    #expect(simulation.arrived == queue)
  }

  @Test("no more than 2 kB/s leave the device, whatever waits", arguments: [0, 0.3])
  func budget(loss: Double) {
    let simulation = connected(LinkFaults(loss: loss, jitter: 0.1))
    for index in 0..<200 { simulation.tell(simulation.message("alarm\(index)", .start, .medium)) }
    let start = simulation.now
    let before = simulation.toCentral
    simulation.run(until: start + 30)
    let datagrams = simulation.toCentral.sentCount - before.sentCount
    let bytes = simulation.toCentral.sentByteCount - before.sentByteCount + 28 * datagrams
    // What was saved up, and one datagram that may overdraw.
    #expect(bytes <= 30 * 2000 + 4000 + 1300)
    #expect(bytes > 30 * 1500)
  }

  @Test(
    "an alarm that flaps ten times a second costs two messages a second, and its last word is told",
    arguments: AlarmPriority.allCases)
  func flapping(priority: AlarmPriority) {
    let simulation = connected()
    let start = simulation.now
    for index in 0..<200 {
      let phase: AlertMessage.Phase = index % 2 == 0 ? .start : .end
      simulation.tell(simulation.message("flap", phase, priority, text: "\(index)"))
      simulation.run(until: start + Double(index + 1) * 0.05)
    }
    simulation.run(until: simulation.now + 10)
    let messages = simulation.inbox.entries.compactMap { AlertMessage(json: $0.record.json) }
    #expect(messages.first?.message == "0")
    #expect(messages.last?.message == "199" && messages.last?.phase == .end)
    // Ten seconds of flapping.
    #expect(messages.count <= 22)
    #expect(messages.reduce(0) { $0 + $1.coalesced } == 200 - messages.count)
    // Whenever the alarm was on, it stood as active at the central station at most a second later.
    for (before, message) in zip(messages, messages.dropFirst()) where before.phase == .end {
      #expect(message.phase == .start)
      #expect(message.time.monotonicSeconds - before.time.monotonicSeconds < 1.1)
    }
  }

  @Test("a rise of priority waits for nothing")
  func escalation() {
    let simulation = connected()
    simulation.tell(simulation.message("rate", .start, .low))
    simulation.run(until: simulation.now + 0.1)
    simulation.tell(simulation.message("rate", .update, .high))
    simulation.run(until: simulation.now + 0.1)
    #expect(simulation.arrived == ["rate start", "rate update"])
  }

  @Test("a full disk withholds no alert")
  func fullDisk() {
    let simulation = connected(LinkFaults(loss: 0.3, jitter: 0.2))
    simulation.outbox.isFull = true
    for index in 0..<100 {
      simulation.tell(simulation.message("alarm\(index)", .start))
      simulation.run(until: simulation.now + 0.2)
    }
    simulation.run(until: simulation.now + 60)
    #expect(simulation.violations == [])
    #expect(
      simulation.senderEvents.contains { if case .storeFailed = $0.event { true } else { false } })
  }

  @Test("messages that the device had to prune are told missing, and those behind them arrive")
  func pruned() {
    let simulation = connected(LinkFaults(partitions: [4...20]))
    simulation.tell(simulation.message("first", .start))
    simulation.run(until: 5)
    for index in 0..<50 { simulation.tell(simulation.message("alarm\(index)", .start)) }
    simulation.outbox.prune(11)
    simulation.startSender()
    simulation.run(until: 200)
    let missing = simulation.receiverEvents.compactMap { event -> UInt64? in
      if case .missing(_, let count) = event.event { count } else { nil }
    }
    #expect(missing == [10])
    #expect(simulation.arrived.count == 41)
    #expect(simulation.arrived.last == "alarm49 start")
  }

  @Test("a message's age is known by the device's own clock")
  func age() throws {
    let simulation = connected(LinkFaults(partitions: [4...20]))
    simulation.run(until: 10)
    simulation.tell(simulation.message("late", .start))
    simulation.run(until: 30)
    let ages = simulation.receiverEvents.compactMap { event -> Double? in
      if case .accepted(_, _, let age) = event.event { age } else { nil }
    }
    #expect(ages.count == 1 && (10...15).contains(ages[0]))
  }
}
