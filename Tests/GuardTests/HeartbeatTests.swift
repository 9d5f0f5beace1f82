// The heartbeat itself: what a monitor writes a guard reads, whatever else lies there is refused, and a beat costs
// nothing.

import Foundation
import RealTime
import TestSupport
import Testing

@testable import Guard

@Test("a guard reads what a monitor beats")
func beatsAreRead() throws {
  let folder = try TemporaryFolder()
  let path = folder.path + "/heartbeat"
  #expect(HeartbeatReader.read(path) == .absent)
  let file = try HeartbeatFile(path: path)
  let acquisition = file.pulse(of: .acquisition)
  let lamp = file.pulse(of: .lamp)
  for _ in 0..<7 { acquisition.beat() }
  lamp.beat()
  file.enter(.running)
  guard case .beat(let heartbeat) = HeartbeatReader.read(path) else {
    Issue.record("no heartbeat")
    return
  }
  #expect(heartbeat.turns == [.acquisition: 7, .lamp: 1])
  #expect(heartbeat.phase == .running && heartbeat.processID == getpid())
  #expect(HeartbeatReader.state(ofProcess: heartbeat.processID) == .present)
  // The next monitor puts its own in the place of this one, which may still be written to.
  let next = try HeartbeatFile(path: path)
  acquisition.beat()
  guard case .beat(let newer) = HeartbeatReader.read(path) else {
    Issue.record("no heartbeat")
    return
  }
  #expect(newer.startNanoseconds > heartbeat.startNanoseconds && newer.turns.isEmpty)
  withExtendedLifetime((file, next)) {}
}

@Test("nothing but a heartbeat passes for one", arguments: 0..<400)
func damage(_ seed: Int) throws {
  let folder = try TemporaryFolder()
  let path = folder.path + "/heartbeat"
  let file = try HeartbeatFile(path: path)
  _ = file.pulse(of: .processing)
  file.enter(.running)
  var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
  var random = SeededRandom(seed: UInt64(seed))
  switch seed % 4 {
  case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
  case 1: bytes += [0]
  case 2:
    // Any bit of the words that a run never changes.
    let bit = Int.random(in: 0..<4 * 64, using: &random)
    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
  default:
    for index in bytes.indices { bytes[index] = UInt8.random(in: 0...255, using: &random) }
  }
  try Data(bytes).write(to: URL(filePath: path))
  #expect(HeartbeatReader.read(path) == .unreadable)
}

@Test("a folder, a link or a pipe in its place is no heartbeat, and holds nobody up")
func otherThings() throws {
  let folder = try TemporaryFolder()
  #expect(HeartbeatReader.read(folder.path) == .unreadable)
  let pipe = folder.path + "/pipe"
  #expect(mkfifo(pipe, 0o600) == 0)
  #expect(HeartbeatReader.read(pipe) == .unreadable)
  let file = try HeartbeatFile(path: folder.path + "/heartbeat")
  #expect(symlink(folder.path + "/heartbeat", folder.path + "/link") == 0)
  #expect(HeartbeatReader.read(folder.path + "/link") == .unreadable)
  withExtendedLifetime(file) {}
}

@Test("a beat allocates nothing", .enabled(if: allocationsAreCountable))
func beatsAllocateNothing() throws {
  let folder = try TemporaryFolder()
  let pulse = try HeartbeatFile(path: folder.path + "/heartbeat").pulse(of: .processing)
  pulse.beat()
  #expect(countAllocations { for _ in 0..<1000 { pulse.beat() } } == 0)
  #expect(pulse.count == 1001)
}

@Test("every way to write a state folder's path means the same heartbeat, and two folders have two")
func places() throws {
  let folder = try TemporaryFolder()
  let other = try TemporaryFolder()
  let memory = try TemporaryFolder()
  #expect(symlink(folder.path, other.path + "/link") == 0)
  let place = try HeartbeatPlace.ofState(folder: folder.path, memory: memory.path)
  let same = [folder.path + "/", folder.path + "/../" + folder.path.split(separator: "/").last!]
  for path in same + [other.path + "/link"] {
    #expect(try HeartbeatPlace.ofState(folder: path, memory: memory.path) == place)
  }
  #expect(try HeartbeatPlace.ofState(folder: other.path, memory: memory.path) != place)
  #expect(throws: GuardError.self) {
    try HeartbeatPlace.ofState(folder: folder.path + "/missing", memory: memory.path)
  }
  #expect(HeartbeatPlace.ofService(environment: [:]) == nil)
  #expect(
    HeartbeatPlace.ofService(environment: ["RUNTIME_DIRECTORY": "/run/a:/run/b"])
      == "/run/a/heartbeat")
}
