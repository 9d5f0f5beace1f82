// Damaged files, made from good ones by a seeded sequence of cuts, flips and splices: every one is read
// within its bounds or refused with a sentence, and none makes the reader crash or allocate by promise.

import ECGSignal
import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite("Damaged recordings")
struct MutationTests {
  /// Reads what can be read; returns whether the file was accepted.
  @discardableResult
  static func exercise(_ path: String) -> Bool {
    do throws(RecordingError) {
      let reader = try Recordings.open(path)
      let channels = reader.format.channels.count
      precondition(1...SignalFormat.channelCountMax ~= channels && reader.sampleCount >= 0)
      precondition(reader.format.sampleRate.isFinite && reader.format.sampleRate > 0)
      let stride = 64
      let codes = UnsafeMutablePointer<Int32>.allocate(capacity: stride * channels)
      defer { codes.deallocate() }
      for start in [0, reader.sampleCount / 2, max(0, reader.sampleCount - 40)] {
        try reader.seek(to: start)
        for count in [1, 63, 64] {
          let received = try reader.read(into: codes, stride: stride, count: count)
          precondition(0...count ~= received)
        }
      }
      if let edf = reader as? EDFReader { _ = try edf.events() }
      if reader.sampleCount < 10_000 { try? reader.verifyChecksums() }
      return true
    } catch {
      precondition(error.description.count > 20, "an error says what and why")
      return false
    }
  }

  static func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var result = bytes
    for _ in 0...Int.random(in: 0..<3, using: &random) where !result.isEmpty {
      let place = Int.random(in: 0..<result.count, using: &random)
      let end = min(result.count, place + Int.random(in: 1...8, using: &random))
      switch Int.random(in: 0..<6, using: &random) {
      case 0: result.removeLast(result.count - place)
      case 1: result[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: result[place] = UInt8.random(in: .min ... .max, using: &random)
      case 3: result.removeSubrange(place..<end)
      case 4: result.insert(contentsOf: bytes.suffix(end - place), at: place)
      default:
        let text = [
          "99999999", "-1", "0", " ", "1e308", "\n", "/", "x", "+", "9223372036854775807",
        ]
        result.insert(contentsOf: text.randomElement(using: &random)!.utf8, at: place)
      }
    }
    return result
  }

  @Test(
    "a damaged header or signal file",
    arguments: [
      "format16", "format24", "format80", "format212", "matlab", "files", "frames", "skewed",
      "fixed", "varying",
    ])
  func wfdb(name: String) throws {
    let folder = try TemporaryFolder()
    let parts = try FileManager.default.contentsOfDirectory(atPath: Fixture.folder).filter {
      $0.hasPrefix(name + ".") || $0.hasPrefix("files_") || $0.hasPrefix("s1.")
        || $0.hasPrefix("s2.") || $0.hasPrefix("s3.") || $0.hasPrefix("s_layout")
    }
    for part in parts { try folder.write(part, try Fixture.bytes(part)) }
    #expect(Self.exercise(folder.path + "/" + name))
    var random = SeededRandom(seed: UInt64(name.utf8.reduce(0) { $0 * 31 + Int($1) }))
    var accepted = 0
    for round in 0..<300 {
      let part = round % 3 == 0 ? parts.randomElement(using: &random)! : name + ".hea"
      let good = try Fixture.bytes(part)
      try folder.write(part, Self.mutate(good, &random))
      if Self.exercise(folder.path + "/" + name) { accepted += 1 }
      try folder.write(part, good)
    }
    #expect(1..<300 ~= accepted, "a mutation that is never or always accepted tests nothing")
  }

  @Test("a damaged EDF file", arguments: ["plain.edf", "plain.bdf", "gaps.edf"])
  func edf(name: String) throws {
    let folder = try TemporaryFolder()
    let good = try Fixture.bytes(name)
    var random = SeededRandom(seed: 11)
    var accepted = 0
    for round in 0..<600 {
      var damaged = good
      if round % 2 == 0 {
        // The header is a small part of the file: aim at it.
        let header = Self.mutate(Array(good.prefix(1536)), &random)
        damaged = header + good.dropFirst(1536)
      } else {
        damaged = Self.mutate(good, &random)
      }
      if Self.exercise(try folder.write(name, damaged)) { accepted += 1 }
    }
    #expect(1..<600 ~= accepted)
  }

  @Test("a damaged annotation file")
  func annotations() throws {
    let good = try Fixture.bytes("marks.atr")
    var random = SeededRandom(seed: 5)
    var accepted = 0
    for _ in 0..<3000 {
      let damaged = Self.mutate(good, &random)
      if let annotations = try? AnnotationFile.parse(damaged, path: "x.atr") {
        accepted += 1
        #expect(annotations.count <= damaged.count / 2)
        #expect(annotations.allSatisfy { !$0.symbol.isEmpty && $0.code <= Annotation.codeMax })
      }
    }
    #expect(1..<3000 ~= accepted)
  }

  @Test("announced sizes are not allocated")
  func hugePromises() throws {
    let folder = try TemporaryFolder()
    try folder.write("r.dat", [UInt8](repeating: 1, count: 100))
    try folder.write("r.hea", "r 1 100 1000000000000\nr.dat 16")
    #expect(!Self.exercise(folder.path + "/r"))
    // A gap of a trillion samples is legal and costs nothing until it is read.
    try folder.write("s.hea", "s 1 100 50\nr.dat 16")
    try folder.write("m.hea", "m/3 1 100\ns 50\n~ 1000000000000\ns 50")
    #expect(Self.exercise(folder.path + "/m"))
    let reader = try Recordings.open(folder.path + "/m")
    #expect(reader.sampleCount == 1_000_000_000_100)
    try reader.seek(to: 1_000_000_000_049)
    let code = UnsafeMutablePointer<Int32>.allocate(capacity: 2)
    defer { code.deallocate() }
    #expect(try reader.read(into: code, stride: 2, count: 2) == 2)
    #expect(code[0] == SampleBlock.missing && code[1] == 0x0101)
  }

  @Test("what is no regular file is refused and does not block")
  func specialFiles() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder.path + "/r.hea", 0o600) == 0)
    #expect(!Self.exercise(folder.path + "/r"))
    #expect(!Self.exercise(folder.path))
    try folder.write("z.hea", "z 1 100 10\nzero 16")
    #expect(symlink("/dev/zero", folder.path + "/zero") == 0)
    #expect(!Self.exercise(folder.path + "/z"))
  }
}
