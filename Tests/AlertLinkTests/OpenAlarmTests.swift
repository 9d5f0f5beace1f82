// One alarm, one identity: over updates, over flapping, and over a restart of the device in the middle of it.

import AlertLink
import Alarms
import TestSupport
import Testing

@Suite struct OpenAlarmTests {
  private func connected() -> LinkSimulation {
    let simulation = LinkSimulation(seed: 3)
    simulation.startSender()
    simulation.startReceiver()
    simulation.run(until: 3)
    return simulation
  }

  private func messages(_ simulation: LinkSimulation) -> [AlertMessage] {
    simulation.inbox.entries.compactMap { AlertMessage(json: $0.record.json) }
  }

  @Test("all messages of an alarm name the one that began it, and the next alarm is another")
  func identity() throws {
    let simulation = connected()
    for _ in 0..<2 {
      for phase in [AlertMessage.Phase.start, .update, .acknowledged, .end] {
        simulation.tell(simulation.message("asystole", phase))
        simulation.run(until: simulation.now + 2)
      }
    }
    let all = messages(simulation)
    try #require(all.count == 8)
    #expect(all.map(\.alarm) == [0, 0, 0, 0, 4, 4, 4, 4].map { all[$0].position })
    #expect(all[0..<4].allSatisfy { $0.onset == all[0].time })
    #expect(all[4..<8].allSatisfy { $0.onset == all[4].time })
  }

  @Test("an alarm that starts anew before it ended is the same, with the onset of its last start")
  func startedAnew() throws {
    let simulation = connected()
    for phase in [AlertMessage.Phase.start, .update, .start, .end] {
      simulation.tell(simulation.message("asystole", phase))
      simulation.run(until: simulation.now + 2)
    }
    let all = messages(simulation)
    try #require(all.count == 4)
    #expect(all.allSatisfy { $0.alarm == all[0].position })
    #expect(all.map(\.onset) == [all[0].time, all[0].time, all[2].time, all[2].time])
  }

  @Test(
    "an alarm from before a restart goes on under its name and onset, or is ended; never twice")
  func restart() throws {
    let simulation = connected()
    simulation.tell(simulation.message("asystole", .start))
    simulation.tell(simulation.message("leadOff", .start, .medium))
    simulation.tell(simulation.message("noise", .start, .low))
    simulation.run(until: simulation.now + 2)
    simulation.tell(simulation.message("noise", .end, .low))
    simulation.run(until: simulation.now + 2)
    simulation.startSender()
    let start = AlertMessage.Moment(monotonicSeconds: simulation.now, wallTime: nil)
    for _ in 0..<2 {
      simulation.sender?.endAlarms(
        except: ["asystole"], moment: start, clockQuality: .synchronised, at: simulation.now)
    }
    // The device itself no longer knows when it began.
    for phase in [AlertMessage.Phase.update, .acknowledged, .end] {
      simulation.tell(simulation.message("asystole", phase))
      simulation.run(until: simulation.now + 2)
    }
    let all = messages(simulation)
    let words = all.map { "\($0.condition) \($0.phase)" }
    #expect(
      words == [
        "asystole start", "leadOff start", "noise start", "noise end", "leadOff end",
        "asystole update", "asystole acknowledged", "asystole end",
      ])
    for name in ["asystole", "leadOff"] {
      let own = all.filter { $0.condition == name }
      #expect(own.allSatisfy { $0.alarm == own[0].position && $0.onset == own[0].time }, "\(name)")
      #expect(own.allSatisfy { $0.onsetEpoch == own[0].position.epoch }, "\(name)")
      #expect(own[0].position.epoch < own[1].position.epoch)
    }
    #expect(all[4].time == start && all[4].clockQuality == .synchronised)
    #expect(all[4].onsetClockQuality == .unknown)
    #expect(try simulation.outbox.openAlarms().isEmpty)
    // The next one is another alarm.
    simulation.tell(simulation.message("asystole", .start))
    simulation.run(until: simulation.now + 2)
    let next = try #require(messages(simulation).last)
    #expect(next.alarm == next.position && next.onsetEpoch == next.position.epoch)
  }
}
