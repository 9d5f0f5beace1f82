// What a model that was accepted must bear, whoever wrote its file: every set of kernels encodes any input to
// the same codes within every layer's range, a stream gives the same sums, and what the head and the
// preprocessing make of it are numbers. Shared by the test of flipped bits and the fuzzer; under a sanitizer it
// also says that no byte beyond the memory was touched.

import ECGSignal
import Inference

/// A promise that a model broke, in words.
public struct BrokenPromise: Error, CustomStringConvertible {
  public let description: String
}

/// Runs a model that was accepted over noise and extremes.
public struct ModelExercise {
  private let model: Model
  private let inputs: [[Int8]]

  /// A window each of noise, of the largest code and of a square wave.
  public init(_ model: Model) {
    self.model = model
    let count = model.graph.windowSamples * 12
    var state: UInt32 = 1
    let noise = (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int8(Int(state >> 24) * 254 / 255 - 127)
    }
    let square = (0..<count).map { index in Int8(index / 12 % 2 == 0 ? 127 : -127) }
    inputs = [noise, [Int8](repeating: 127, count: count), square]
  }

  /// Throws the first promise that is broken.
  public func run() throws {
    switch model.arithmetic {
    case .int8: for input in inputs { try encode(input) }
    case .float: for input in inputs { try encodeFloats(input) }
    }
    try preprocess()
  }

  private func encode(_ input: [Int8]) throws {
    let graph = model.graph
    var reference: [Int32]?
    for kernels in KernelSet.available.reversed() {
      let encoder = Encoder(model: model, kernels: kernels)
      var sums = [Int32](repeating: 0, count: graph.embeddingWidth)
      let frames = encoder.encode(input, sampleCount: graph.windowSamples, into: &sums)
      try expect(frames == graph.windowFrames, "\(kernels) gives \(frames) frames")
      try expect(reference == nil || reference == sums, "\(kernels) gives other sums")
      reference = sums
      try checkCodes(encoder, input)
    }
    let sums = reference ?? []
    try judge { head, logits in
      head.evaluate(sums, frames: graph.windowFrames, leads: .twelve, into: &logits)
    }
    if graph.isStreamable { try stream(input, sums) }
  }

  /// Layer by layer, since outputs use the arena in turn.
  private func checkCodes(_ encoder: Encoder, _ input: [Int8]) throws {
    for (index, layer) in model.graph.layers.enumerated() {
      encoder.run(layer: index, input: input, sampleCount: model.graph.windowSamples)
      let (codes, length) = encoder.output(layer: index)
      let output = UnsafeBufferPointer(start: codes, count: length * layer.outputChannels)
      try expect(
        output.allSatisfy { layer.codes.contains(Int($0)) },
        "\(encoder.kernelName): layer \(layer.name) leaves \(layer.codes)")
    }
  }

  private func stream(_ input: [Int8], _ expected: [Int32]) throws {
    let stream = StreamingEncoder(model: model)
    for sample in 0..<model.graph.windowSamples {
      stream.append { row in
        for lead in 0..<12 { row[lead] = input[sample * 12 + lead] }
      }
      if sample % 37 == 0 { stream.advance() }
    }
    stream.advance()
    var sums = [Int32](repeating: 0, count: expected.count)
    stream.sum(frames: model.graph.windowFrames, into: &sums)
    try expect(sums == expected, "a stream gives other sums")
  }

  /// Floats of any size may overflow to infinity: a probability that is not a number is not assessed.
  private func encodeFloats(_ input: [Int8]) throws {
    let encoder = try FloatEncoder(model: model)
    var features = [Double](repeating: 0, count: encoder.featureCount)
    let frames = encoder.encode(input, sampleCount: model.graph.windowSamples, into: &features)
    try expect(frames == model.graph.windowFrames, "floats give \(frames) frames")
  }

  private func judge(_ evaluate: (StatementHead, inout [Double]) -> Void) throws {
    let head = StatementHead(model: model)
    var logits = [Double](repeating: .nan, count: head.statementCount)
    evaluate(head, &logits)
    try expect(logits.allSatisfy(\.isFinite), "a logit is not finite")
  }

  /// Half a second of constants, of the largest floats and of zeros.
  private func preprocess() throws {
    let quantiser = InputQuantiser(model.graph)
    for microvolts: Float in [1000, .greatestFiniteMagnitude, 0] {
      let preprocessor = try Preprocessor(model.preprocessing, sampleRate: 500)
      preprocessor.restart(leads: .twelve)
      let row = [Float](repeating: microvolts, count: 12)
      for _ in 0..<250 where preprocessor.push(row) > 0 {
        let millivolts = preprocessor.output(0)[0]
        try expect(!millivolts.isNaN, "the preprocessing of \(microvolts) is not a number")
        try expect(abs(Int(quantiser.code(millivolts))) <= 127, "a code is beyond 127")
      }
    }
  }

  private func expect(_ holds: Bool, _ promise: @autoclosure () -> String) throws {
    if !holds { throw BrokenPromise(description: promise()) }
  }
}
