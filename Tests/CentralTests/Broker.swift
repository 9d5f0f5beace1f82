// A real Mosquitto broker on this machine for one test, and mosquitto_sub as the reader that knows nothing of us.

import CLinux
import CMosquitto
import Foundation
import TestSupport
import Testing

/// Whether the broker, its clients and, for the processor that this was built for, their library are here:
/// `sudo apt install mosquitto mosquitto-clients`. The emulated ARM of `scripts/arm` has no such library.
let brokerIsHere: Bool = {
  let isHere = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto_sub"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
  }
  return isHere && cmosquitto_load() == nil
}()

/// Whether certificates can be made.
let opensslIsHere = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

/// Waits until something is so; the deadline is for a machine that does not get to it at all.
func eventually(_ isSo: () throws -> Bool) rethrows -> Bool {
  let end = clinux_monotonic_nanoseconds() + 120_000_000_000
  while clinux_monotonic_nanoseconds() < end {
    if try isSo() { return true }
    clinux_sleep_nanoseconds(5_000_000)
  }
  return false
}

/// A port of this machine that nobody listens to.
func freePort() -> UInt16 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  return withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      _ = bind(descriptor, $0, size)
      _ = getsockname(descriptor, $0, &size)
    }
    return UInt16(bigEndian: pointer.pointee.sin_port)
  }
}

final class Broker {
  let port = freePort()
  let folder: TemporaryFolder
  private var process: Process?
  private let configuration: String

  /// Writes the configuration; `extra` stands at its end.
  init(_ extra: String = "allow_anonymous true", isPersistent: Bool = true) throws {
    folder = try TemporaryFolder()
    // Started by root it would become another user, who cannot reach the folder.
    configuration = try folder.write(
      "mosquitto.conf",
      """
      user root
      listener \(port) 127.0.0.1
      persistence \(isPersistent)
      persistence_location \(folder.path)/
      max_queued_messages 0
      \(extra)

      """)
  }

  deinit { kill() }

  func start() throws {
    let process = Process()
    // The tests' threads block signals, and a child would, too.
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["--default-signal=TERM", "/usr/sbin/mosquitto", "-c", configuration]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    self.process = process
    let answers = eventually {
      let descriptor = clinux_stream_connect("127.0.0.1", port, 1000)
      if descriptor >= 0 { close(descriptor) }
      return descriptor >= 0
    }
    try #require(answers, "mosquitto does not start")
  }

  /// Without a word, as a power cut.
  func kill() { end(SIGKILL) }

  /// In order: what it knows is on the disk then.
  func stop() { end(SIGTERM) }

  private func end(_ signal: Int32) {
    guard let process else { return }
    Glibc.kill(process.processIdentifier, signal)
    process.waitUntilExit()
    self.process = nil
  }
}

/// `mosquitto_sub`: what it printed, line by line, as "TOPIC RETAINED PAYLOAD".
final class Subscriber {
  struct Line: Hashable {
    let topic: String
    let isRetained: Bool
    let payload: String
  }

  private let process = Process()
  private let output: String
  private let folder: TemporaryFolder

  init(
    port: UInt16, topic: String, _ arguments: [String] = [], host: String = "127.0.0.1"
  ) throws {
    folder = try TemporaryFolder()
    output = try folder.write("lines", "")
    process.executableURL = URL(filePath: "/usr/bin/mosquitto_sub")
    process.arguments =
      ["-h", host, "-p", "\(port)", "-q", "1", "-t", topic, "-F", "%t %r %p"] + arguments
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  func wait() { process.waitUntilExit() }

  var lines: [Line] {
    let text = String(
      decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
    // A line without its end is still being written.
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
      let parts = line.split(separator: " ", maxSplits: 2)
      return Line(
        topic: String(parts[0]), isRetained: parts[1] == "1",
        payload: parts.count > 2 ? String(parts[2]) : "")
    }
  }
}
