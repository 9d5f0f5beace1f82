// Copies the layers' constants into one aligned block, in the layout that the kernels read. A backend
// that wants its weights in another order gets them here, once.

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
  private var used = 0

  /// Takes a block that holds all the layers.
  init(_ layers: [LayerParameters]) {
    byteCount = layers.reduce(0) { sum, layer in
      sum + Self.size(layer.weight) + Self.size(layer.bias) + Self.size(layer.multiplier)
        + Self.size(layer.skipMultiplier)
    }
    memory = AlignedMemory.allocate(byteCount: byteCount)
  }

  /// Copies a layer's constants and describes them to the kernel.
  mutating func pack(_ layer: Graph.Layer, _ parameters: LayerParameters) -> conv1d_s8_layer {
    conv1d_s8_layer(
      weight: copy(parameters.weight), bias: copy(parameters.bias),
      multiplier: copy(parameters.multiplier),
      skipMultiplier: layer.skip == nil ? nil : copy(parameters.skipMultiplier),
      kernel: Int32(layer.kernel), stride: Int32(layer.stride),
      inputChannels: Int32(layer.inputChannels), outputChannels: Int32(layer.outputChannels),
      shift: Int32(layer.shift), minimum: Int32(layer.codes.lowerBound),
      maximum: Int32(layer.codes.upperBound))
  }

  private static func size<Element: BitwiseCopyable>(_ values: [Element]) -> Int {
    let bytes = values.count * MemoryLayout<Element>.stride
    return (bytes + ArenaPlan.alignment - 1) / ArenaPlan.alignment * ArenaPlan.alignment
  }

  private mutating func copy<Element: BitwiseCopyable>(
    _ values: [Element]
  ) -> UnsafePointer<Element> {
    let place = (memory + used).bindMemory(to: Element.self, capacity: values.count)
    place.initialize(from: values, count: values.count)
    used += Self.size(values)
    return UnsafePointer(place)
  }
}
