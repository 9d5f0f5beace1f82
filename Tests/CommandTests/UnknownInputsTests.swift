// A front-end that neither tells what its inputs are on nor can be told: whoever monitors it is told that, once.

import CLinux
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct UnknownInputsTests {
  /// A port of this machine that nobody listens at.
  private static func freePort() -> UInt16 {
    let listening = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(listening) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
        precondition(bind(listening, general, length) == 0)
        precondition(getsockname(listening, general, &length) == 0)
      }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  private func inputWarnings(_ run: Run) -> [String] {
    ((run.lines.last?["warnings"] as? [String]) ?? []).filter {
      $0.contains("inputs cannot be known")
    }
  }

  @Test(
    "a line that takes no commands and tells nothing is told of once, at the start",
    arguments: ["text", "cyton", "ads1298", "healthypi-v4"])
  func told(format: String) async throws {
    let port = Self.freePort()
    let emulator = Run.process([
      "emulate", "--simulation", "nsr", "--format", format, "--udp", "127.0.0.1:\(port)",
    ])
    emulator.standardError = FileHandle.nullDevice
    emulator.standardOutput = FileHandle.nullDevice
    emulator.standardInput = FileHandle.nullDevice
    try emulator.run()
    defer {
      emulator.terminate()
      emulator.waitUntilExit()
    }
    let run = try await Run(
      waitingFor: [
        "monitor", "--source", "udp:\(port)?format=\(format)", "--seconds", "1",
        "--json", "--unit", "test",
      ])
    #expect(run.status == 0, "\(run.complaint)")
    #expect(inputWarnings(run).count == 1)
    let problems = run.lines.filter {
      ($0["message"] as? String)?.contains("inputs cannot be known") == true
    }
    #expect(problems.count == 1 && problems.first?["time"] as? Double == 0)
  }

  @Test("a bridge tells what its inputs are on, and what is emulated is nobody's heart")
  func notTold() async throws {
    let bridge = LiveBridge("inputs", namesUnit: true)
    let live = try await Run(
      waitingFor: [
        "monitor", "--source", "udp:127.0.0.1:\(bridge.port)?format=bridge", "--seconds", "1",
        "--json",
      ])
    #expect(live.status == 0 && inputWarnings(live).isEmpty, "\(live.complaint)")
    let emulator = try Emulator("--format", "text", "--simulation", "nsr")
    let emulated = try await Run(
      waitingFor: [
        "monitor", "--source", "serial:\(emulator.port)?format=text", "--seconds", "1", "--json",
      ])
    #expect(emulated.status == 0 && inputWarnings(emulated).isEmpty, "\(emulated.complaint)")
  }
}
