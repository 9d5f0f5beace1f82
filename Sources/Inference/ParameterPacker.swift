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
  private var used = 0

  /// Takes a block that holds all the layers as `kernels` wants them.
  init(_ layers: [LayerParameters], kernels: KernelSet) {
    let layout = kernels.table.pointee.layout
    byteCount = layers.reduce(0) { sum, layer in
      let channels = layer.bias.count
      let weights = conv1d_s8_packed_size(layout, channels, layer.weight.count / channels)
      let arrays = layer.skipMultiplier.isEmpty ? 2 : 3
      return sum + ArenaPlan.rounded(weights)
        + arrays * ArenaPlan.rounded(Self.padded(channels) * MemoryLayout<Int32>.stride)
    }
    memory = AlignedMemory.allocate(byteCount: byteCount)
    self.layout = layout
  }

  /// Copies a layer's constants and describes them to the kernel.
  mutating func pack(
    _ layer: Graph.Layer, _ parameters: LayerParameters, graph: Graph
  ) -> conv1d_s8_layer {
    let inputIsSigned = graph.codeMinimum(of: layer.input) < 0
    return conv1d_s8_layer(
      weight: packWeights(parameters, channels: layer.outputChannels),
      bias: copy(
        inputIsSigned ? parameters.bias(offset: layout.signedInputOffset) : parameters.bias),
      multiplier: copy(parameters.multiplier),
      skipMultiplier: layer.skip == nil ? nil : copy(parameters.skipMultiplier),
      kernel: Int32(layer.kernel), stride: Int32(layer.stride),
      inputChannels: Int32(layer.inputChannels), outputChannels: Int32(layer.outputChannels),
      shift: Int32(layer.shift), minimum: Int32(layer.codes.lowerBound),
      maximum: Int32(layer.codes.upperBound), inputIsSigned: inputIsSigned,
      weightsAreNarrow: graph.weightMaximum <= 63)
  }

  private static func padded(_ channels: Int) -> Int {
    let multiple = conv1d_s8_channel_multiple
    return (channels + multiple - 1) / multiple * multiple
  }

  private mutating func packWeights(
    _ parameters: LayerParameters, channels: Int
  ) -> UnsafePointer<Int8> {
    let length = parameters.weight.count / channels
    let size = conv1d_s8_packed_size(layout, channels, length)
    let place = (memory + used).bindMemory(to: Int8.self, capacity: size)
    conv1d_s8_pack(layout, parameters.weight, channels, length, place)
    used += ArenaPlan.rounded(size)
    return UnsafePointer(place)
  }

  /// Numbers per channel, zeros up to whole vectors.
  private mutating func copy(_ values: [Int32]) -> UnsafePointer<Int32> {
    let count = Self.padded(values.count)
    let place = (memory + used).bindMemory(to: Int32.self, capacity: count)
    place.initialize(from: values, count: values.count)
    (place + values.count).initialize(repeating: 0, count: count - values.count)
    used += ArenaPlan.rounded(count * MemoryLayout<Int32>.stride)
    return UnsafePointer(place)
  }
}

extension LayerParameters {
  /// The bias that takes back what `offset` added to every input code. Wrapping: the sum with it is
  /// right modulo 2^32, and its true value fits.
  fileprivate func bias(offset: Int32) -> [Int32] {
    let length = weight.count / bias.count
    return bias.indices.map { channel in
      let row = weight[channel * length..<(channel + 1) * length]
      return bias[channel] &- offset &* row.reduce(0) { $0 &+ Int32($1) }
    }
  }
}
