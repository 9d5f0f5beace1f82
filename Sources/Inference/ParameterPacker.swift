// Copies the layers' constants into one aligned block, in the layout that the kernels read.

import CKernels

/// Memory on cache-line boundaries.
enum AlignedMemory {
  static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    .allocate(byteCount: max(byteCount, 1), alignment: ArenaPlan.alignment)
  }
}

/// Fills a block with constants, front to back. The block belongs to the caller.
struct ParameterPacker {
  let memory: UnsafeMutableRawPointer
  let byteCount: Int
  private let layout: conv1d_s8_layout
  private let graph: Graph
  private var used = 0

  /// Takes a block that holds all the layers' parameters as `kernels` wants them.
  init(_ parameters: [LayerParameters], graph: Graph, kernels: KernelSet) {
    let layout = kernels.table.pointee.layout
    byteCount = zip(graph.layers, parameters).reduce(0) { sum, layer in
      var described = Self.described(layer.0, in: graph)
      let multipliers = layer.1.skipMultiplier.isEmpty ? 1 : 2
      return sum + conv1d_s8_packed_size(layout, &described, layer.1.weight)
        + multipliers * Self.arrayBytes(layer.1.bias.count)
    }
    memory = AlignedMemory.allocate(byteCount: byteCount)
    self.layout = layout
    self.graph = graph
  }

  /// Copies a layer's constants and describes them to the kernel.
  mutating func pack(_ layer: Graph.Layer, _ parameters: LayerParameters) -> conv1d_s8_layer {
    var packed = Self.described(layer, in: graph)
    used += conv1d_s8_pack(layout, parameters.weight, parameters.bias, memory + used, &packed)
    packed.multiplier = copy(parameters.multiplier)
    if layer.skip != nil { packed.skipMultiplier = copy(parameters.skipMultiplier) }
    return packed
  }

  /// A layer's shape and codes, without its constants.
  private static func described(_ layer: Graph.Layer, in graph: Graph) -> conv1d_s8_layer {
    var described = conv1d_s8_layer()
    described.kernel = Int32(layer.kernel)
    described.stride = Int32(layer.stride)
    described.inputChannels = Int32(layer.inputChannels)
    described.outputChannels = Int32(layer.outputChannels)
    described.shift = Int32(layer.shift)
    described.minimum = Int32(layer.codes.lowerBound)
    described.maximum = Int32(layer.codes.upperBound)
    described.inputIsSigned = graph.codeMinimum(of: layer.input) < 0
    described.weightsAreNarrow = graph.weightMaximum <= 63
    return described
  }

  private static func padded(_ channels: Int) -> Int {
    let multiple = conv1d_s8_channel_multiple
    return (channels + multiple - 1) / multiple * multiple
  }

  private static func arrayBytes(_ channels: Int) -> Int {
    ArenaPlan.rounded(padded(channels) * MemoryLayout<Int32>.stride)
  }

  /// Numbers per channel, zeros up to whole vectors.
  private mutating func copy(_ values: [Int32]) -> UnsafePointer<Int32> {
    let count = Self.padded(values.count)
    let place = (memory + used).bindMemory(to: Int32.self, capacity: count)
    place.initialize(from: values, count: values.count)
    (place + values.count).initialize(repeating: 0, count: count - values.count)
    used += Self.arrayBytes(values.count)
    return UnsafePointer(place)
  }
}
