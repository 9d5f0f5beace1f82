// Runs the program that was built beside these tests.

import Foundation
import TestSupport
import Testing

/// What a run of `ecgclip` left behind.
struct Run {
  let status: Int32
  let output: String
  let complaint: String

  /// Runs the program that was built beside these tests.
  init(_ arguments: String...) throws { try self.init(arguments: arguments) }

  /// The same with more in its environment.
  init(arguments: [String], environment: [String: String] = [:]) throws {
    let (process, output, complaint) = Self.piped(arguments, environment)
    try process.run()
    try self.init(started: process, output, complaint)
  }

  /// The same without holding up other tests meanwhile; for little output.
  init(waitingFor arguments: [String], environment: [String: String] = [:]) async throws {
    let (process, output, complaint) = Self.piped(arguments, environment)
    try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in ended.resume() }
      do { try process.run() } catch { ended.resume(throwing: error) }
    }
    try self.init(started: process, output, complaint)
  }

  /// What a process leaves behind, once it has ended.
  private init(started process: Process, _ output: Pipe, _ complaint: Pipe) throws {
    // Complaints are a sentence: only the output can fill its pipe.
    self.output = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    self.complaint = String(
      decoding: try complaint.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }

  private static func piped(
    _ arguments: [String], _ environment: [String: String]
  ) -> (Process, output: Pipe, complaint: Pipe) {
    let process = process(arguments)
    let (output, complaint) = (Pipe(), Pipe())
    process.environment?.merge(environment) { $1 }
    process.standardOutput = output
    process.standardError = complaint
    process.standardInput = FileHandle.nullDevice
    return (process, output, complaint)
  }

  /// The program that was built beside these tests.
  static let program = BuiltProgram.url("ecgclip")

  /// A program that was built beside these tests, not started yet.
  static func process(_ arguments: [String], program name: String = "ecgclip") -> Process {
    let process = BuiltProgram.process(name, arguments)
    // What it keeps of live sources is nobody else's.
    let state = NSTemporaryDirectory() + "ecgclip-state-" + UUID().uuidString
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["ECGCLIP_HOME": TestData.repository, "XDG_STATE_HOME": state]
    ) { $1 }
    return process
  }

  var lines: [[String: Any]] {
    output.split(separator: "\n").compactMap {
      try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
  }

  /// The output as one JSON object.
  func object() throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
  }

  /// Whether it ended with 2 and one sentence that holds all these words.
  func refused(_ words: String...) -> Bool {
    status == 2 && complaint.split(separator: "\n").count == 1 && output.isEmpty
      && words.allSatisfy { complaint.contains($0) }
  }
}

/// A folder of its own for a test, which removes it.
func temporaryFolder() throws -> String {
  let url = FileManager.default.temporaryDirectory.appending(path: "ecgclip-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  return url.path(percentEncoded: false)
}
