// Faults on an emulated line against what the decoders count: nothing is lost or invented unseen.

import ECGSignal
import FrontEnds
import Testing

@testable import SimulatedDevices

/// Runs a simulated patient over a faulty line into a decoder, in pieces of random size.
private struct LineRun {
  var sent = EmulatedFrontEnd.Sent()
  var counters = FrameCounters()
  /// Codes of channel 0 by sample index, as they arrived.
  var received: [Int64: Int32] = [:]
  var truth: [Int32] = []
  var gaps: Int64 = 0

  init(_ wireFormat: WireFormat, _ faults: LineFaults, blocks: Int) throws {
    samplesPerFrame = wireFormat == .bridge ? 5 : 1
    let patient = SimulatedPatient(
      script: try PatientScript(parsing: "nsr?noise=50"), sampleRate: 250)
    let line = EmulatedLine(format: patient.format, wireFormat: wireFormat, faults: faults)
    let decoder: any FrameDecoder =
      wireFormat == .bridge
      ? BridgeDecoder() : CytonDecoder(sampleRate: 250, usesHostTime: false)
    let source = SampleBlockStorage(channelCount: 8)
    let block = SampleBlockStorage(channelCount: 8)
    var generator = SeededGenerator(seed: faults.seed &+ 99)
    var bytes = Array(line.hello())
    for _ in 0..<blocks {
      _ = patient.fill(source.block, count: 5)
      for sample in 0..<5 { truth.append(source.block.channel(0)[sample]) }
      bytes += Array(line.frames(of: source.block))
      let piece = Int(generator.next() % UInt64(bytes.count + 1))
      feed(decoder, Array(bytes[..<piece]), block.block, isQuiet: false)
      bytes.removeFirst(piece)
    }
    feed(decoder, bytes, block.block, isQuiet: true)
    sent = line.sent
    counters = decoder.counters
  }

  /// Whether everything that arrived was sent, at its place. The stream begins with the first frame that
  /// arrives: those lost before it nobody can know of.
  var isTrue: Bool {
    (0..<10).contains { lostFirst in
      received.allSatisfy {
        let place = Int($0.key) + lostFirst * samplesPerFrame
        return place < truth.count && truth[place] == $0.value
      }
    }
  }

  var samplesPerFrame = 5

  private mutating func feed(
    _ decoder: any FrameDecoder, _ bytes: [UInt8], _ block: SampleBlock, isQuiet: Bool
  ) {
    var rest = bytes[...]
    repeat {
      let taken = rest.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: 0) }
      rest = rest.dropFirst(taken)
      var outcome = decoder.next(into: block, isQuiet: isQuiet && rest.isEmpty)
      while outcome != .needsBytes {
        if outcome == .samples { take(block) }
        block.header.pointee = SampleBlock.Header()
        outcome = decoder.next(into: block, isQuiet: isQuiet && rest.isEmpty)
      }
    } while !rest.isEmpty
  }

  private mutating func take(_ block: SampleBlock) {
    gaps += block.header.pointee.gapBefore
    for sample in 0..<Int(block.header.pointee.sampleCount) {
      received[block.header.pointee.firstIndex + Int64(sample)] = block.channel(0)[sample]
    }
  }
}

@Test("a faultless line loses and changes nothing", arguments: WireFormat.allCases)
func faultless(format: WireFormat) throws {
  let run = try LineRun(format, LineFaults(), blocks: 400)
  #expect(run.counters.samplesLost == 0)
  #expect(run.counters.framesCorrupt == 0)
  #expect(run.received.count == 2000)
  #expect(run.truth.indices.allSatisfy { run.received[Int64($0)] == run.truth[$0] })
}

@Test("every dropped frame is a gap of its length", arguments: WireFormat.allCases, [1, 2, 3])
func dropped(format: WireFormat, seed: UInt64) throws {
  let run = try LineRun(format, LineFaults(drop: 0.02, seed: seed), blocks: 1000)
  let samplesPerFrame: Int64 = format == .bridge ? 5 : 1
  #expect(run.sent.framesDropped > 10)
  // What is lost at the very end no later frame can tell.
  let untold = Int64(run.truth.count) - run.counters.samplesReceived - run.counters.samplesLost
  #expect(untold >= 0 && untold <= 2 * samplesPerFrame)
  #expect(run.counters.samplesLost == run.gaps)
  #expect(
    run.counters.samplesReceived == (run.sent.frames - run.sent.framesDropped) * samplesPerFrame)
  #expect(run.isTrue)
}

@Test("a repeated frame is dropped and counted", arguments: WireFormat.allCases)
func repeated(format: WireFormat) throws {
  let run = try LineRun(format, LineFaults(duplicate: 0.05, seed: 4), blocks: 600)
  #expect(run.sent.framesDuplicated > 10)
  #expect(run.counters.framesRepeated == run.sent.framesDuplicated)
  #expect(run.counters.samplesLost == 0)
  #expect(run.received.count == run.truth.count)
  #expect(run.isTrue)
}

@Test("no damaged bridge frame is believed, and each is a gap", arguments: [5, 6, 7])
func damagedBridge(seed: UInt64) throws {
  let run = try LineRun(
    .bridge, LineFaults(drop: 0.01, corrupt: 0.02, duplicate: 0.01, seed: seed), blocks: 2000)
  #expect(run.sent.framesCorrupted > 10)
  #expect(run.counters.framesCorrupt >= run.sent.framesCorrupted)
  #expect(run.isTrue)
  #expect(run.counters.samplesReceived == Int64(run.received.count))
  let untold = Int64(run.truth.count) - run.counters.samplesReceived - run.counters.samplesLost
  #expect(untold >= 0 && untold <= 20)
}

@Test("damage to a Cyton's framing costs that packet alone", arguments: [8, 9])
func damagedCyton(seed: UInt64) throws {
  let run = try LineRun(.cyton, LineFaults(corrupt: 0.01, seed: seed), blocks: 1000)
  #expect(run.sent.framesCorrupted > 20)
  // Only start, counter and stop bytes can be seen to be wrong: 3 of 33.
  #expect(run.counters.samplesLost <= run.sent.framesCorrupted)
  #expect(run.counters.samplesReceived + run.counters.samplesLost >= Int64(run.truth.count) - 2)
  #expect(run.counters.samplesReceived + run.counters.samplesLost <= Int64(run.truth.count))
}
