// The golden vectors of a model: inputs and the bits that must come out. They prove, on the machine
// that will use it, that the kernels, the graph and the file say the same.

import ECGSignal

/// The golden cases of a model file.
struct GoldenVectors {
  /// Case count, at least one.
  let caseCount: Int
  private let file: SafeTensors
  private let graph: Graph
  private let statementCount: Int

  init(
    _ bytes: [UInt8], name: String, graph: Graph, statementCount: Int
  ) throws(ModelError) {
    file = try SafeTensors(bytes, name: name)
    self.graph = graph
    self.statementCount = statementCount
    guard let count = file.metadata["cases"].flatMap({ Int($0) }), (1...1000).contains(count) else {
      throw ModelError("\(name) does not say how many cases it has. Export the model again.")
    }
    caseCount = count
  }

  /// Runs every case and compares bit for bit. `kernels` are the model's where they are not named.
  func check(_ model: Model, kernels: KernelSet? = nil) throws(ModelError) {
    let encoder = Encoder(model: model, kernels: kernels)
    let head = StatementHead(model: model)
    try checkLayers(encoder)
    for index in 0..<caseCount { try check("case\(index)", encoder, head) }
  }

  private func mismatch(_ what: String) -> ModelError {
    ModelError(
      """
      \(file.name): \(what) does not come out as it was computed in training. The file or this \
      program is damaged: install both again.
      """)
  }

  private func input(_ name: String) throws(ModelError) -> [Int8] {
    let shape = [graph.windowSamples, Lead.allCases.count]
    let codes: [Int8] = try file.values(name + ".input", shape: shape)
    guard codes.allSatisfy({ $0 != Int8.min }) else {
      throw ModelError("\(file.name): \(name) has an input code of -128. Export the model again.")
    }
    return codes
  }

  /// Case 0 layer by layer: names the first layer that differs.
  private func checkLayers(_ encoder: Encoder) throws(ModelError) {
    let input = try input("case0")
    let lengths = graph.lengths(sampleCount: graph.windowSamples)
    for (index, layer) in graph.layers.enumerated() {
      let shape = [lengths[index], layer.outputChannels]
      let expected: [Int8] = try file.values("case0." + layer.name, shape: shape)
      encoder.run(layer: index, input: input, sampleCount: graph.windowSamples)
      let output = encoder.output(layer: index)
      let codes = UnsafeBufferPointer(start: output.codes, count: expected.count)
      guard output.length == lengths[index], codes.elementsEqual(expected) else {
        throw mismatch("layer \(layer.name) of case 0")
      }
    }
  }

  private func check(
    _ name: String, _ encoder: Encoder, _ head: StatementHead
  ) throws(ModelError) {
    let input = try input(name)
    let mask: [UInt8] = try file.values(name + ".mask", shape: [Lead.allCases.count])
    let expected: [Int32] = try file.values(name + ".embedding", shape: [graph.embeddingWidth])
    let expectedLogits: [Double] = try file.values(name + ".logits", shape: [statementCount])
    var embedding = [Int32](repeating: 0, count: graph.embeddingWidth)
    let frames = encoder.encode(input, sampleCount: graph.windowSamples, into: &embedding)
    guard frames == graph.windowFrames, embedding == expected else {
      throw mismatch("the embedding of \(name)")
    }
    let leads = Lead.allCases.filter { mask[Int($0.rawValue)] != 0 }
    var logits = [Double](repeating: 0, count: statementCount)
    head.evaluate(
      embedding, frames: frames, leads: LeadSet(leads.map { LeadSet($0) }), into: &logits)
    guard logits == expectedLogits else { throw mismatch("the logits of \(name)") }
  }
}
