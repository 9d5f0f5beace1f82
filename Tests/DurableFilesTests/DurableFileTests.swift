// Power cuts at every step of a write, on a disk that loses, tears and reorders what was not brought to it; and the
// same steps on the system's own files, with errors at each.

import DurableFiles
import Foundation
import Glibc
import TestSupport
import Testing

/// A disk that keeps apart what programs see and what a power cut leaves. A name is brought to it by
/// `synchroniseFolder`, or at any time by itself; content by a write's own synchronisation, in pieces before.
private final class FragileDisk: FileSystem {
  struct PowerCut: Error {}
  /// File numbers by name, as programs see them and as they lie on the disk.
  var names: [String: Int] = [:]
  var namesOnDisk: [String: Int] = [:]
  /// Changes of names that the disk may have made or not, in order.
  var pending: [[String: Int]] = []
  var content: [Int: [UInt8]] = [:]
  private var nextNumber = 0
  /// Steps until the power goes.
  var stepsLeft = Int.max
  var steps = 0
  /// Fails the step of this number with this error instead.
  var failingStep: (number: Int, code: Int32)?
  var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  private(set) var isOff = false

  /// False once the power is gone: then nothing happens any more.
  private func step() throws(FileSystemError) -> Bool {
    if steps == failingStep?.number, let code = failingStep?.code {
      steps += 1
      throw FileSystemError(code: code)
    }
    steps += 1
    if steps > stepsLeft { isOff = true }
    return !isOff
  }

  func write(_ bytes: [UInt8], toNew path: String, mode: mode_t) throws(FileSystemError) {
    guard try step() else { return }
    nextNumber += 1
    let number = names[path] ?? nextNumber
    change { $0[path] = number }
    // Until it is synchronised, the disk has any part of it, the rest zeros.
    for length in [0, bytes.count / 2, bytes.count] {
      guard try step() else { return }
      let torn = Int.random(in: 0...length, using: &random)
      content[number] = Array(bytes[..<torn]) + [UInt8](repeating: 0, count: length - torn)
    }
    guard try step() else { return }
    content[number] = bytes
  }

  func rename(_ path: String, to place: String) throws(FileSystemError) {
    guard try step() else { return }
    change { names in
      names[place] = names[path]
      names[path] = nil
    }
  }

  func link(_ path: String, as name: String) throws(FileSystemError) {
    guard try step() else { return }
    if names[name] != nil { throw FileSystemError(code: EEXIST) }
    change { $0[name] = $0[path] }
  }

  func synchroniseFolder(of path: String) throws(FileSystemError) {
    guard try step() else { return }
    namesOnDisk = names
    pending = []
  }

  func remove(_ path: String) {
    if !isOff { change { $0[path] = nil } }
  }

  private func change(_ body: (inout [String: Int]) -> Void) {
    body(&names)
    pending.append(names)
  }

  /// What is read after a power cut: names as of any moment since they were synchronised.
  func afterPowerCut(_ path: String) -> [UInt8]? {
    let states = [namesOnDisk] + pending
    return states[Int.random(in: 0..<states.count, using: &random)][path].flatMap { content[$0] }
  }

  /// What is read by a program that was killed: the system has all that it was told.
  func afterKill(_ path: String) -> [UInt8]? { names[path].flatMap { content[$0] } }
}

private let old = Array("the old state\n".utf8)
private let new = Array("the new state, which is longer\n".utf8)

/// A disk on which the old state lies.
private func prepared(seed: UInt64) throws -> FragileDisk {
  let disk = FragileDisk(seed: seed)
  try DurableFile.write(old, to: "/state/file", on: disk)
  disk.steps = 0
  return disk
}

@Test("a power cut or a kill at any step leaves the old state or the new one", arguments: 0..<200)
func powerCut(_ seed: UInt64) throws {
  let whole = try prepared(seed: seed)
  try DurableFile.write(new, to: "/state/file", on: whole)
  #expect(whole.steps == 7)
  for stepsLeft in 0...whole.steps {
    let disk = try prepared(seed: seed)
    disk.stepsLeft = stepsLeft
    try? DurableFile.write(new, to: "/state/file", on: disk)
    let left = disk.afterPowerCut("/state/file")
    #expect(left == old || left == new, "after \(stepsLeft) steps")
    // Once the write has returned it is the new one.
    if stepsLeft == whole.steps { #expect(left == new) }
    let killed = disk.afterKill("/state/file")
    #expect(killed == old || killed == new, "killed after \(stepsLeft) steps")
    // The next program writes over whatever lies there.
    disk.stepsLeft = .max
  }
}

@Test("an error at any step is told, and leaves the old state or the new one", arguments: 0..<7)
func errors(_ number: Int) throws {
  for code in [ENOSPC, EIO, EROFS] {
    let disk = try prepared(seed: UInt64(number))
    disk.failingStep = (number, code)
    let error = #expect(throws: DurableFileError.self) {
      try DurableFile.write(new, to: "/state/file", on: disk)
    }
    #expect(error?.code == code && error?.description.contains("/state/file") == true)
    let left = disk.afterPowerCut("/state/file")
    #expect(left == old || left == new)
    #expect(disk.names["/state/file.new"] == nil, "a temporary file stays")
    // The disk works again: so does the next write.
    disk.failingStep = nil
    try DurableFile.write(new, to: "/state/file", on: disk)
    #expect(disk.afterPowerCut("/state/file") == new)
  }
}

@Test("on the system's own files: content, permissions, and nothing else in the folder")
func systemFiles() throws {
  let folder = try TemporaryFolder()
  let path = folder.path + "/state"
  for (bytes, mode) in [(old, mode_t(0o600)), (new, 0o644), ([], 0o600)] {
    try DurableFile.write(bytes, to: path, mode: mode)
    #expect([UInt8](try Data(contentsOf: URL(filePath: path))) == bytes)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == mode)
  }
  #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["state"])
  let error = #expect(throws: DurableFileError.self) {
    try DurableFile.write(old, to: path, replacing: false)
  }
  #expect(error?.code == EEXIST)
  #expect(try Data(contentsOf: URL(filePath: path)).isEmpty)
  let missing = #expect(throws: DurableFileError.self) {
    try DurableFile.write(old, to: folder.path + "/missing/state")
  }
  #expect(missing?.description.contains("create its folder first") == true)
}
