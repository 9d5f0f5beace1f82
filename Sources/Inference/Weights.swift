// The two kinds of numbers that a network comes in: the integers that a device runs, and the floats that they
// were made from, which are the measure of what the integers lose.

/// What a network computes with.
public enum Arithmetic: String, Hashable, Sendable {
  /// 8-bit integers: what monitors and screens.
  case int8
  /// 32-bit floats, by OpenBLAS: the reference, and for screening with models that have no integers.
  case float

  /// The file of a model's folder that holds the weights.
  public var fileName: String { self == .int8 ? "model.safetensors" : "float.safetensors" }

  var format: String { self == .int8 ? "ecgclip-model/1" : "ecgclip-float/1" }
}

/// The convolutions' numbers, in the order of the graph's layers.
enum Weights: Sendable {
  case int8([LayerParameters])
  case float([FloatLayerParameters])

  init(_ file: SafeTensors, graph: Graph, arithmetic: Arithmetic) throws(ModelError) {
    switch arithmetic {
    case .int8:
      var layers: [LayerParameters] = []
      for layer in graph.layers {
        layers.append(try LayerParameters(file, layer: layer, graph: graph))
      }
      self = .int8(layers)
    case .float:
      var layers: [FloatLayerParameters] = []
      for layer in graph.layers { layers.append(try FloatLayerParameters(file, layer: layer)) }
      self = .float(layers)
    }
  }

  var arithmetic: Arithmetic {
    switch self {
    case .int8: .int8
    case .float: .float
    }
  }

  /// Weights and biases.
  var count: Int {
    switch self {
    case .int8(let layers): layers.reduce(0) { $0 + $1.weight.count + $1.bias.count }
    case .float(let layers): layers.reduce(0) { $0 + $1.weight.count + $1.bias.count }
    }
  }

  /// Tensors of the file that hold them.
  var tensorCount: Int {
    switch self {
    case .int8(let layers): layers.reduce(0) { $0 + ($1.skipMultiplier.isEmpty ? 3 : 4) }
    case .float(let layers): 2 * layers.count
    }
  }
}

/// The constants of one layer of the float network.
struct FloatLayerParameters: Sendable {
  /// `[outputChannels][kernel][inputChannels]`, in the order of a window in memory.
  let weight: [Float]
  /// `[outputChannels]`.
  let bias: [Float]

  /// The file has a weight as training libraries do, `[outputChannels][inputChannels][kernel]`.
  init(_ file: SafeTensors, layer: Graph.Layer) throws(ModelError) {
    let shape = [layer.outputChannels, layer.inputChannels, layer.kernel]
    let stored: [Float] = try file.values(layer.name + ".weight", shape: shape)
    bias = try file.values(layer.name + ".bias", shape: [layer.outputChannels])
    guard stored.allSatisfy(\.isFinite), bias.allSatisfy(\.isFinite) else {
      throw ModelError(
        "\(file.name): layer \(layer.name) has a number that is not finite. Export it again.")
    }
    let (inputs, kernel) = (layer.inputChannels, layer.kernel)
    weight = (0..<stored.count).map { index in
      let (row, place) = index.quotientAndRemainder(dividingBy: inputs * kernel)
      let (tap, channel) = place.quotientAndRemainder(dividingBy: inputs)
      return stored[row * inputs * kernel + channel * kernel + tap]
    }
  }
}
