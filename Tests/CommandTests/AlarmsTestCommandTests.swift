// `ecgclip alarms test` as a technician runs it, on a file instead of a loudspeaker.

import Foundation
import TestSupport
import Testing

@Suite struct AlarmsTestCommandTests {
  @Test("a test sounds into a file, says that it is one, and passes")
  func passes() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/alarms.wav"
    let run = try Run("alarms", "test", "--sound", path, "--priority", "low", "--json")
    #expect(run.status == 0, "\(run.complaint)")
    let object = try run.object()
    #expect(object["test"] as? Bool == true && object["passed"] as? Bool == true)
    #expect(object["priorities"] as? [String] == ["low"])
    let parts = try #require(object["parts"] as? [[String: Any]])
    #expect(parts.map { $0["part"] as? String } == ["sound"])
    let sound = try Data(contentsOf: URL(filePath: path)).dropFirst(44)
    #expect(sound.contains { $0 != 0 } && sound.count > 2 * 48_000)
  }

  @Test("a card that is not there fails with the remedy; a lamp is tested all the same")
  func fails() throws {
    let run = try Run(
      "alarms", "test", "--sound", "NoSuchCard", "--lamp", "no-such-chip:red=1,yellow=2",
      "--priority", "high", "--json")
    #expect(run.status == 1)
    let parts = try #require(try run.object()["parts"] as? [[String: Any]])
    let problems = parts.compactMap { $0["problem"] as? String }
    #expect(parts.map { $0["part"] as? String } == ["sound", "lamp"])
    #expect(problems.count == 2)
    #expect(parts.allSatisfy { $0["passed"] as? Bool == false })
  }

  @Test("a test stands in the alarm log, with who tested and what failed")
  func logged() throws {
    let folder = try TemporaryFolder()
    let state = folder.path + "/state"
    let monitor = [
      "monitor", "--source", "sim:nsr", "--seconds", "5", "--speed", "max", "--json", "--sound",
      "none", "--state", state,
    ]
    #expect(try Run(arguments: monitor).status == 0)
    let test = try Run(
      "alarms", "test", "--sound", folder.path + "/a.wav", "--lamp", "no-chip:red=1,yellow=2",
      "--priority", "low", "--state", state, "--by", "Anna", "--json")
    #expect(test.status == 1, "the lamp")
    #expect(try Run(arguments: monitor).status == 0)
    let text = try Run("alarms", "--state", state).output
    #expect(text.contains("TEST Alarms tested (sound worked, lamp failed) by Anna"), "\(text)")
    // Between two sessions that ended by themselves.
    #expect(!text.contains("killed"))
  }

  @Test("nothing to test is status 2, wrong words are status 64 with the right ones")
  func refusals() throws {
    let none = try Run("alarms", "test", "--sound", "none")
    #expect(none.status == 2 && none.complaint.contains("--lamp"))
    let lamp = try Run("alarms", "test", "--lamp", "green=1")
    #expect(lamp.status == 64 && lamp.complaint.contains("red=17,yellow=27"))
    let priority = try Run("alarms", "test", "--priority", "urgent")
    #expect(priority.status == 64)
  }

  @Test("a monitor of a simulated patient sounds its alarm into a file, and is silent otherwise")
  func monitorSounds() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/monitor.wav"
    let arguments = [
      "monitor", "--source", "sim:asystole?onset=8&seed=5", "--speed", "8", "--seconds", "60",
      "--json",
    ]
    let run = try Run(arguments: arguments + ["--sound", path])
    #expect(run.status == 0, "\(run.complaint)")
    let sound = try Data(contentsOf: URL(filePath: path)).dropFirst(44)
    #expect(sound.contains { $0 != 0 })
    #expect(!run.output.contains("soundFailing"))
  }
}
