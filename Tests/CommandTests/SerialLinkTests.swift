// The alert link over a serial line, from end to end: a monitor, a receiver, a cable.

import Foundation
import TestSupport
import Testing

@Test(
  "over a serial line an asystole arrives once, a person takes it on, and a cut cable is told and mended"
)
func serialWholeWay() throws {
  let folder = try TemporaryFolder()
  try folder.makeFolder(of: "keys/x")
  let made = try Run(
    "link", "keygen", "bed-7", "--output", folder.path + "/keys/bed-7.key", "--json")
  let key = try #require(try made.object()["path"] as? String)
  let cable = try SerialCable()
  defer { cable.end() }
  let receiver = try LinkTests.Running(
    [
      "listen", "--keys", folder.path + "/keys", "--bind", "127.0.0.1:0", "--serial", cable.ends[0],
      "--json", "--state", folder.path + "/central",
    ], output: folder.path + "/listen")
  func alerts(_ condition: String, _ phase: String) -> [Json] {
    receiver.lines("alert").filter {
      $0["condition"].text == condition && $0["phase"].text == phase
    }
  }
  try #require(LinkTests.eventually { !receiver.lines("listening").isEmpty })
  let monitor = try LinkTests.Running(
    [
      "monitor", "--source", "sim:asystole?onset=6", "--speed", "2", "--json", "--alert",
      "serial:" + cable.ends[1], "--alert-key", key, "--state", folder.path + "/device",
    ], output: folder.path + "/monitor")
  func told(_ condition: String, _ phase: String) -> Bool {
    monitor.lines("alarm").contains {
      $0["condition"].text == condition && $0["phase"].text == phase
    }
  }
  #expect(LinkTests.eventually { !alerts("asystole", "start").isEmpty })
  #expect(LinkTests.eventually { receiver.lines("device").contains { !$0["state"].isNull } })
  try receiver.say("ack bed-7 asystole Nurse Ana")
  #expect(LinkTests.eventually { told("asystole", "accepted") })
  #expect(LinkTests.eventually { !alerts("asystole", "acknowledged").isEmpty })
  cable.isCut = true
  #expect(LinkTests.eventually { told("linkLost", "start") })
  #expect(LinkTests.eventually { receiver.lines("device").last?["presence"].text == "silent" })
  cable.isCut = false
  #expect(LinkTests.eventually { told("linkLost", "end") })
  #expect(LinkTests.eventually { !alerts("linkLost", "end").isEmpty })
  #expect(monitor.end() == 0)
  #expect(receiver.end() == 0)
  #expect(alerts("asystole", "start").count == 1 && alerts("linkLost", "start").count == 1)
  let sequences = receiver.lines("alert").map { $0["sequence"].number }
  #expect(sequences == (1...max(1, sequences.count)).map(Double.init))
}
