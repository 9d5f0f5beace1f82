// Every alarm arrives exactly once in effect and in its device's order, whatever line and power do.

import AlertLink
import Alarms
import Foundation
import TestSupport
import Testing

/// Runs of the default test, or as many as the environment asks for.
private let seedCount =
  ProcessInfo.processInfo.environment["ECGCLIP_LINK_SEEDS"].flatMap { Int($0) } ?? 12

@Suite struct DeliveryTests {
  /// Alarms of three priorities over a minute, each with a start and an end, restarts in between.
  static func script(seed: UInt64, alarms: Int, seconds: Double, receiverRestarts: Int)
    -> [(at: Double, step: ScriptStep)]
  {
    var random = SeededRandom(seed: seed)
    var script: [(at: Double, step: ScriptStep)] = []
    for index in 0..<alarms {
      let start = Double.random(in: 1...seconds, using: &random)
      let end = start + Double.random(in: 1.5...10, using: &random)
      let priority = AlarmPriority.allCases.randomElement(using: &random) ?? .high
      let name = "alarm\(index)"
      script.append((start, .tell(condition: name, phase: .start, priority: priority)))
      script.append((end, .tell(condition: name, phase: .end, priority: priority)))
    }
    for _ in 0..<receiverRestarts {
      script.append((Double.random(in: 1...seconds, using: &random), .restartReceiver))
    }
    return script
  }

  @Test(
    "30 % loss, duplication, reordering, 500 ms of jitter, damage, a partition of 10 s and restarts at both ends",
    arguments: 0..<UInt64(seedCount), [nil, 3] as [Double?])
  func harshLine(seed: UInt64, storeLag: Double?) {
    let simulation = LinkSimulation(.harsh, seed: seed)
    simulation.storeLag = storeLag
    var random = SeededRandom(seed: seed &+ 1000)
    simulation.outbox.cut = PowerCut(
      write: Int.random(in: 2...40, using: &random), isAfter: Bool.random(using: &random))
    simulation.inbox.cut = PowerCut(
      write: Int.random(in: 2...20, using: &random), isAfter: Bool.random(using: &random))
    simulation.startSender()
    simulation.startReceiver()
    let script = Self.script(seed: seed, alarms: 15, seconds: 40, receiverRestarts: 1)
    simulation.run(script, settle: 300)
    #expect(simulation.isSettled)
    #expect(simulation.violations == [])
    #expect(simulation.told.count > 15)
  }

  @Test(
    "the sender's power cut before and behind every durable write, also where a slow outbox has a thread of its own",
    arguments: [false, true], [nil, 0.5, 3] as [Double?])
  func senderCutAtEveryWrite(isAfter: Bool, storeLag: Double?) {
    // Begin, store eight messages, mark them: fewer would mean that nothing was cut. A slow disk stores many at once.
    let writes = writesCut(isAfter: isAfter, seed: 5, storeLag: storeLag) { $0.outbox }
    #expect(writes > (storeLag == nil ? 10 : 5))
  }

  @Test("the receiver's power cut before and behind every durable write", arguments: [false, true])
  func receiverCutAtEveryWrite(isAfter: Bool) {
    #expect(writesCut(isAfter: isAfter, seed: 6) { $0.inbox } > 4)
  }

  /// Cuts one store's power at its first write, then at its second, until there is none left to cut; how many.
  private func writesCut(
    isAfter: Bool, seed: UInt64, storeLag: Double? = nil,
    in store: (LinkSimulation) -> CuttableStore
  ) -> Int {
    var write = 0
    var wasCut = true
    while wasCut {
      write += 1
      let simulation = LinkSimulation(
        LinkFaults(loss: 0.3, duplication: 0.1, jitter: 0.5), seed: UInt64(write))
      simulation.storeLag = storeLag
      let cutStore = store(simulation)
      cutStore.cut = PowerCut(write: write, isAfter: isAfter)
      simulation.startSender()
      simulation.startReceiver()
      simulation.run(
        Self.script(seed: seed, alarms: 4, seconds: 10, receiverRestarts: 0), settle: 120)
      wasCut = cutStore.cut == nil
      #expect(simulation.isSettled, "write \(write)")
      #expect(simulation.violations == [], "write \(write)")
    }
    return write
  }

  @Test("no receipt names what is not durable at the central station")
  func receiptAfterCommit() throws {
    let simulation = LinkSimulation(seed: 1)
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 3)
    let sender = try #require(simulation.sender)
    sender.tell(simulation.message("asystole", .start), at: simulation.now)
    let datagrams = sender.datagrams(at: simulation.now)
    sender.store(at: simulation.now)
    let receipts = simulation.centralSpeaksBeforeCommit(having: datagrams)
    #expect(!receipts.isEmpty)
    simulation.injectToDevice(receipts)
    #expect(simulation.outbox.unreceivedCount == 1)
    simulation.run(until: simulation.now + 1)
    #expect(simulation.outbox.unreceivedCount == 0)
  }

  @Test("what a full disk at the central station refuses comes again, once and in order")
  func fullInbox() {
    let simulation = LinkSimulation(LinkFaults(loss: 0.3, jitter: 0.5), seed: 2)
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 3)
    simulation.inbox.isFull = true
    for index in 0..<10 {
      simulation.tell(simulation.message("alarm\(index)", .start))
      simulation.run(until: simulation.now + 1)
    }
    #expect(simulation.arrived == [] && simulation.outbox.unreceivedCount == 10)
    simulation.inbox.isFull = false
    simulation.run(until: simulation.now + 60)
    #expect(simulation.violations == [])
    #expect(simulation.arrived.count == 10)
  }
}
