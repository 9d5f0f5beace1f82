// `monitor --state` and `alarms`: what a session leaves, and who can read it while it runs or after it was killed.

import Foundation
import TestSupport
import Testing

/// A monitor of a patient whose heart stops after two seconds, in the middle of its work.
private final class RunningMonitor {
  let process: Process
  private let output = Pipe()

  init(state: String) throws {
    process = Run.process([
      "monitor", "--source", "sim:asystole?onset=2", "--display", "none", "--state", state,
    ])
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  /// Waits for words on its output; false where it ends without them.
  @discardableResult
  func wait(for words: String) -> Bool {
    var said = ""
    while !said.contains(words) {
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return false }
      said += String(decoding: more, as: UTF8.self)
    }
    return true
  }

  /// Ends it with a signal; its exit status, or the signal that ended it.
  @discardableResult
  func end(_ signal: Int32) throws -> Int32 {
    kill(process.processIdentifier, signal)
    _ = try output.fileHandleForReading.readToEnd()
    process.waitUntilExit()
    return process.terminationStatus
  }
}

/// A simulated minute with an asystole, as fast as it goes.
@discardableResult
private func monitored(_ state: String, _ more: String...) throws -> Run {
  try Run(
    arguments: [
      "monitor", "--source", "sim:asystole?onset=20", "--speed", "max", "--seconds", "30",
      "--display", "none", "--state", state,
    ] + more)
}

@Suite struct AlarmLogCommandTests {
  let folder: TemporaryFolder
  let state: String

  init() throws {
    folder = try TemporaryFolder()
    state = folder.path + "/state"
  }

