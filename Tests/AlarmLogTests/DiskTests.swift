// Disks that take no more: a file system that is full, a file that may not grow, a folder that may not be written.

import AlertLink
import Foundation
import TestSupport
import Testing

@testable import AlarmLog

private func run(_ program: Process) throws -> (status: Int32, lines: [String]) {
  let output = Pipe()
  program.standardOutput = output
  program.standardError = FileHandle.nullDevice
  program.standardInput = FileHandle.nullDevice
  try program.run()
  let said = try output.fileHandleForReading.readToEnd() ?? Data()
  program.waitUntilExit()
  return (
    program.terminationStatus,
    String(decoding: said, as: UTF8.self).split(separator: "\n").map(String.init)
  )
}

/// A shell in name spaces of its own, where it may mount.
private func shell(_ script: String, _ arguments: [String]) -> Process {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/unshare")
  process.arguments =
    ["--user", "--map-root-user", "--mount", "/bin/sh", "-c", script, "sh"] + arguments
  return process
}

@Suite struct DiskTests {
  /// Whether the kernel lets anybody mount a file system of their own, and the writer runs here without an emulator.
  static let mounts: Bool = {
    let attempt = shell("mount -t tmpfs -o size=64k tmpfs /mnt", [])
    return ProcessInfo.processInfo.environment["ECGCLIP_RUNNER"] == nil
      && (try? run(attempt).status) == 0
  }()

  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/store.sqlite"
  }

  @Test(
    "on a full file system the log says so; everything confirmed is there once there is room again",
    .enabled(if: mounts), arguments: ["log", "outbox", "inbox"])
  func full(_ kind: String) throws {
    // Fills it, says why it ended, removes what was in the way, and writes on until it is full again.
    let script = """
      mkdir -p "$1/disk"; mount -t tmpfs -o size=400k tmpfs "$1/disk"
      head -c 150000 /dev/zero > "$1/disk/ballast"
      "$2" "$3" "$1/disk/store.sqlite" 1; echo status $?
      rm "$1/disk/ballast"; echo room
      "$2" "$3" "$1/disk/store.sqlite" 1000; echo status $?
      cp "$1"/disk/store.sqlite* "$1/"
      """
    let exercise = BuiltProgram.url("LogExercise").path(percentEncoded: false)
    let (_, lines) = try run(shell(script, [folder.path, exercise, kind]))
    let refusals = lines.filter { $0.hasPrefix("refused") }
    #expect(lines.filter { $0.hasPrefix("status") } == ["status 1", "status 1"])
    #expect(refusals.count == 2 && refusals.allSatisfy { $0.contains("the disk is full") })
    let room = try #require(lines.firstIndex(of: "room"))
    let second = lines[room...].filter { Int($0.prefix(4)) != nil }
    #expect(!second.isEmpty, "there was room again")
    try check(kind, lines)
  }

  @Test(
    "where a file may not grow, what was confirmed before is there", arguments: ["log", "inbox"])
  func limited(_ kind: String) throws {
    for bytes in [120_000, 300_000] {
      for name in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + name) }
      let (status, lines) = try run(
        BuiltProgram.process("LogExercise", [kind, path, "1", "\(bytes)"]))
      #expect(status == 1 && lines.last?.contains("the disk fails") == true)
      #expect(lines.count > 3)
      try check(kind, lines)
    }
  }

  /// Everything that a writer confirmed is in the store.
  private func check(_ kind: String, _ lines: [String]) throws {
    let confirmed = lines.flatMap { line in
      line.first?.isNumber == true ? line.split(separator: " ").compactMap { UInt64($0) } : []
    }
    switch kind {
    case "log":
      let found = try everything(path).compactMap { $0.serial.map(UInt64.init) }
      #expect(Set(confirmed.filter { $0 >= found[0] }).isSubset(of: found))
    case "outbox":
      let outbox = try StoredOutbox(path: path) { Issue.record("\($0)") }
      let found = try outbox.unreceived(after: .zero, limit: 10_000).map(\.position.sequence)
      let received = lines.compactMap { $0.hasPrefix("received ") ? UInt64($0.dropFirst(9)) : nil }
      #expect(Set(confirmed.filter { $0 > received.max() ?? 0 }).isSubset(of: found))
    default:
      let inbox = try StoredInbox(path: path) { Issue.record("\($0)") }
      let found = try inbox.accepted(after: 0, limit: 10_000).map(\.record.position.sequence)
      #expect(Set(confirmed.filter { $0 >= found[0] }).isSubset(of: found))
    }
  }

  @Test("a folder that may not be written refuses, by its name", .enabled(if: getuid() != 0))
  func readOnly() throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path)
    do {
      _ = try AlarmLog(path: path)
      Issue.record("a log where none may be")
    } catch { #expect(error.reason == .notAllowed && error.description.contains(path)) }
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
  }
}
