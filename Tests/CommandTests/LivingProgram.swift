// A program that runs while a test watches what it prints, and sends it signals and keys.

import CLinux
import Foundation
import Glibc
import Testing

/// `ecgclip` with some arguments, killed when nobody needs it any more.
final class LivingProgram {
  private let process: Process
  private let output: Int32
  private let input: Int32
  private var unread: [UInt8] = []
  /// A line that does not come in so long never will: the machine may be ten times busier than any.
  private static let patienceSeconds = 120.0

  /// Starts it with its output in a pipe.
  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    process = Run.process(arguments)
    process.environment?.merge(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.standardError
    output = dup(pipe.fileHandleForReading.fileDescriptor)
    input = -1
    try process.run()
    try? pipe.fileHandleForWriting.close()
  }

  /// Starts it on a terminal of its own.
  init(onTerminal arguments: [String], environment: [String: String] = [:]) throws {
    process = Run.process(arguments)
    process.environment?.merge(environment) { $1 }
    var name = [CChar](repeating: 0, count: 128)
    var slave: Int32 = -1
    output = clinux_pty_open(&name, name.count, &slave)
    input = output
    try #require(output >= 0)
    let terminal = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
    process.standardOutput = terminal
    process.standardInput = terminal
    process.standardError = terminal
    try process.run()
  }

  deinit {
    if process.isRunning { signal(SIGKILL) }
    process.waitUntilExit()
    close(output)
  }

  var processID: Int32 { process.processIdentifier }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Presses keys.
  func press(_ keys: String) {
    _ = Array(keys.utf8).withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
  }

  /// Asks it to end, and returns its status.
  func finish() -> Int32 {
    signal(SIGTERM)
    return ends()
  }

  /// Waits until it ends by itself, and returns its status.
  func ends() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Reads on until a line is what is looked for; the lines before it are gone. Throws when it ends before, or for long
  /// does not come.
  @discardableResult
  func line(where isIt: ([String: Any]) -> Bool) throws -> [String: Any] {
    let deadline = Date().addingTimeInterval(Self.patienceSeconds)
    while true {
      while let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let object = try? JSONSerialization.jsonObject(with: Data(unread[..<end]))
        unread.removeFirst(end + 1)
        if let object = object as? [String: Any], isIt(object) { return object }
      }
      try read(until: deadline)
    }
  }

  /// Reads on until its terminal has shown a text.
  func shows(_ text: String) throws {
    let deadline = Date().addingTimeInterval(Self.patienceSeconds)
    while !String(decoding: unread, as: UTF8.self).contains(text) {
      unread = unread.suffix(20_000)
      try read(until: deadline)
    }
    unread = []
  }

  /// Lets it run, whatever it prints, until something holds.
  func runs(until holds: () -> Bool) throws {
    let deadline = Date().addingTimeInterval(Self.patienceSeconds)
    while !holds() { try read(until: deadline) }
    unread = []
  }

  private func read(until deadline: Date) throws {
    try #require(deadline.timeIntervalSinceNow > 0, "nothing came in time")
    guard clinux_wait_readable(output, 100) != 0 else { return }
    var piece = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(output, &piece, piece.count)
    try #require(count > 0, "it ended")
    unread += piece[..<count]
  }
}
