// The alert link from end to end as its users have it: a key, a receiver, a monitor, a person.

import Foundation
import TestSupport
import Testing

@Suite struct LinkTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// A program that runs beside the test: what it printed so far, and what it is told.
  final class Running {
    let process: Process
    private let output: String
    private let input = Pipe()

    init(_ arguments: [String], output: String) throws {
      self.output = output
      _ = FileManager.default.createFile(atPath: output, contents: nil)
      process = Run.process(arguments)
      process.standardInput = input
      process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
      process.standardError = FileHandle.nullDevice
      try process.run()
    }

    deinit {
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }

    func lines(_ type: String) -> [Json] {
      String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
        .split(separator: "\n").compactMap { try? Json.data(Data($0.utf8)) }
        .filter { $0["type"].text == type }
    }

    func say(_ line: String) throws {
      try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    func end() -> Int32 {
      kill(process.processIdentifier, SIGTERM)
      process.waitUntilExit()
      return process.terminationStatus
    }
  }

  static func eventually(_ isSo: () -> Bool) -> Bool {
    let end = Date(timeIntervalSinceNow: 240)
    while Date() < end {
      if isSo() { return true }
      usleep(20_000)
    }
    return false
  }

  private func makeKey() throws -> String {
    let run = try Run(
      "link", "keygen", "bed-7", "--output", folder.path + "/keys/bed-7.key", "--json")
    #expect(run.status == 0, "\(run.complaint)")
    return try #require(try run.object()["path"] as? String)
  }

  private func listen(port: Int = 0, _ more: String...) throws -> (Running, String) {
    let running = try Running(
      [
        "listen", "--keys", folder.path + "/keys", "--bind", "127.0.0.1:\(port)", "--json",
        "--state", folder.path + "/central",
      ] + more,
      output: folder.path + "/listen-\(UUID().uuidString)")
    try #require(Self.eventually { !running.lines("listening").isEmpty })
    let place = try #require(running.lines("listening")[0]["places"][0].text)
    return (running, String(place.split(separator: " ").last ?? ""))
  }

  @Test("a key is made once for its owner alone; a monitor refuses one that others can read")
  func keys() throws {
    try folder.makeFolder(of: "keys/x")
    let path = try makeKey()
    let again = try Run("link", "keygen", "bed-7", "--output", path)
    #expect(again.refused(path, "never overwritten"))
    #expect(try Run("link", "keygen", "bed/7", "--output", folder.path).refused("bed/7"))
    chmod(path, 0o644)
    let state = folder.path + "/state"
    let arguments = ["monitor", "--alert", "udp://127.0.0.1:9", "--state", state, "--json"]
    let refusal = try Run(arguments: arguments + ["--alert-key", path])
    #expect(refusal.refused("chmod 600 \(path)"))
    #expect(
      try Run("listen", "--keys", folder.path + "/keys", "--state", state).refused("chmod 600"))
    #expect(try Run(arguments: arguments).status == 64, "no key")
    chmod(path, 0o600)
    for place in ["tcp://127.0.0.1:1", "udp://127.0.0.1", "udp://:5", "serial:/dev/x?speed=1"] {
      let run = try Run(
        arguments: ["monitor", "--alert", place, "--alert-key", path, "--state", state, "--json"])
      #expect(run.status == 2 && run.complaint.split(separator: "\n").count == 1, "\(place)")
    }
  }

  /// `ecgclip alarms test` of the link alone.
  private func testLink(_ port: String, _ key: String) throws -> (Int32, part: Json) {
    let run = try Run(
      "alarms", "test", "--sound", "none", "--alert", "udp://127.0.0.1:\(port)", "--alert-key", key,
      "--state", folder.path + "/device", "--json")
    let object = try Json.data(Data(run.output.utf8))
    #expect(object["test"].number == 1)
    return (run.status, object["parts"][0])
  }

  @Test(
    "a test of the alarms sends a marked alert, waits for its receipt, and needs the link for itself"
  )
  func testAlert() throws {
    try folder.makeFolder(of: "keys/x")
    let key = try makeKey()
    let (receiver, port) = try listen(port: 0, "--hl7", folder.path + "/hl7")
    let (status, part) = try testLink(port, key)
    #expect(status == 0 && part["part"].text == "link" && part["passed"].number == 1, "\(part)")
    #expect(part["receiptMilliseconds"].number > 0)
    #expect(Self.eventually { receiver.lines("alert").count == 2 })
    let alerts = receiver.lines("alert")
    #expect(alerts.map { $0["phase"].text } == ["start", "end"])
    for alert in alerts {
      #expect(alert["test"].number == 1 && alert["simulated"].number == 1)
      #expect(alert["condition"].text == "alarmTest" && alert["priority"].text == "low")
      #expect(alert["message"].text?.hasPrefix("TEST") == true)
    }
    let states = receiver.lines("device").map { $0["state"] }.filter { !$0.isNull }
    #expect(states.last?["inactivations"][0].text == "test")
    #expect(states.allSatisfy { $0["alarms"].list.isEmpty })
    // HL7: processing identifier T (training), never P.
    func headers() -> [[Substring]] {
      let bytes = FileManager.default.contents(atPath: folder.path + "/hl7") ?? Data()
      let segments = bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D })
      return segments.map { String(decoding: $0, as: UTF8.self) }.filter { $0.hasPrefix("MSH|") }
        .map { $0.split(separator: "|", omittingEmptySubsequences: false) }
    }
    #expect(Self.eventually { headers().count == 2 })
    #expect(headers().allSatisfy { $0[10] == "T" })

    // A monitor has the link to itself, and its alerts count on behind those of the test.
    let monitor = try Running(
      [
        "monitor", "--source", "sim:asystole?onset=6", "--speed", "2", "--json", "--alert",
        "udp://127.0.0.1:\(port)", "--alert-key", key, "--state", folder.path + "/device",
      ],
      output: folder.path + "/monitor")
    #expect(Self.eventually { !monitor.lines("source").isEmpty })
    let (refused, other) = try testLink(port, key)
    #expect(refused == 1 && other["problem"].text?.contains("stop it for this test") == true)
    #expect(
      Self.eventually { receiver.lines("alert").contains { $0["condition"].text == "asystole" } })
    #expect(monitor.end() == 0)
    let sequences = receiver.lines("alert").map { $0["sequence"].number }
    #expect(sequences == (1...max(1, sequences.count)).map(Double.init))
    #expect(receiver.lines("alert").dropFirst(2).allSatisfy { $0["test"].number == 0 })
    #expect(receiver.end() == 0)

    // Nobody there: told with the remedy, and nothing of it waits for a later day.
    let (missing, nobody) = try testLink(port, key)
    #expect(missing == 1 && nobody["passed"].number == 0)
    #expect(nobody["problem"].text?.contains("ecgclip listen") == true)
    #expect(nobody["receiptMilliseconds"].isNull)
    let (second, _) = try listen(port: Int(port) ?? 0)
    let (again, _) = try testLink(port, key)
    #expect(again == 0)
    #expect(Self.eventually { second.lines("alert").count == 2 })
    #expect(second.end() == 0)
  }

  @Test("that a device watches without its model reaches the receiver")
  func refusedModel() throws {
    try folder.makeFolder(of: "keys/x")
    let key = try makeKey()
    let (receiver, port) = try listen()
    let monitor = try Running(
      [
        "monitor", "--source", "sim:nsr", "--json", "--model", folder.path + "/no-model",
        "--alert", "udp://127.0.0.1:\(port)", "--alert-key", key, "--state",
        folder.path + "/device",
      ],
      output: folder.path + "/monitor")
    #expect(
      Self.eventually {
        receiver.lines("alert").contains { $0["condition"].text == "modelRefused" }
      })
    let alert = receiver.lines("alert").first { $0["condition"].text == "modelRefused" }
    #expect(alert?["phase"].text == "start" && alert?["priority"].text == "medium")
    #expect(alert?["modelSHA256"].isNull == true)
    #expect(monitor.end() == 0)
    #expect(receiver.end() == 0)
  }

  @Test("asystole at the device reaches the receiver once, and a person there takes it on")
  func wholeWay() throws {
    try folder.makeFolder(of: "keys/x")
    let key = try makeKey()
    let (receiver, port) = try listen()
    let monitor = try Running(
      [
        "monitor", "--source", "sim:asystole?onset=6", "--speed", "2", "--json", "--alert",
        "udp://127.0.0.1:\(port)", "--alert-key", key, "--state", folder.path + "/device",
      ],
      output: folder.path + "/monitor")
    #expect(
      Self.eventually { receiver.lines("alert").contains { $0["condition"].text == "asystole" } })
    #expect(Self.eventually { receiver.lines("device").contains { !$0["state"].isNull } })
    try receiver.say("ack bed-7 asystole Nurse Ana")
    #expect(
      Self.eventually {
        receiver.lines("acknowledgement").contains { $0["result"].text == "taken" }
      })
    #expect(
      Self.eventually {
        monitor.lines("alarm").contains {
          $0["condition"].text == "asystole" && $0["phase"].text == "accepted"
        }
      })
    #expect(
      Self.eventually {
        receiver.lines("alert").contains {
          $0["phase"].text == "acknowledged" && $0["person"].text == "Nurse Ana"
        }
      })
    let alerts = receiver.lines("alert")
    let alert = try #require(alerts.first { $0["condition"].text == "asystole" })
    #expect(alert["device"].text == "bed-7" && alert["priority"].text == "high")
    #expect(alert["simulated"].number == 1 && alert["provenance"].text == "simulated")
    let sequences = alerts.map { $0["sequence"].number }
    #expect(sequences == (1...max(1, sequences.count)).map(Double.init))
    // The receiver goes away: the device says so, and what happens meanwhile arrives when it is back.
    #expect(receiver.end() == 0)
    #expect(
      Self.eventually {
        monitor.lines("alarm").contains {
          $0["condition"].text == "linkLost" && $0["phase"].text == "start"
        }
      })
    let (second, _) = try listen(port: Int(port) ?? 0)
    #expect(
      Self.eventually {
        second.lines("alert").contains { $0["condition"].text == "linkLost" }
      })
    #expect(
      second.lines("alert").allSatisfy {
        $0["condition"].text != "asystole" || $0["phase"].text != "start"
      })
    #expect(monitor.end() == 0)
    // Who took it on stands in the monitor's lines and in its log.
    let accepted = monitor.lines("alarm").filter { $0["phase"].text == "accepted" }
    #expect(accepted.map { $0["person"].text } == ["Nurse Ana"])
    let log = try Run(
      "alarms", "--state", folder.path + "/device", "--phase", "accepted", "--json"
    ).lines
    #expect(log.map { $0["person"] as? String } == ["Nurse Ana"])
    #expect(log.map { $0["actor"] as? String } == ["remote"])
    let table = try Run("alarms", "--state", folder.path + "/device", "--condition", "asystole")
    #expect(table.output.contains("Nurse Ana"))
    #expect(
      Self.eventually { second.lines("device").last?["presence"].text == "silent" })
    #expect(second.end() == 0)
  }

  @Test("the bench of the receiver reports every alert of every device once and in order")
  func bench() throws {
    let run = try Run("bench", "--link", "--devices", "20", "--seconds", "6", "--json")
    #expect(run.status == 0, "\(run.complaint)")
    let result = try Json.data(Data(run.output.utf8))
    #expect(result["told"].number >= 20 && result["accepted"].number == result["told"].number)
    #expect(result["inOrder"].number == 1)
    #expect(result["receiverMillisecondsPerSecond"].number > 0)
  }
}
