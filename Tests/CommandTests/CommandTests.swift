// The command line as a user meets it: the built program, its words, its exit statuses.

import Foundation
import Recordings
import TestSupport
import Testing

extension Data {
  fileprivate func contains(_ other: Data) -> Bool { range(of: other) != nil }
}

@Suite(.serialized) struct CommandTests {
  @Test("a simulated session prints the lines of the contract and ends with 0")
  func monitorJSON() throws {
    let run = try Run(
      "monitor", "--source", "sim:asystole?onset=6", "--speed", "max", "--seconds", "14", "--json")
    #expect(run.status == 0, "\(run.complaint)")
    let kinds = run.lines.compactMap { $0["type"] as? String }
    #expect(kinds.first == "source" && kinds.last == "summary")
    #expect(run.lines.allSatisfy { $0["simulated"] as? Bool == true && $0["time"] is NSNumber })
    #expect(run.lines.contains { $0["condition"] as? String == "asystole" })
    let filters = try #require(run.lines.first { $0["type"] as? String == "filters" })
    for key in ["highPassHz", "lowPassHz", "mainsHz", "mainsDetected", "delayMilliseconds"] {
      #expect(filters[key] != nil, "filters lacks \(key)")
    }
    let summary = try #require(run.lines.last)
    for key in [
      "samplesReceived", "samplesLost", "framesCorrupt", "completeness", "heartRateBPM", "windows",
      "latencyMilliseconds", "leads", "leadsMissing",
    ] { #expect(summary[key] != nil, "summary lacks \(key)") }
    #expect(summary["samplesReceived"] as? Int == 7000)
  }

  @Test(
    "a record is screened: every statement, heart rate, model and hash",
    .enabled(if: TestData.isPresent))
  func screenJSON() throws {
    let run = try Run("screen", "--json", "--embedding", TestData.path("ptbxl/native/00001_hr"))
    #expect(run.status == 0)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let findings = try #require(object["findings"] as? [[String: Any]])
    let normal = try #require(findings.first { $0["code"] as? String == "NORM" })
    #expect((normal["probability"] as? Double).map { $0 > 0.5 } == true)
    #expect(findings.allSatisfy { $0["name"] is String && $0["probability"] is NSNumber })
    #expect((object["heartRateBPM"] as? Double).map { abs($0 - 64) < 5 } == true)
    #expect((object["embedding"] as? [Double])?.count == 480)
    let measured = try #require(object["measurements"] as? [String: Any])
    #expect((measured["qrsMilliseconds"] as? Double).map { (60...120).contains($0) } == true)
    #expect((measured["leads"] as? [String: Any])?.count == 12)
    let model = try #require(object["model"] as? [String: Any])
    #expect((model["sha256"] as? String)?.count == 64)
    #expect((object["leadsMissing"] as? [String])?.isEmpty == true)
  }

  @Test(
    "of several records one that cannot be read is an object with its error, and the status is 1",
    .enabled(if: TestData.isPresent))
  func screenSeveral() throws {
    let run = try Run(
      "screen", "--jsonl", TestData.path("ptbxl/native/00001_hr"), "/nowhere/record")
    #expect(run.status == 1)
    #expect(run.lines.count == 2)
    #expect((run.lines.last?["error"] as? String)?.contains("/nowhere/record") == true)
  }

  @Test("the self-test passes here, and fails with status 1 without the model it asks for")
  func selfTest() throws {
    let run = try Run("selftest", "--json")
    #expect(run.status == 0 && run.complaint.isEmpty)
    #expect(try run.object()["passed"] as? Bool == true)
    let without = try Run("selftest", "--model", "/nowhere")
    #expect(without.status == 1 && without.output.contains("FAILED encoder    /nowhere"))
  }

  @Test("the doctor looks at a machine and at a front-end, and says what fails with its fix")
  func doctor() throws {
    // No sound card below an empty root: there is always one thing that fails.
    let root = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let run = try Run("doctor", "--root", root, "--source", "sim:nsr?leadoff=RA@0.5", "--json")
    #expect(run.status == 1, "\(run.complaint)")
    let checks = try #require(try run.object()["checks"] as? [[String: Any]])
    func check(_ id: String) -> [String: Any]? { checks.first { $0["id"] as? String == id } }
    #expect(check("sound.card")?["state"] as? String == "failure")
    #expect(check("sound.card")?["fix"] is String)
    #expect(check("files.model")?["state"] as? String == "ok")
    #expect(check("files.profiles")?["state"] as? String == "ok")
    #expect(check("signal.losses")?["state"] as? String == "ok")
    #expect(check("signal.losses")?["fix"] is NSNull)
    #expect(check("signal.inputs")?["state"] as? String == "ok")
    #expect(check("signal.leadOff")?["state"] as? String == "warning")
    let lines = try Run("doctor", "--root", root, "--source", "serial:/nowhere/tty?format=bridge")
    #expect(lines.status == 1 && lines.complaint.isEmpty)
    #expect(lines.output.contains("FAIL      signal.open"))
    #expect(lines.output.contains("FAIL      serial.device"))
    #expect(try Run("doctor", "--profile", "/nowhere.yaml").refused("/nowhere.yaml"))
    // A profile with a bus has its front-end opened, which is not here.
    let bus = try Run("doctor", "--profile", "ads1298-pi")
    #expect(bus.status == 1 && bus.complaint.isEmpty)
    #expect(bus.output.contains("FAIL      signal.open") && bus.output.contains("spi.device"))
  }

  @Test("what is not there or not right is one sentence and status 2")
  func refusals() throws {
    #expect(try Run("screen", "/nowhere/record").refused("/nowhere/record"))
    #expect(try Run("monitor", "--source", "file:/nowhere/record", "--json").refused("/nowhere"))
    #expect(
      try Run("monitor", "--source", "serial:/nowhere/tty?format=bridge", "--json")
        .refused("/nowhere/tty", "plug it in"))
    #expect(
      try Run("monitor", "--source", "udp:0?format=bridge", "--json").refused("udp:0", "sends to"))
    #expect(try Run("monitor", "--source", "sim:tango", "--json").refused("tango", "asystole"))
    #expect(try Run("monitor", "--source", "sim:nsr?pulse=3", "--json").refused("pulse", "hr"))
    #expect(
      try Run("monitor", "--alert", "udp://192.0.2.1:5514", "--alert-key", "/no.key", "--json")
        .refused("--state"))
    #expect(try Run("bench", "--model", "nothing", "--json").refused("nothing", "models"))
    #expect(
      try Run("monitor", "--calibration", "/nowhere.json", "--json").refused("/nowhere.json"))
  }

  @Test("a model with a flipped bit is refused by the name of its file")
  func flippedBit() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let source = TestData.repository + "/models/ecgclip-r18"
    for name in try FileManager.default.contentsOfDirectory(atPath: source) {
      try FileManager.default.copyItem(atPath: source + "/" + name, toPath: folder + "/" + name)
    }
    #expect(try Run("model", "info", folder).status == 0)
    let path = folder + "/model.safetensors"
    var bytes = try #require(FileManager.default.contents(atPath: path))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(filePath: path))
    #expect(try Run("model", "info", folder).refused("model.safetensors"))
  }

  @Test("a profile with an unknown key is refused with the key that was meant")
  func unknownKey() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/board.yaml"
    try Data("schemaVersion: 1\nboard: x\nformat: cyton\nbaud: 115200\nsampleRate: 250\n".utf8)
      .write(to: URL(filePath: path))
    #expect(
      try Run("monitor", "--source", "serial:/dev/null", "--profile", path, "--json")
        .refused("sampleRate", "sampleRateHz"))
  }

  @Test(
    "garbage and truncated recordings are refused",
    arguments: [
      ("noise.edf", "no EDF at all"),
      ("short.hea", "short 2 500 1000\nshort.dat 16 200 12 0 0 0 0 I\n"),
    ])
  func garbage(name: String, content: String) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data(content.utf8).write(to: URL(filePath: folder + "/" + name))
    #expect(
      try Run("screen", folder + "/" + name).refused(
        name.split(separator: ".").first.map(String.init) ?? ""))
  }

  @Test("a session that is killed leaves a record that is whole up to the kill")
  func killedWhileRecording() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let process = Run.process([
      "monitor", "--source", "sim:nsr", "--speed", "4", "--record", folder, "--json",
    ])
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Killed as soon as it has told of the eighth second: what was synchronised by then is there.
    var told = Data()
    while !told.contains(Data("\"time\":8,\"type\":\"heartRate\"".utf8)) {
      let piece = output.fileHandleForReading.availableData
      if piece.isEmpty { break }
      told.append(piece)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let record = try #require(try Recordings.list(folder).first)
    let reader = try Recordings.open(record)
    #expect(reader.sampleCount >= 3000)
    let codes = UnsafeMutablePointer<Int32>.allocate(capacity: 8 * 64)
    defer { codes.deallocate() }
    var read = 0
    var missing = 0
    while true {
      let count = try reader.read(into: codes, stride: 64, count: 64)
      if count == 0 { break }
      for channel in 0..<8 {
        for sample in 0..<count where codes[channel * 64 + sample] == Int32.min { missing += 1 }
      }
      read += count
    }
    #expect(read == reader.sampleCount && missing == 0)
    #expect(try Run("screen", record).status == 0)
  }

  @Test("an emulated patient leaves its beats behind as annotations")
  func emulatedTruth() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (port, truth) = (folder + "/ecg", folder + "/truth.atr")
    let emulator = Run.process([
      "emulate", "--simulation", "nsr?pvc=3", "--pty", port, "--annotations", truth,
    ])
    let complaint = Pipe()
    emulator.standardError = complaint
    emulator.standardOutput = FileHandle.nullDevice
    emulator.standardInput = FileHandle.nullDevice
    try emulator.run()
    // Its first sentence says that the port is there.
    #expect(complaint.fileHandleForReading.availableData.contains(Data("SIMULATED".utf8)))
    let run = try Run(
      "monitor", "--source", "serial:\(port)?format=bridge", "--seconds", "4", "--json")
    #expect(run.status == 0)
    emulator.terminate()
    emulator.waitUntilExit()
    #expect(emulator.terminationStatus == 0)
    let marks = try AnnotationFile.read(truth)
    #expect(marks.map(\.symbol).starts(with: ["+", "N", "N", "V"]))
    #expect(marks.first?.auxiliary == "(T")
  }

  @Test("wrong usage is 64, and help is there for every command")
  func usage() throws {
    #expect(try Run("monitor", "--speed", "-3").status == 64)
    #expect(try Run("screen").status == 64)
    #expect(try Run("emulate", "--record", "a", "--annotations", "b").status == 64)
    #expect(try Run("monitor", "--source", "nonsense").status == 64)
  }

  /// Examples and tables of a help's first part are written by hand: what does not fit is broken anywhere.
  @Test("every command's help fits a terminal of 80 columns")
  func helpFits() throws {
    var commands: [[String]] = [[]]
    while let command = commands.popLast() {
      let help = try Run(
        arguments: command + ["--help"], environment: ["COLUMNS": "2000"])
      #expect(help.status == 0)
      let overview = try #require(help.output.firstRange(of: "USAGE: "))
      let lines = help.output[..<overview.lowerBound].split(
        separator: "\n", omittingEmptySubsequences: false)
      for (line, next) in zip(lines, lines.dropFirst()) {
        // A paragraph of one line may be as long as it likes.
        let isByHand = line.hasPrefix(" ") || line.contains("  ") || !next.isEmpty
        #expect(!isByHand || line.count < 80, "\(command): \(line)")
      }
      guard let list = help.output.firstRange(of: "SUBCOMMANDS:\n") else { continue }
      for entry in help.output[list.upperBound...].split(separator: "\n")
      where entry.hasPrefix("  ") && entry.dropFirst(2).first?.isLetter == true {
        guard let word = entry.split(separator: " ").first, word != "See" else { continue }
        commands.append(command + [String(word)])
      }
    }
  }

  @Test("model info and bench speak JSON")
  func modelAndBench() throws {
    let info = try Run("model", "info", "--json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(info.output.utf8)) as? [String: Any])
    #expect(object["name"] as? String == "ecgclip-r18")
    let bench = try Run("bench", "--windows", "2", "--seconds", "2", "--json")
    let timing = try #require(
      try JSONSerialization.jsonObject(with: Data(bench.output.utf8)) as? [String: Any])
    #expect(timing["multiplyAccumulates"] as? Int == 44_480_832)
    #expect((timing["wholeWindow"] as? [String: Any])?["p50Nanoseconds"] is Int)
  }
}
