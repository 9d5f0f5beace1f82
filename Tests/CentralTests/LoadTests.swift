// A flood of noise at a station. Short by default; ECGCLIP_NOISE_SECONDS makes it as long as docs/central.md reports.

import AlertLink
import CLinux
import Foundation
import RealTime
import Synchronization
import TestSupport
import Testing

@testable import Central

@Suite struct LoadTests {
  static func setting(_ name: String, _ usual: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
  }

  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func keys(_ count: Int) throws -> [LinkKey] {
    try (0..<count).map { index in
      try LinkKeyFile.read(
        LinkKeyFile.make(device: "bed-\(index)", at: folder.path, unixSeconds: 1).path)
    }
  }

  @Test("noise at the port opens nothing, costs no memory and a bounded share of the processor")
  func noise() throws {
    let lasting = Double(Self.setting("ECGCLIP_NOISE_SECONDS", 2))
    let keys = try keys(1)
    let station = try RunningStation(
      keyFolder: folder.path, inboxPath: folder.path + "/inbox.sqlite")
    try #require(station.trouble == nil)
    let device = try TestDevice(keys[0], to: loopback(station.port))
    #expect(device.turn { device.sender.isReachable })
    let flood = Flood(to: station.port, keyID: keys[0].id, seed: 1)
    // The first half second fills what is filled once.
    let start = seconds()
    while seconds() - start < 0.5 { device.step() }
    let residentBefore = clinux_resident_bytes()
    while seconds() - start < 0.5 + lasting {
      device.step()
      clinux_sleep_nanoseconds(2_000_000)
    }
    let resident = clinux_resident_bytes()
    let elapsed = seconds() - start
    let sent = flood.stop()
    // The device gets through again, and its alert with it.
    device.sender.tell(alert("asystole"), at: seconds())
    #expect(device.turn { station.json("alert").count == 1 })
    let end = station.stop()
    let counters = try #require(end.counters)
    let growth = Int64(resident) - Int64(residentBefore)
    #expect(growth < 8 << 20, "\(growth) bytes")
    let taken = Double(counters.link.foreign + counters.link.forged) + Double(counters.refused)
    #expect(taken <= (elapsed + 10) * SourceLimits.perSecond)
    #expect(
      Double(counters.link.foreign + counters.link.forged)
        <= (elapsed + 10) * SourceLimits.perSourceAndSecond)
    Self.report(
      "noise for \(Int(elapsed)) s: \(sent) datagrams sent, \(Int(taken)) taken, "
        + "\(counters.refused) of them not looked at, station's thread "
        + "\(Int(end.cpuSeconds / elapsed * 1000)) ms a second, memory \(growth / 1024) KiB more")
  }

  /// Numbers for the documentation, where somebody asked for a long run.
  static func report(_ text: String) {
    let asked = ProcessInfo.processInfo.environment["ECGCLIP_NOISE_SECONDS"]
    if asked != nil { FileHandle.standardError.write(Data((text + "\n").utf8)) }
  }
}

/// A thread that sends noise as fast as it can: random bytes of random lengths, every fourth with the beginning of a
/// genuine datagram, so that it is decrypted before it is found out.
final class Flood: Sendable {
  private struct State {
    var isStopping = false
    var sent: Int?
  }

  private let state = Mutex(State())

  init(to port: UInt16, keyID: UInt32, seed: UInt64) {
    _ = RealTimeThread(name: "flood", priority: nil) { [self] in
      var local = clinux_endpoint()
      let descriptor = clinux_datagram_open(&local, 1 << 16)
      defer { close(descriptor) }
      var to = clinux_endpoint()
      clinux_endpoint_resolve("127.0.0.1", port, &to)
      var random = SeededRandom(seed: seed)
      var sent = 0
      while !state.withLock(\.isStopping) {
        var bytes: [UInt8] = []
        if random.next() % 4 == 0 {
          bytes = [1, 1] + (0..<4).map { UInt8(truncatingIfNeeded: keyID >> UInt32(24 - 8 * $0)) }
        }
        for _ in 0..<random.next() % 1400 { bytes.append(UInt8(truncatingIfNeeded: random.next())) }
        for _ in 0..<32 {
          if clinux_datagram_send(descriptor, bytes, bytes.count, &to) == 0 { sent += 1 }
        }
      }
      let total = sent
      state.withLock { $0.sent = total }
    }
  }

  func stop() -> Int {
    state.withLock { $0.isStopping = true }
    _ = eventually { state.withLock { $0.sent != nil } }
    return state.withLock { $0.sent ?? 0 }
  }
}
