// Every sample format and layout against python-wfdb and pyedflib, on synthetic recordings.

import ECGSignal
import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite("Synthetic recordings, as the peers read them")
struct FixtureTests {
  static let names = [
    "format16", "format24", "format32", "format61", "format80", "format160", "format212", "matlab",
    "files", "frames", "skewed", "defaults", "fixed", "varying", "plain.edf", "plain.bdf",
    "gaps.edf",
  ]

  @Test("every sample, rate, gain and baseline is the peer's", arguments: names)
  func equalsPeer(name: String) throws {
    let expected = try Json.file("expected.json")[name]
    let reader = try Recordings.open(Fixture.path(name))
    #expect(reader.format.sampleRate == expected["rate"].number)
    #expect(reader.sampleCount == expected["samples"].integer)
    #expect(reader.format.channels.count == expected["signals"].list.count)
    #expect(reader.format.provenance == .replay)
    for (channel, signal) in zip(reader.format.channels, expected["signals"].list) {
      if let name = signal[0].text { #expect(channel.name == name) }
      let unit = try #require(Voltage.microvolts(in: signal[3].text ?? "mV"))
      let microvolts = unit / signal[1].number
      // The peer's gain of EDF is a quotient of its own: equal to rounding.
      #expect((channel.microvoltsPerCode / microvolts - 1).magnitude < 1e-14)
      #expect(Int(channel.baseline) == signal[2].integer)
    }
    for chunk in [1, 7, 1000] {
      try reader.seek(to: 0)
      let codes = try reader.readAll(chunk: chunk)
      for (column, signal) in zip(codes, expected["signals"].list) {
        #expect(column.prefix(4).map { Int($0) } == signal[5].list.map(\.integer))
        #expect(Digest.of(column) == signal[4].text)
      }
    }
    if !expected["comments"].isNull {
      #expect(reader.comments == expected["comments"].list.map(\.text))
    }
  }

  @Test("a sample is the same wherever reading begins", arguments: names)
  func seeks(name: String) throws {
    let reader = try Recordings.open(Fixture.path(name))
    let whole = try reader.readAll()
    for start in Swift.stride(from: 0, through: reader.sampleCount, by: 13) {
      try reader.seek(to: start)
      #expect(try reader.readAll(chunk: 11) == whole.map { Array($0[start...]) })
    }
    #expect(throws: RecordingError.self) { try reader.seek(to: reader.sampleCount + 1) }
    #expect(throws: RecordingError.self) { try reader.seek(to: -1) }
  }

  @Test("EDF annotations are those that pyedflib reads", arguments: ["plain.edf", "plain.bdf"])
  func edfEvents(name: String) throws {
    let expected = try Json.file("expected.json")[name]["events"].list
    let reader = try #require(try Recordings.open(Fixture.path(name)) as? EDFReader)
    let events = try reader.events()
    #expect(events.map(\.text) == expected.map { $0[2].text })
    #expect(events.map(\.onsetSeconds) == expected.map { $0[0].number })
    #expect(events.map { $0.durationSeconds ?? -1 } == expected.map { $0[1].number })
    #expect(events.map(\.sample) == [100, 550])
    #expect(reader.skippedSignals.count == 2)
    #expect(reader.skippedSignals.allSatisfy { $0.contains("Resp") || $0.contains("V6 slow") })
  }

  @Test("annotations of every kind are those that python-wfdb reads, and survive writing")
  func annotations() throws {
    let annotations = try AnnotationFile.read(Fixture.path("marks.atr"))
    try expectEqual(annotations, try Json.file("expected.json")["marks.atr"])
    let folder = try TemporaryFolder()
    try AnnotationFile.write(annotations, to: folder.path + "/copy.atr")
    #expect(try AnnotationFile.read(folder.path + "/copy.atr") == annotations)
    if Python.readsWFDB {
      let peer = try Python.peer("read_annotations.py", folder.path + "/copy", "atr")
      try expectEqual(annotations, peer)
    }
  }

  private func expectEqual(_ annotations: [Annotation], _ expected: Json) throws {
    #expect(annotations.map(\.sample) == expected["sample"].list.map(\.integer))
    #expect(annotations.map(\.symbol) == expected["symbol"].list.map(\.text))
    #expect(annotations.map { Int($0.subtype) } == expected["subtype"].list.map(\.integer))
    #expect(annotations.map { Int($0.channel) } == expected["channel"].list.map(\.integer))
    #expect(annotations.map { Int($0.number) } == expected["number"].list.map(\.integer))
    #expect(annotations.map(\.auxiliary) == expected["auxiliary"].list.map(\.text))
  }

  @Test("the writer's checksums agree, and one wrong bit does not")
  func checksums() throws {
    for name in ["format16", "format24", "format32", "format80", "format212"] {
      try Recordings.open(Fixture.path(name)).verifyChecksums()
      let folder = try TemporaryFolder()
      try folder.write("\(name).hea", try Fixture.bytes("\(name).hea"))
      var bytes = try Fixture.bytes("\(name).dat")
      bytes[24] ^= 0x04  // a low byte in every format: the sum is one of 16 bits
      try folder.write("\(name).dat", bytes)
      let damaged = try Recordings.open(folder.path + "/" + name)
      #expect(throws: RecordingError.self) { try damaged.verifyChecksums() }
    }
  }

  @Test("a folder lists its records, not their segments")
  func listing() throws {
    let records = try Recordings.list(Fixture.folder)
    let names = records.map { $0.split(separator: "/").last.map(String.init) }
    for record in ["format16", "fixed", "varying", "plain.edf", "gaps.edf"] {
      #expect(names.contains(record))
    }
    for segment in ["s1", "s2", "s3", "s_layout"] { #expect(!names.contains(segment)) }
    #expect(records == records.sorted())
    #expect(try Recordings.list(Fixture.path("fixed.hea")) == [Fixture.path("fixed")])
    #expect(throws: RecordingError.self) { try Recordings.list(Fixture.path("nothing")) }
  }

  @Test("base time and date are read as UTC")
  func baseTime() throws {
    let time = try #require(try Recordings.open(Fixture.path("files")).baseTime)
    #expect(abs(time.timeIntervalSince1970 - 1_044_094_830.25) < 1e-6)
  }
}
