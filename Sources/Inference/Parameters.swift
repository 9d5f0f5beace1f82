// The numbers of a model, copied out of its file and proven to keep within the kernels' ranges.

import ECGSignal

/// The constants of one layer, laid out as the file has them.
struct LayerParameters: Sendable {
  /// `[outputChannels][kernel][inputChannels]`.
  let weight: [Int8]
  /// `[outputChannels]`.
  let bias: [Int32]
  /// `[outputChannels]`.
  let multiplier: [Int32]
  /// `[outputChannels]`, empty without skip.
  let skipMultiplier: [Int32]

  init(_ file: SafeTensors, layer: Graph.Layer, graph: Graph) throws(ModelError) {
    let outputs = [layer.outputChannels]
    let shape = [layer.outputChannels, layer.kernel, layer.inputChannels]
    weight = try file.values(layer.name + ".weight", shape: shape)
    bias = try file.values(layer.name + ".bias", shape: outputs)
    multiplier = try file.values(layer.name + ".multiplier", shape: outputs)
    skipMultiplier =
      layer.skip == nil ? [] : try file.values(layer.name + ".skipMultiplier", shape: outputs)
    let place = "\(file.name): layer \(layer.name)"
    guard weight.allSatisfy({ abs(Int($0)) <= graph.weightMaximum }) else {
      throw ModelError("\(place) has a weight beyond \(graph.weightMaximum). Export it again.")
    }
    guard multiplier.allSatisfy({ $0 >= 0 }), skipMultiplier.allSatisfy({ $0 >= 0 }) else {
      throw ModelError("\(place) has a negative multiplier. Export the model again.")
    }
    let inputMaximum = graph.codeMaximum(of: layer.input)
    for channel in bias.indices {
      let sum = accumulatorMaximum(channel, inputMaximum: inputMaximum)
      guard sum <= Int(Int32.max) else {
        throw ModelError(
          "\(place), channel \(channel): the sum can leave 32 bits. Export the model again.")
      }
      let product = productMaximum(channel, sum: sum, layer, graph)
      guard product < 1 << 62 else {
        throw ModelError(
          "\(place), channel \(channel): the products can leave 62 bits. Export the model again.")
      }
      guard product >> layer.shift + 1 <= Int(Int32.max) else {
        throw ModelError(
          "\(place), channel \(channel): an output can leave 32 bits. Export the model again.")
      }
    }
  }

  /// The largest magnitude of both products together, before the shift; at most 2^62 + 2^38.
  private func productMaximum(
    _ channel: Int, sum: Int, _ layer: Graph.Layer, _ graph: Graph
  ) -> Int {
    let skip = layer.skip.map { graph.codeMaximum(of: $0) * Int(skipMultiplier[channel]) } ?? 0
    return sum * Int(multiplier[channel]) + skip
  }

  /// The largest magnitude that the accumulator, and every partial sum in any order, can reach.
  private func accumulatorMaximum(_ channel: Int, inputMaximum: Int) -> Int {
    let length = weight.count / bias.count
    let row = weight[channel * length..<(channel + 1) * length]
    // Wrapping: a layer has at most 4096 * 64 weights a channel.
    return abs(Int(bias[channel])) + row.reduce(0) { $0 &+ abs(Int($1)) } * inputMaximum
  }
}

/// The numbers of the head.
struct HeadParameters: Sendable {
  static let tensorCount = 3

  /// `[statements][embeddingWidth]`.
  let weight: [Float]
  /// `[statements][12]`.
  let mask: [Float]
  /// `[statements]`.
  let bias: [Float]

  init(_ file: SafeTensors, statementCount: Int, graph: Graph) throws(ModelError) {
    weight = try file.values("head.weight", shape: [statementCount, graph.embeddingWidth])
    mask = try file.values("head.mask", shape: [statementCount, Lead.allCases.count])
    bias = try file.values("head.bias", shape: [statementCount])
    guard (weight + mask + bias).allSatisfy(\.isFinite) else {
      throw ModelError("\(file.name): the head has a number that is not finite. Export it again.")
    }
  }
}
