// A model's layers as the kernels want them: packed once, read by the encoder that owns them.

import CKernels

/// The constants of all layers in one block of memory, and who computes with them.
struct LayerConstants: ~Copyable {
  /// Bytes of the block.
  let byteCount: Int
  private let kernels: UnsafePointer<kernel_set>
  private let layers: UnsafeMutablePointer<conv1d_s8_layer>
  private let memory: UnsafeMutableRawPointer

  init(_ model: Model, kernels: KernelSet) {
    let graph = model.graph
    guard case .int8(let parameters) = model.weights else {
      preconditionFailure("a model loaded in floats has no integers to run")
    }
    var packer = ParameterPacker(parameters, graph: graph, kernels: kernels)
    layers = .allocate(capacity: graph.layers.count)
    for (index, layer) in graph.layers.enumerated() {
      (layers + index).initialize(to: packer.pack(layer, parameters[index]))
    }
    memory = packer.memory
    byteCount = packer.byteCount
    self.kernels = kernels.table
  }

  deinit {
    layers.deallocate()
    memory.deallocate()
  }

  /// Computes `count` outputs of a layer; see `conv1d_s8` for the pointers.
  @inline(__always)
  func run(
    layer index: Int, input: UnsafePointer<Int8>, skip: UnsafePointer<Int8>?,
    output: UnsafeMutablePointer<Int8>, count: Int
  ) {
    conv1d_s8(kernels, layers + index, input, skip, output, count)
  }

  /// Writes the sums over `[count][channels]` frames, with `squares` those of the squares behind them.
  @inline(__always)
  func sum(
    frames: UnsafePointer<Int8>, count: Int, channels: Int, squares: Bool,
    into embedding: UnsafeMutablePointer<Int32>
  ) {
    frame_sums_s8(kernels, frames, count, channels, embedding, squares ? embedding + channels : nil)
  }
}
