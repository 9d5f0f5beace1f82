// What systemd hears, on real sockets of both kinds of address.

import Glibc
import RealTime
import TestSupport
import Testing

@testable import Guard

/// A service manager's end of its socket.
private final class ManagerSocket {
  let descriptor: Int32
  let address: String

  /// A socket at an address as `NOTIFY_SOCKET` has it.
  init(_ address: String) {
    self.address = address
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var place = sockaddr_un()
    place.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(address.utf8)
    let isAbstract = bytes[0] == UInt8(ascii: "@")
    if isAbstract { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(2 + bytes.count + (isAbstract ? 0 : 1))
    let status = withUnsafePointer(to: place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    precondition(descriptor >= 0 && status == 0)
  }

  deinit { close(descriptor) }

  /// All datagrams that have arrived.
  func take() -> [String] {
    var found: [String] = []
    var bytes = [UInt8](repeating: 0, count: 256)
    while case let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT)),
      count >= 0
    {
      found.append(String(decoding: bytes[..<count], as: UTF8.self))
    }
    return found
  }
}

private func manager(
  _ socket: ManagerSocket, _ more: [String: String] = [:]
) throws -> ServiceManager {
  let environment = ["NOTIFY_SOCKET": socket.address].merging(more) { $1 }
  return try #require(try ServiceManager(environment: environment))
}

@Test(
  "a service manager hears start and end, by a path and by an abstract name",
  arguments: [true, false])
func hearsStartAndEnd(isAbstract: Bool) throws {
  let folder = try TemporaryFolder()
  let name =
    isAbstract
    ? "@ecgclip-test-\(getpid())-\(UInt32.random(in: 0...(.max)))" : folder.path + "/notify"
  let socket = ManagerSocket(name)
  let life = SignsOfLife(manager: try manager(socket))
  #expect(socket.take() == [])
  life.begin()
  #expect(socket.take() == ["READY=1"])
  // A manager that does not watch hears nothing of the loops.
  life.processingTurned()
  #expect(socket.take() == [])
  life.end(inOrder: true)
  #expect(socket.take() == ["STOPPING=1"])
}

@Test("the watchdog is fed at half its time, and only when every loop has turned since")
func watchdog() throws {
  let folder = try TemporaryFolder()
  let socket = ManagerSocket(folder.path + "/notify")
  let manager = try manager(socket, ["WATCHDOG_USEC": "2000000"])
  #expect(manager.watchdogSeconds == 2)
  let heartbeat = HeartbeatFile()
  let loops = [WatchedLoop.acquisition, .processing, .sound].map { heartbeat.pulse(of: $0) }
  let watchdog = try #require(LoopWatchdog(manager, pulses: loops))
  func turn(_ seconds: Double, beating: Set<Int> = [0, 1, 2]) -> Int {
    for index in beating { loops[index].beat() }
    watchdog.turn(at: UInt64(seconds * 1e9))
    return socket.take().filter { $0 == "WATCHDOG=1" }.count
  }
  #expect(turn(10) == 1)
  #expect(turn(10.5) == 0)
  #expect(turn(11) == 1)
  // One loop after the other stands still: not a word, until it turns.
  for still in 0..<3 {
    let start = 20 + Double(still) * 10
    let rest = Set([0, 1, 2]).subtracting([still])
    #expect(turn(start) == 1)
    for step in 1..<50 { #expect(turn(start + Double(step) / 10, beating: rest) == 0) }
    #expect(turn(start + 5) == 1)
  }
}

@Test("a watchdog of another process, or of none, is not fed")
func othersWatchdog() throws {
  let folder = try TemporaryFolder()
  let socket = ManagerSocket(folder.path + "/notify")
  let own = "\(getpid())"
  func seconds(_ more: [String: String]) throws -> Double? {
    try manager(socket, more).watchdogSeconds
  }
  #expect(try seconds(["WATCHDOG_USEC": "500000", "WATCHDOG_PID": own]) == 0.5)
  #expect(try seconds(["WATCHDOG_USEC": "500000", "WATCHDOG_PID": "1"]) == nil)
  #expect(try seconds(["WATCHDOG_USEC": "0"]) == nil)
  #expect(try seconds(["WATCHDOG_USEC": "soon"]) == nil)
  #expect(try seconds([:]) == nil)
  #expect(try ServiceManager(environment: [:]) == nil)
}

@Test(
  "a manager that cannot be reached is told by its address",
  arguments: ["/nowhere/notify", "relative", "@", "/" + String(repeating: "long", count: 40)])
func unreachable(_ address: String) {
  let error = #expect(throws: GuardError.self) {
    try ServiceManager(environment: ["NOTIFY_SOCKET": address])
  }
  #expect(error?.description.contains("'\(address)'") == true)
}

@Test("a turn allocates nothing and waits for no manager", .enabled(if: allocationsAreCountable))
func turnsAllocateNothing() throws {
  let folder = try TemporaryFolder()
  let socket = ManagerSocket(folder.path + "/notify")
  // So often that the socket, which nobody reads meanwhile, is full.
  let life = SignsOfLife(manager: try manager(socket, ["WATCHDOG_USEC": "2"]))
  let acquisition = life.pulse(of: .acquisition)
  life.begin()
  func turns(_ count: Int) {
    for _ in 0..<count {
      acquisition.beat()
      life.processingTurned()
    }
  }
  turns(10)
  #expect(countAllocations { turns(5000) } == 0)
  #expect(socket.take().filter { $0 == "WATCHDOG=1" }.count > 1)
}
