// The promise of streaming: whatever the steps, gaps and restarts, a stream's frames are those that the
// whole-window encoder computes over the same samples, bit for bit.

import Testing
import TestSupport

@testable import Inference

private let models: [Result<Model, any Error>] = [
  Result { try Model(folder: ModelFixture.tinyFolder) },
  Result { try Model(folder: TestData.repository + "/models/ecgclip-r18") },
]

private func noise(_ sampleCount: Int, seed: UInt64) -> [Int8] {
  var generator = SeededRandom(seed: seed)
  return (0..<sampleCount * 12).map { _ in Int8.random(in: -127...127, using: &generator) }
}

extension StreamingEncoder {
  /// Appends samples of `[time][12]` codes.
  fileprivate func append(_ codes: ArraySlice<Int8>) {
    for start in stride(from: codes.startIndex, to: codes.endIndex, by: 12) {
      append { row in
        for lead in 0..<12 { row[lead] = codes[start + lead] }
      }
    }
  }

  /// The newest frames, at most a window's, and their sums.
  fileprivate func newest(_ windowFrames: Int) -> (frames: [Int8], sums: [Int32]) {
    let count = min(frameCount, windowFrames)
    var sums = [Int32](repeating: -1, count: embeddingWidth)
    sum(frames: count, into: &sums)
    let channels = frameChannelCount
    return (Array(UnsafeBufferPointer(start: frames(count), count: count * channels)), sums)
  }
}

/// The newest complete frames of a stream and their sums, by the whole-window encoder.
private func expected(_ model: Model, _ codes: ArraySlice<Int8>) -> (frames: [Int8], sums: [Int32])
{
  let graph = model.graph
  let encoder = Encoder(model: model)
  let complete = graph.frameCount(sampleCount: codes.count / 12)
  let count = min(complete, graph.windowFrames)
  var sums = [Int32](repeating: 0, count: graph.embeddingWidth)
  guard count > 0 else { return ([], sums) }
  let first = codes.startIndex + (complete - count) * graph.frameStride * 12
  let samples = (count - 1) * graph.frameStride + graph.receptiveField
  let window = Array(codes[first..<first + samples * 12])
  #expect(encoder.encode(window, sampleCount: samples, into: &sums) == count)
  return (
    Array(UnsafeBufferPointer(start: encoder.frames, count: count * graph.frameChannels)), sums
  )
}

@Test(
  "any step from 10 ms to 10 s gives the bits of the whole window",
  arguments: [1, 7, 16, 100, 1000])
func anyStep(samplesPerStep: Int) throws {
  for model in try models.map({ try $0.get() }) {
    let codes = noise(2300, seed: UInt64(samplesPerStep))
    let encoder = StreamingEncoder(model: model)
    var taken = 0
    var compared = 0
    while taken < 2300 {
      let next = min(2300, taken + samplesPerStep)
      encoder.append(codes[taken * 12..<next * 12])
      encoder.advance()
      taken = next
      #expect(encoder.frameCount == model.graph.frameCount(sampleCount: taken))
      // All of them for long steps; every 97th for short ones, the first included.
      guard samplesPerStep > 50 || taken % 97 < samplesPerStep else { continue }
      let (frames, sums) = encoder.newest(model.graph.windowFrames)
      let whole = expected(model, codes[..<(taken * 12)])
      #expect(frames == whole.frames && sums == whole.sums, "after \(taken) samples")
      compared += frames.isEmpty ? 0 : 1
    }
    #expect(compared > 1)
  }
}

@Test("steps of any mixture and restarts at any moment leave no trace")
func mixedStepsAndRestarts() throws {
  var generator = SeededRandom(seed: 5)
  for model in try models.map({ try $0.get() }) {
    let encoder = StreamingEncoder(model: model)
    for _ in 0..<6 {
      let sampleCount = Int.random(in: 0...1400, using: &generator)
      let codes = noise(sampleCount, seed: generator.next())
      var taken = 0
      while taken < sampleCount {
        let next = min(sampleCount, taken + Int.random(in: 1...300, using: &generator))
        encoder.append(codes[taken * 12..<next * 12])
        if Bool.random(using: &generator) { encoder.advance() }
        taken = next
      }
      encoder.advance()
      let (frames, sums) = encoder.newest(model.graph.windowFrames)
      let whole = expected(model, codes[...])
      #expect(frames == whole.frames && sums == whole.sums)
      encoder.restart()
      #expect(encoder.frameCount == 0 && encoder.sampleCount == 0)
    }
  }
}

@Test("a second of signal costs at most an eighth of a window's multiply-accumulates")
func shareOfWork() throws {
  let graph = try models[1].get().graph
  func work(_ sampleCount: Int) -> Int {
    zip(graph.layers, graph.lengths(sampleCount: sampleCount)).reduce(0) {
      $0 + $1.1 * $1.0.outputChannels * $1.0.inputChannels * $1.0.kernel
    }
  }
  // Per second over 16 s, a whole number of frames.
  let perSecond = (work(graph.windowSamples + 1600) - work(graph.windowSamples)) / 16
  #expect(perSecond * 8 <= graph.multiplyAccumulates)
}

@Test("streaming allocates nothing", .enabled(if: allocationsAreCountable))
func streamingAllocatesNothing() throws {
  let model = try models[1].get()
  let codes = noise(1100, seed: 3)
  let encoder = StreamingEncoder(model: model)
  var sums = [Int32](repeating: 0, count: encoder.embeddingWidth)
  encoder.append(codes[...])
  encoder.advance()
  let allocations = countAllocations {
    for sample in 0..<300 {
      encoder.append { row in
        for lead in 0..<12 { row[lead] = codes[sample * 12 + lead] }
      }
    }
    encoder.advance()
    encoder.sum(frames: model.graph.windowFrames, into: &sums)
    encoder.restart()
  }
  #expect(allocations == 0)
}