  @Test("a session leaves its start, its alarms with all they need, and its end")
  func session() throws {
    #expect(try monitored(state, "--record", folder.path + "/sessions").status == 0)
    let attributes = try FileManager.default.attributesOfItem(atPath: state)
    #expect(attributes[.posixPermissions] as? Int == 0o700)
    let lines = try Run("alarms", "--state", state, "--json").lines
    #expect(lines.first?["phase"] as? String == "start")
    #expect(lines.last?["phase"] as? String == "stop")
    let alarm = try #require(lines.first { $0["condition"] as? String == "asystole" })
    #expect(alarm["priority"] as? String == "high" && alarm["kind"] as? String == "alarm")
    #expect((alarm["limits"] as? [String: Double])?["asystoleSeconds"] == 4)
    let values = try #require(alarm["values"] as? [String: Double])
    #expect(values["quality"] != nil && values["heartRateBPM"] == nil, "a heart that stands still")
    #expect((alarm["leads"] as? [String])?.count == 12)
    #expect(alarm["simulated"] as? Bool == true && alarm["test"] as? Bool == false)
    let seconds = try #require(alarm["time"] as? Double)
    #expect((20...30).contains(seconds))
    let record = try #require(alarm["record"] as? String)
    #expect(FileManager.default.fileExists(atPath: folder.path + "/sessions/\(record).hea"))
    #expect(
      try Run("alarms", "--state", state, "--session", record, "--json").lines.count == lines.count)
    #expect(Set(alarm.keys) == Set(try documentedFields()))
  }

  /// The fields of the table in docs/alarm-log.md.
  private func documentedFields() throws -> [String] {
    let page = try String(
      contentsOfFile: TestData.repository + "/docs/alarm-log.md", encoding: .utf8)
    let table = page.split(separator: "| field | meaning |").last ?? ""
    let rows = table.split(separator: "\n").prefix { $0.hasPrefix("|") }
    return rows.flatMap { row in
      (row.split(separator: "|").first ?? "").matches(of: /`(\w+)`/).map { String($0.output.1) }
    }
  }

  @Test("the list tells when, what, how long and whether anybody saw it; filters choose")
  func list() throws {
    try monitored(state)
    let all = try Run("alarms", "--state", state)
    #expect(all.status == 0)
    let line = try #require(all.output.split(separator: "\n").first { $0.contains("Asystole") })
    #expect(line.contains("!!! high") && line.contains("SIMULATED Asystole"))
    #expect(line.contains("NOT SEEN"))
    let chosen = try Run(
      "alarms", "list", "--state", state, "--priority", "high", "--condition", "asystole",
      "--since", "1h", "--last", "1", "--json")
    #expect(chosen.lines.count == 1 && chosen.lines[0]["condition"] as? String == "asystole")
    #expect(try Run("alarms", "--state", state, "--until", "1h", "--json").output.isEmpty)
    #expect(try Run("alarms", "--state", state, "--until", "1h").output.contains("nothing"))
    let csv = try Run("alarms", "--state", state, "--csv", "--phase", "start")
    #expect(csv.output.hasPrefix("id,wallTime,") && csv.output.hasSuffix("\r\n"))
    #expect(try Run("alarms", "--state", state, "--since", "yesterday").status == 64)
    #expect(try Run("alarms", "--state", state, "--json", "--csv").status == 64)
  }

  @Test("the log is read while a monitor writes it; a second monitor is refused its folder")
  func concurrent() throws {
    let monitor = try RunningMonitor(state: state)
    monitor.wait(for: "alarm start: Asystole")
    // The log's thread may still be writing what the screen shows.
    var lines: [[String: Any]] = []
    while !lines.contains(where: { $0["condition"] as? String == "asystole" }) {
      lines = try Run("alarms", "--state", state, "--json").lines
    }
    #expect(try monitored(state).refused("another monitor", state))
    #expect(try monitor.end(SIGTERM) == 0)
    #expect(try Run("alarms", "--state", state, "--json").lines.last?["phase"] as? String == "stop")
    #expect(try monitored(state).status == 0)
  }

  @Test("after a monitor was killed its alarms are there, and the next one says that it was killed")
  func killed() throws {
    let monitor = try RunningMonitor(state: state)
    monitor.wait(for: "alarm start: Asystole")
    while try Run("alarms", "--state", state, "--condition", "asystole", "--json").lines.isEmpty {}
    #expect(try monitor.end(SIGKILL) == SIGKILL)
    try monitored(state)
    let phases = try Run("alarms", "--state", state, "--json").lines
      .filter { $0["kind"] as? String == "system" }.compactMap { $0["phase"] as? String }
    #expect(phases == ["start", "killed", "start", "stop"])
    #expect(try Run("alarms", "--state", state).output.contains("until the monitor ended"))
  }

  @Test("with a damaged log the monitor goes on, says so, and keeps what it found")
  func damaged() throws {
    try folder.makeFolder(of: "state/x")
    chmod(state, 0o700)
    try folder.write("state/alarms.sqlite", String(repeating: "no database ", count: 500))
    let run = try monitored(state)
    // A log that is opened late, when all has been watched, is told of after the output.
    #expect(run.status == 0 && (run.output + run.complaint).contains("alarms.sqlite.damaged-1"))
    let phases = try Run("alarms", "--state", state, "--json").lines.map { $0["phase"] as? String }
    #expect(phases.prefix(2) == ["setAside", "start"])
  }

  @Test("where no log can be kept, the monitor says so and goes on")
  func noLog() throws {
    try folder.makeFolder(of: "state/alarms.sqlite/x")
    chmod(state, 0o700)
    let run = try monitored(state)
    #expect(run.status == 0 && run.output.contains("high alarm start: Asystole"))
    #expect(run.output.contains("The alarm log cannot be written"))
    #expect(run.complaint.contains("could not be written"))
    let monitor = try RunningMonitor(state: state)
    #expect(monitor.wait(for: "medium alarm start: Alarm log failing"))
    try monitor.end(SIGTERM)
  }

  @Test("a state folder that others may enter, or that is none, is refused with the remedy")
  func folders() throws {
    try folder.makeFolder(of: "state/x")
    chmod(state, 0o755)
    #expect(try monitored(state).refused("mode 755", "chmod 700 \(state)"))
    let file = try folder.write("file", "")
    #expect(try monitored(file).refused(file, "no folder"))
    #expect(try Run("alarms", "--state", folder.path + "/none").refused("none", "--state"))
    #expect(try Run("alarms", "--state", folder.path).refused("alarms.sqlite", "monitor"))
  }

  @Test("a simulation keeps nothing unless told where; a live source keeps it where systemd says")
  func usualPlace() throws {
    let home = folder.path + "/home"
    let environment = ["XDG_STATE_HOME": home]
    let simulated = try Run(
      arguments: ["monitor", "--speed", "max", "--seconds", "2", "--display", "none"],
      environment: environment)
    #expect(simulated.status == 0 && !FileManager.default.fileExists(atPath: home))
    // A source that is not there: the folder is made before it is looked for.
    let systemd = folder.path + "/systemd"
    _ = try Run(
      arguments: ["monitor", "--source", "spi:/dev/none", "--display", "none"],
      environment: environment.merging(["STATE_DIRECTORY": "\(systemd):/other"]) { $1 })
    #expect(FileManager.default.fileExists(atPath: systemd))
    _ = try Run(
      arguments: ["monitor", "--source", "spi:/dev/none", "--display", "none"],
      environment: environment)
    #expect(FileManager.default.fileExists(atPath: home + "/ecgclip"))
    #expect(
      try Run(arguments: ["alarms"], environment: environment).refused(
        home + "/ecgclip", "alarm log"))
  }
}
