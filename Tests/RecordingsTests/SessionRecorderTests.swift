// The session's journal: read back exactly, by this room and by python-wfdb, at any moment and after
// any cut; and what it does when the disk is full.

import DurableFiles
import ECGSignal
import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite("Session recorder")
struct SessionRecorderTests {
  static let format = SignalFormat(
    sampleRate: 498.75,
    channels: [
      Channel(name: "ECG1", lead: .I, microvoltsPerCode: 0.022351741790771484),
      Channel(name: "V 2", lead: .V2, microvoltsPerCode: 1.0 / 3, baseline: -12),
      Channel(name: "V6", lead: .V6, microvoltsPerCode: 4.5 / 24 / 8_388_607 * 1e6, baseline: 7),
    ],
    provenance: .simulated, sourceName: "sim:nsr")

  /// A stream with gaps, missing codes and codes the format cannot hold, and what the file must hold.
  private struct Stream {
    var expected = [[Int32]](repeating: [], count: 3)
    var saturated: Int64 = 0
    private var random = SeededRandom(seed: 7)

    mutating func fill(_ block: SampleBlock, index: Int) {
      let count = 1 + index * 11 % SampleBlock.sampleCountMax
      block.header.pointee.sampleCount = Int32(count)
      block.header.pointee.gapBefore = index % 5 == 3 ? Int64(index * 17) : 0
      for channel in 0..<3 {
        let gap = Int(block.header.pointee.gapBefore)
        expected[channel] += Array(repeating: SampleBlock.missing, count: gap)
        for sample in 0..<count {
          var code = Int32.random(in: -8_388_607...8_388_607, using: &random)
          var stored = code
          switch Int.random(in: 0..<20, using: &random) {
          case 0: (code, stored) = (SampleBlock.missing, SampleBlock.missing)
          case 1: (code, stored, saturated) = (-8_388_608, -8_388_607, saturated + 1)
          case 2: (code, stored, saturated) = (1 << 30, 8_388_607, saturated + 1)
          default: break
          }
          block.channel(channel)[sample] = code
          expected[channel].append(stored)
        }
      }
    }
  }

  @Test(
    "an inverted channel, a chest lead against a limb and leads for watching are so when they are played"
  )
  func placements() throws {
    let folder = try TemporaryFolder()
    var format = Self.format
    var chest = Channel(name: "V3-RA", lead: .V3, microvoltsPerCode: -0.0223517)
    chest.limbReference = .rightArm
    format.channels = [
      Channel(name: "I", lead: .I, microvoltsPerCode: -0.0223517),
      Channel(name: "V1", lead: .V1, microvoltsPerCode: 0.0223517), chest,
    ]
    format.diagnosticLeads = .limb
    let recorder = try SessionRecorder(
      folder: folder.path, recordName: "watched", format: format, baseTime: nil, comments: [])
    let storage = SampleBlockStorage(channelCount: 3)
    storage.block.header.pointee.sampleCount = 1
    for channel in 0..<3 { storage.block.channel(channel)[0] = 1000 }
    try recorder.append(storage.block)
    try recorder.finish()
    let played = try Recordings.open(folder.path + "/watched").format
    #expect(played.diagnosticLeads == .limb)
    #expect(played.channels.map(\.lead) == [.I, .V1, .V3])
    #expect(played.channels.map(\.limbReference) == [nil, nil, .rightArm])
    #expect(played.channels.map(\.microvoltsPerCode) == format.channels.map(\.microvoltsPerCode))
  }

  @Test("a calibrated offset is in the baseline: readers see the microvolts that were shown")
  func calibratedOffset() throws {
    let folder = try TemporaryFolder()
    var format = Self.format
    format.channels[0].offsetMicrovolts = -250.3
    format.channels[1].offsetMicrovolts = 90
    let recorder = try SessionRecorder(
      folder: folder.path, recordName: "offset", format: format, baseTime: nil, comments: [])
    try recorder.finish()
    let read = try Recordings.open(folder.path + "/offset").format.channels
    for (shown, stored) in zip(format.channels, read) {
      let zero = shown.offsetMicrovolts - Double(shown.baseline) * shown.microvoltsPerCode
      let error = -Double(stored.baseline) * stored.microvoltsPerCode - zero
      #expect(abs(error) <= shown.microvoltsPerCode / 2 + 1e-9)
    }
  }

