// Every public recording beside the checkout, sample for sample and annotation for annotation as
// python-wfdb reads it (Tests/Peers/real_records.py).

import ECGSignal
import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite("Public recordings", .enabled(if: TestData.isPresent))
struct RealRecordTests {
  /// The databases that are here: scripts/fetch-data fetches some of them.
  static let databases = [
    "cinc2017", "cinc2021", "cpsc2018", "cpsc2021", "ludb", "mitdb", "nstdb", "ptbxl/native",
    "svdb",
  ].filter { FileManager.default.fileExists(atPath: TestData.path($0)) }
  static let expected = (try? Json.file("real-records.json").list) ?? []

  static func records(_ database: String) -> [Json] {
    expected.filter { $0["record"].text?.hasPrefix(database + "/") == true }
  }

  @Test("every sample is the one python-wfdb reads", arguments: databases)
  func samples(database: String) throws {
    let records = Self.records(database)
    #expect(!records.isEmpty)
    for record in records {
      let name = record["record"].text ?? ""
      let reader = try Recordings.open(TestData.path(name))
      #expect(reader.format.sampleRate == record["rate"].number)
      #expect(reader.sampleCount == record["samples"].integer)
      #expect(Digest.of(reader.comments.joined(separator: "\n").utf8) == record["comments"].text)
      let signals = record["signals"].list
      #expect(reader.format.channels.map(\.name) == signals.map { $0[0].text })
      #expect(
        reader.format.channels.map(\.microvoltsPerCode)
          == signals.map { 1000 / (Double($0[1].text ?? "") ?? .nan) })
      #expect(reader.format.channels.map { Int($0.baseline) } == signals.map { $0[2].integer })
      #expect(signals.allSatisfy { $0[3].text?.lowercased() == "mv" })
      let digests = try reader.readAll(chunk: 8192).map { Digest.of($0) }
      #expect(digests == signals.map { $0[4].text }, "\(name)")
    }
  }

  @Test("every annotation is the one python-wfdb reads", arguments: databases)
  func annotations(database: String) throws {
    for record in Self.records(database) {
      let name = record["record"].text ?? ""
      for file in record["annotations"].keys {
        let annotations = try AnnotationFile.read(TestData.path("\(name).\(file)"))
        let expected = record["annotations"][file]
        for symbol in expected[0].keys {
          let count = annotations.count { $0.symbol == symbol }
          #expect(count == expected[0][symbol].integer, "\(name).\(file) \(symbol)")
        }
        let numbers = annotations.flatMap {
          [$0.sample, Int($0.code), Int($0.subtype), Int($0.channel), Int($0.number)]
        }
        #expect(Digest.of(numbers) == expected[1].text, "\(name).\(file)")
        let text = annotations.map(\.auxiliary).joined(separator: "\n")
        #expect(Digest.of(text.utf8) == expected[2].text, "\(name).\(file)")
      }
    }
  }

  // The headers of the Challenge 2017 state 0 for every checksum.
  @Test("the records' own checksums agree", arguments: databases.filter { $0 != "cinc2017" })
  func checksums(database: String) throws {
    for path in try Recordings.list(TestData.path(database)) {
      try Recordings.open(path).verifyChecksums()
    }
  }

  @Test("the list of a database is the list of its headers")
  func listing() throws {
    for database in Self.databases {
      let expected = Self.records(database).compactMap { $0["record"].text }.sorted()
      #expect(
        try Recordings.list(TestData.path(database)) == expected.map { TestData.path($0) }.sorted())
    }
  }

  @Test("no sample lies beyond the range that its channel states", arguments: databases)
  func codeRanges(database: String) throws {
    for path in try Recordings.list(TestData.path(database)) {
      let reader = try Recordings.open(path)
      for (channel, codes) in zip(reader.format.channels, try reader.readAll(chunk: 8192)) {
        let outside = codes.count { $0 != SampleBlock.missing && !channel.codeRange.contains($0) }
        #expect(outside == 0, "\(path) \(channel.name) \(channel.codeRange)")
      }
    }
  }
}
