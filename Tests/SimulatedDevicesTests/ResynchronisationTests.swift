// How soon a decoder is in step again: after each single burst of damage, of every kind and in every wire format, no
// more than two good frames are lost.

import ECGSignal
import FrontEnds
import TestSupport
import Testing

@testable import SimulatedDevices

/// Frames of a board, each with the samples that it carries.
private struct FrameRun {
  struct Frame {
    var bytes: [UInt8]
    /// Codes `[channel]` of each sample.
    var samples: [[Int32]]
  }

  let board: LineBoard
  private let channels: [Channel]
  /// What comes first: what the front-end tells of itself, where it does.
  private(set) var announcement: [UInt8] = []
  private(set) var frames: [Frame] = []

  init(_ board: LineBoard, count: Int, seed: UInt64) {
    self.board = board
    // OpenView 3 has a second channel at half the rate.
    channels = board.format == .openView3 ? Array(board.channels.prefix(1)) : board.channels
    let type = board.format.encoder
    let format = SignalFormat(
      sampleRate: board.converter.sampleRate ?? 500, channels: channels,
      provenance: .simulated, sourceName: "run")
    let encoder = type.init(format)
    var output = [UInt8](repeating: 0, count: type.frameByteCountMax)
    announcement = Array(output[..<encoder.announce(into: &output)])
    // The end of the line that was cut when the port was opened.
    if board.format == .text { announcement = Array("\r\n".utf8) }
    let storage = SampleBlockStorage(channelCount: channels.count)
    var random = SeededRandom(seed: seed)
    let perFrame = min(type.samplesPerFrameMax, 10)
    for frame in 0..<count {
      let codes = (0..<perFrame).map { sample in
        code(of: frame * perFrame + sample, &random)
      }
      for (sample, values) in codes.enumerated() {
        for (channel, value) in values.enumerated() {
          storage.block.channel(channel)[sample] = value
        }
      }
      storage.block.header.pointee.firstIndex = Int64(frame * perFrame)
      let written = encoder.encode(storage.block, samples: 0..<perFrame, into: &output)
      precondition(written > 0)
      frames.append(Frame(bytes: Array(output[..<written]), samples: codes))
    }
  }

  /// The first channel is the sample's number, the others are anything.
  private func code(of number: Int, _ random: inout SeededRandom) -> [Int32] {
    let range = board.converter.codeRange
    let span = UInt64(range.upperBound) - UInt64(max(0, range.lowerBound)) + 1
    return channels.indices.map {
      $0 == 0 ? Int32(number) : Int32(random.next() % min(span, 1 << 20))
    }
  }

  /// What a decoder gives of bytes that come in pieces of random size, and then no more.
  func decoded(_ bytes: [UInt8], _ random: inout SeededRandom) -> [[Int32]] {
    let decoder = board.format.decoder.init(
      WireSettings(
        sampleRate: board.converter.sampleRate ?? 500, channelCount: channels.count,
        usesHostTime: false))
    let storage = SampleBlockStorage(channelCount: channels.count)
    var samples: [[Int32]] = []
    var rest = (announcement + bytes)[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Int(random.next() % 200) + 1)
      let taken = piece.withUnsafeBytes { decoder.feed($0, arrivalNanoseconds: 0) }
      rest = rest.dropFirst(taken)
      while true {
        let outcome = decoder.next(into: storage.block, isQuiet: rest.isEmpty)
        if outcome == .needsBytes { break }
        guard outcome == .samples else { continue }
        for sample in 0..<Int(storage.block.header.pointee.sampleCount) {
          samples.append(channels.indices.map { storage.block.channel($0)[sample] })
        }
      }
    }
    return samples
  }
}

/// What a burst does to the bytes on the line.
private enum Damage: CaseIterable { case changed, missing, extra }

/// One burst of up to 64 bytes amid so many frames; returns the bytes and which frames it left as they were.
private func damaged(
  _ run: FrameRun, _ damage: Damage, _ random: inout SeededRandom
) -> (bytes: [UInt8], good: [Bool]) {
  var bytes: [UInt8] = []
  var spans: [Range<Int>] = []
  for frame in run.frames {
    spans.append(bytes.count..<bytes.count + frame.bytes.count)
    bytes += frame.bytes
  }
  // It begins in the middle third, so that what follows shows when the decoder is in step again.
  let begin = spans[run.frames.count / 3].lowerBound
  let end = spans[2 * run.frames.count / 3].lowerBound
  let first = begin + Int(random.next() % UInt64(end - begin))
  let count = 1 + Int(random.next() % 64)
  let noise = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  let hit = damage == .extra ? first..<first : first..<first + count
  bytes.replaceSubrange(hit, with: damage == .missing ? [] : noise)
  let good = spans.map { span in
    damage == .extra
      ? !(span.lowerBound < first && first < span.upperBound) : !span.overlaps(hit)
  }
  return (bytes, good)
}

@Test(
  "after each burst of damage at most two good frames are lost until the decoder is in step again",
  arguments: LineBoard.all + LineBoard.smallChips)
func resynchronisation(board: LineBoard) {
  var random = SeededRandom(seed: 7)
  for damage in Damage.allCases {
    for seed in UInt64(1)...150 {
      let run = FrameRun(board, count: 60, seed: seed)
      let (bytes, good) = damaged(run, damage, &random)
      let received = Set(run.decoded(bytes, &random))
      let lost = zip(run.frames, good).filter { frame, isGood in
        isGood && !frame.samples.allSatisfy(received.contains)
      }
      #expect(lost.count <= 2, "\(damage), seed \(seed): \(lost.count) frames")
    }
  }
}

@Test(
  "without damage every frame of these runs is read",
  arguments: LineBoard.all + LineBoard.smallChips)
func undamagedRun(board: LineBoard) {
  let run = FrameRun(board, count: 60, seed: 1)
  var random = SeededRandom(seed: 1)
  let received = run.decoded(run.frames.flatMap(\.bytes), &random)
  #expect(received == run.frames.flatMap(\.samples))
}