  @Test("what is recorded is read back bit for bit, before and after the end")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let base = Date(timeIntervalSince1970: 1_709_251_199.125)
    let recorder = try SessionRecorder(
      folder: folder.path + "/session", recordName: "rec-1_a", format: Self.format, baseTime: base,
      comments: ["front-end: test\nbench", "software: 1"])
    let path = folder.path + "/session/rec-1_a"
    #expect(try Recordings.open(path).sampleCount == 0)
    var stream = Stream()
    let storage = SampleBlockStorage(channelCount: 3)
    for index in 0..<40 {
      stream.fill(storage.block, index: index)
      try recorder.append(storage.block)
      if index % 8 == 0 {
        try recorder.synchronise()
        #expect(try Recordings.open(path).readAll() == stream.expected)
      }
    }
    #expect(recorder.saturatedCount == stream.saturated)
    #expect(try Recordings.open(path).baseTime == nil)
    let unfinished = try peer(path, stream)
    try recorder.finish()
    try recorder.finish()

    let reader = try Recordings.open(path)
    #expect(try reader.readAll() == stream.expected)
    try reader.verifyChecksums()
    #expect(reader.format.sampleRate == Self.format.sampleRate)
    #expect(reader.format.channels.map(\.name) == Self.format.channels.map(\.name))
    #expect(
      reader.format.channels.map(\.microvoltsPerCode)
        == Self.format.channels.map(\.microvoltsPerCode))
    #expect(reader.format.channels.map(\.baseline) == Self.format.channels.map(\.baseline))
    #expect(reader.baseTime == base)
    #expect(reader.comments.contains("simulated: true"))
    #expect(reader.comments.contains("front-end: test bench"))

    let finished = try peer(path, stream)
    if let finished {
      #expect(finished["checksumsAgree"].number == 1)
      #expect(finished["baseTime"].text == "23:59:59.125000")
      #expect(finished["baseDate"].text == "2024-02-29")
      #expect(unfinished != nil)
    }
  }

  /// Compares with python-wfdb, where there is one.
  private func peer(_ path: String, _ stream: Stream) throws -> Json? {
    guard Python.readsWFDB else { return nil }
    let read = try Python.peer("read_session.py", path)
    #expect(read["rate"].number == Self.format.sampleRate)
    #expect(read["names"].list.map(\.text) == Self.format.channels.map(\.name))
    #expect(read["baselines"].list.map(\.integer) == Self.format.channels.map { Int($0.baseline) })
    for (gain, channel) in zip(read["gains"].list, Self.format.channels) {
      #expect((1000 / gain.number / channel.microvoltsPerCode - 1).magnitude < 1e-15)
    }
    #expect(read["digests"].list.map(\.text) == stream.expected.map { Digest.of($0) })
    return read
  }

  @Test("the true rate is a comment, read back with all digits; the nominal one stays the record's")
  func measuredRate() throws {
    let folder = try TemporaryFolder()
    func recorded(_ name: String, _ format: SignalFormat, _ clock: ClockFit?) throws -> SignalFormat
    {
      let recorder = try SessionRecorder(
        folder: folder.path, recordName: name, format: format, baseTime: nil, comments: [])
      try recorder.finish(clock: clock)
      return try Recordings.open(folder.path + "/" + name).format
    }
    let fit = ClockFit(
      partsPerMillion: -123.456, uncertaintyPartsPerMillion: 1.2, residualMilliseconds: 2.4,
      spanSeconds: 1800)
    let fitted = try recorded("fitted", Self.format, fit)
    #expect(fitted.sampleRate == Self.format.sampleRate)
    #expect(fitted.measuredSampleRate == fit.sampleRate(nominal: Self.format.sampleRate))
    var calibrated = Self.format
    calibrated.measuredSampleRate = 498.7654321
    #expect(try recorded("calibrated", calibrated, nil).measuredSampleRate == 498.7654321)
    #expect(try recorded("none", Self.format, nil).measuredSampleRate == nil)
    // Nobody's oscillator is ten percent off: such a comment is not believed.
    calibrated.measuredSampleRate = 550
    #expect(try recorded("absurd", calibrated, nil).measuredSampleRate == nil)
  }

  @Test("a record cut at any byte is valid up to its last whole frame")
  func cutAnywhere() throws {
    let folder = try TemporaryFolder()
    var stream = Stream()
    let path = folder.path + "/cut"
    do {
      // Never finished: as a process that was killed leaves it.
      let recorder = try SessionRecorder(
        folder: folder.path, recordName: "cut", format: Self.format, baseTime: nil, comments: [])
      let storage = SampleBlockStorage(channelCount: 3)
      for index in 0..<4 {
        stream.fill(storage.block, index: index)
        try recorder.append(storage.block)
      }
    }
    let whole = stream.expected[0].count
    for cut in stride(from: whole * 9, to: (whole - 4) * 9, by: -1) {
      #expect(truncate(path + ".dat", cut) == 0)
      let expected = stream.expected.map { Array($0.prefix(cut / 9)) }
      #expect(try Recordings.open(path).readAll() == expected)
      if Python.readsWFDB && cut > (whole - 2) * 9 {
        let read = try Python.peer("read_session.py", path)
        #expect(read["digests"].list.map(\.text) == expected.map { Digest.of($0) })
      }
    }
  }

  @Test("python-wfdb reads the record", .enabled(if: Python.readsWFDB))
  func peerIsPresent() { #expect(Python.path != nil) }

  @Test("a record is never overwritten")
  func refusesExisting() throws {
    let folder = try TemporaryFolder()
    func begin(_ name: String) throws -> SessionRecorder {
      try SessionRecorder(
        folder: folder.path, recordName: name, format: Self.format, baseTime: nil, comments: [])
    }
    try begin("a").finish()
    let before = try Data(contentsOf: URL(filePath: folder.path + "/a.hea"))
    #expect(throws: RecordingError.self) { try begin("a") }
    #expect(try Data(contentsOf: URL(filePath: folder.path + "/a.hea")) == before)
    try folder.write("b.dat", "somebody's")
    #expect(throws: RecordingError.self) { try begin("b") }
    #expect(try String(contentsOfFile: folder.path + "/b.dat", encoding: .utf8) == "somebody's")
    for name in ["", "a/b", "..", "a b", "é"] {
      #expect(throws: RecordingError.self) { try begin(name) }
    }
  }

  @Test("a full disk is a typed error, the record stays valid and its time true")
  func diskFull() throws {
    let folder = try TemporaryFolder()
    let recorder = try SessionRecorder(
      folder: folder.path, recordName: "full", format: Self.format, baseTime: nil, comments: [])
    let storage = SampleBlockStorage(channelCount: 3)
    storage.block.header.pointee.sampleCount = 32
    for channel in 0..<3 { storage.block.channel(channel).update(repeating: 5, count: 32) }
    try recorder.append(storage.block)
    // A full disk takes a part of the last write and then says so.
    recorder.writeAll = { descriptor, bytes in
      let taken = write(descriptor, bytes.baseAddress, 100)
      errno = ENOSPC
      return taken
    }
    let error = #expect(throws: RecordingError.self) { try recorder.append(storage.block) }
    recorder.writeAll = SystemFiles.writeAll
    #expect(error?.description.contains("full.dat cannot be written") == true)
    #expect(error?.description.hasSuffix("free space on the disk.") == true)
    #expect(try Recordings.open(folder.path + "/full").sampleCount == 32)
    try recorder.append(storage.block)
    try recorder.finish()
    let codes = try Recordings.open(folder.path + "/full").readAll()
    let block = [Int32](repeating: 5, count: 32)
    let lost = [Int32](repeating: SampleBlock.missing, count: 32)
    #expect(codes == [[Int32]](repeating: block + lost + block, count: 3))
    try Recordings.open(folder.path + "/full").verifyChecksums()
  }
}
