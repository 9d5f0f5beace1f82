// The encoder as a whole: the promise on which the streaming encoder will stand (a frame depends on its
// own samples alone), the arena, and what a call costs the allocator.

import Testing
import TestSupport

@testable import Inference

private let tiny = Result { try Model(folder: ModelFixture.tinyFolder) }

private func noise(_ sampleCount: Int, seed: UInt64) -> [Int8] {
  var generator = SeededRandom(seed: seed)
  return (0..<sampleCount * 12).map { _ in Int8.random(in: -100...100, using: &generator) }
}

/// Encodes samples of an input and returns the frames `[frame][channel]` and their sum.
private func encode(
  _ encoder: Encoder, _ input: [Int8], from first: Int = 0, count: Int
) -> (frames: [Int8], embedding: [Int32], frameCount: Int) {
  var embedding = [Int32](repeating: -1, count: encoder.embeddingWidth)
  let frameCount = input.withUnsafeBufferPointer { codes in
    guard let start = codes.baseAddress else { return 0 }
    return encoder.encode(start + first * 12, sampleCount: count, into: &embedding)
  }
  let frames = UnsafeBufferPointer(
    start: encoder.frames, count: frameCount * encoder.embeddingWidth)
  return (Array(frames), embedding, frameCount)
}

@Test("a frame depends on its own samples alone: any window over them gives the same bits")
func framesAgreeBetweenWindows() throws {
  let model = try tiny.get()
  let graph = model.graph
  let sampleCount = 400
  let input = noise(sampleCount, seed: 1)
  let encoder = Encoder(model: model, sampleCountMax: sampleCount)
  let whole = encode(encoder, input, count: sampleCount)
  #expect(whole.frameCount == graph.frameCount(sampleCount: sampleCount))
  let window = Encoder(model: model)
  let width = graph.embeddingWidth
  for frame in 0...(whole.frameCount - graph.windowFrames) {
    let part = encode(
      window, input, from: frame * graph.frameStride, count: graph.windowSamples)
    let same = whole.frames[frame * width..<(frame + graph.windowFrames) * width]
    #expect(part.frames == Array(same), "window at frame \(frame)")
  }
}

@Test("the embedding is the sum of the frames, and a short input has the frames that fit")
func shortInputs() throws {
  let model = try tiny.get()
  let graph = model.graph
  let encoder = Encoder(model: model)
  let input = noise(graph.windowSamples, seed: 2)
  for count in 0...graph.windowSamples {
    let result = encode(encoder, input, count: count)
    #expect(result.frameCount == graph.frameCount(sampleCount: count))
    for channel in 0..<graph.embeddingWidth {
      let codes = (0..<result.frameCount).map {
        Int32(result.frames[$0 * graph.embeddingWidth + channel])
      }
      #expect(result.embedding[channel] == codes.reduce(0, +))
    }
  }
}

@Test("outputs that live at the same time share no byte of the arena")
func arenaPlan() throws {
  let graph = try tiny.get().graph
  let plan = ArenaPlan(graph, sampleCount: graph.windowSamples)
  let lengths = graph.lengths(sampleCount: graph.windowSamples)
  let bytes = graph.layers.indices.map { index in
    plan.offsets[index]..<plan.offsets[index] + lengths[index] * graph.layers[index].outputChannels
  }
  // While layer n runs, its output must be apart from whatever it or a later layer still reads.
  for running in graph.layers.indices {
    for earlier in 0..<running {
      let isReadLater = graph.layers[running...].contains {
        $0.input == .layer(earlier) || $0.skip == .layer(earlier)
      }
      if isReadLater { #expect(!bytes[running].overlaps(bytes[earlier])) }
    }
    #expect(bytes[running].upperBound <= plan.byteCount)
  }
  #expect(plan.byteCount < bytes.reduce(0) { $0 + $1.count }, "nothing is shared")
}

@Test("encoding and evaluating allocate nothing", .enabled(if: allocationsAreCountable))
func encodingAllocatesNothing() throws {
  let model = try tiny.get()
  let encoder = Encoder(model: model)
  let head = StatementHead(model: model)
  let input = noise(model.graph.windowSamples, seed: 3)
  var embedding = [Int32](repeating: 0, count: model.graph.embeddingWidth)
  var logits = [Double](repeating: 0, count: model.statements.count)
  func run() {
    let frames = encoder.encode(input, sampleCount: model.graph.windowSamples, into: &embedding)
    head.evaluate(embedding, frames: frames, leads: .twelve, into: &logits)
  }
  run()
  #expect(countAllocations { run() } == 0)
}

@Test("a logit of 0 is a probability of one half, and large ones saturate without overflow")
func probabilities() {
  #expect(StatementHead.probability(0) == 0.5)
  #expect(abs(StatementHead.probability(1.0986122886681098) - 0.75) < 1e-15)
  #expect(StatementHead.probability(-1000) == 0)
  #expect(StatementHead.probability(1000) == 1)
}
