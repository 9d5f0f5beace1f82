// Runs the graph over a window of input codes. All memory is taken when the encoder is made: one block
// with the layers' constants, one arena for the activations.

import CKernels
import ECGSignal

/// An encoder with memory of its own. One thread at a time; several encoders may share a model.
public final class Encoder {
  /// What the loop over layers needs of a layer besides its constants.
  private struct Step: BitwiseCopyable {
    let kernel: Int
    let stride: Int
    /// Time steps, and bytes, before the first window.
    let crop: Int
    let cropByteCount: Int
    /// The same for the skip.
    let skipCrop: Int
    let skipCropByteCount: Int
    let inputIndex: Int
    let skipIndex: Int
    let output: UnsafeMutablePointer<Int8>
  }

  /// `Step.inputIndex` and `skipIndex` of the encoder's input.
  private static let fromInput = -1
  /// `Step.skipIndex` without skip.
  private static let withoutSkip = -2

  /// Samples that one call takes at most.
  public let sampleCountMax: Int
  /// Numbers in an embedding.
  public let embeddingWidth: Int
  /// Bytes of the activations' arena.
  public let arenaByteCount: Int
  /// Bytes of the constants.
  public let parameterByteCount: Int
  /// The kernels in use ("c").
  public let kernelName: String

  let layerCount: Int
  private let receptiveField: Int
  private let frameChannels: Int
  private let arena: UnsafeMutablePointer<Int8>
  private let parameters: UnsafeMutableRawPointer
  private let constants: UnsafeMutablePointer<conv1d_s8_layer>
  private let steps: UnsafeMutablePointer<Step>
  private let lengths: UnsafeMutablePointer<Int>

  /// Makes an encoder for inputs of up to `sampleCountMax` samples, at least a full window.
  public init(model: Model, sampleCountMax: Int = 0) {
    let graph = model.graph
    self.sampleCountMax = max(sampleCountMax, graph.windowSamples)
    embeddingWidth = graph.embeddingWidth
    receptiveField = graph.receptiveField
    frameChannels = graph.frameChannels
    layerCount = graph.layers.count
    kernelName = String(cString: kernels_name())
    let plan = ArenaPlan(graph, sampleCount: self.sampleCountMax)
    arenaByteCount = plan.byteCount
    let arena = AlignedMemory.allocate(byteCount: plan.byteCount)
      .bindMemory(to: Int8.self, capacity: plan.byteCount)
    arena.initialize(repeating: 0, count: plan.byteCount)
    var packer = ParameterPacker(model.layers)
    constants = .allocate(capacity: layerCount)
    steps = .allocate(capacity: layerCount)
    lengths = .allocate(capacity: layerCount)
    lengths.initialize(repeating: 0, count: layerCount)
    for (index, layer) in graph.layers.enumerated() {
      (constants + index).initialize(to: packer.pack(layer, model.layers[index]))
      (steps + index).initialize(to: Self.step(layer, output: arena + plan.offsets[index]))
    }
    self.arena = arena
    parameters = packer.memory
    parameterByteCount = packer.byteCount
  }

  deinit {
    constants.deallocate()
    steps.deallocate()
    lengths.deallocate()
    arena.deallocate()
    parameters.deallocate()
  }

  /// Encodes a window. `input` is `[time][12]` of `sampleCount` codes in -127...127; `embedding` takes
  /// `embeddingWidth` numbers: the sums over the frames, with spread pooling those of the squares behind
  /// them. Returns the frames, 0 where the input is shorter than one.
  public func encode(
    _ input: UnsafePointer<Int8>, sampleCount: Int, into embedding: UnsafeMutablePointer<Int32>
  ) -> Int {
    for index in 0..<layerCount { run(layer: index, input: input, sampleCount: sampleCount) }
    let frames = sampleCount < receptiveField ? 0 : lengths[layerCount &- 1]
    sum_s8(self.frames, frames, frameChannels, embedding)
    if embeddingWidth > frameChannels {
      sum_squares_s8(self.frames, frames, frameChannels, embedding + frameChannels)
    }
    return frames
  }

  /// The last call's frames `[frame][channel]`; valid until the next one.
  public var frames: UnsafePointer<Int8> { UnsafePointer(steps[layerCount &- 1].output) }

  /// Runs one layer, after those before it.
  func run(layer index: Int, input: UnsafePointer<Int8>, sampleCount: Int) {
    precondition(sampleCount >= 0 && sampleCount <= sampleCountMax, "more samples than planned")
    let step = steps[index]
    var source = input
    var length = sampleCount
    if step.inputIndex != Self.fromInput {
      source = UnsafePointer(steps[step.inputIndex].output)
      length = lengths[step.inputIndex]
    }
    let room = length &- step.crop &- step.kernel
    var count = room < 0 ? 0 : room / step.stride &+ 1
    var skip: UnsafePointer<Int8>?
    if step.skipIndex != Self.withoutSkip {
      let fromInput = step.skipIndex == Self.fromInput
      let start = fromInput ? input : UnsafePointer(steps[step.skipIndex].output)
      skip = start + step.skipCropByteCount
      let skipLength = fromInput ? sampleCount : lengths[step.skipIndex]
      count = min(count, max(0, skipLength &- step.skipCrop))
    }
    lengths[index] = count
    guard count > 0 else { return }
    conv1d_s8(constants + index, source + step.cropByteCount, skip, step.output, count)
  }

  /// The output of a layer that just ran: `[time][channel]` and the number of time steps.
  func output(layer index: Int) -> (codes: UnsafePointer<Int8>, length: Int) {
    (UnsafePointer(steps[index].output), lengths[index])
  }

  private static func step(_ layer: Graph.Layer, output: UnsafeMutablePointer<Int8>) -> Step {
    Step(
      kernel: layer.kernel, stride: layer.stride, crop: layer.crop,
      cropByteCount: layer.crop * layer.inputChannels, skipCrop: layer.skipCrop,
      skipCropByteCount: layer.skipCrop * layer.outputChannels,
      inputIndex: index(of: layer.input),
      skipIndex: layer.skip.map { index(of: $0) } ?? withoutSkip, output: output)
  }

  private static func index(of source: Graph.Source) -> Int {
    switch source {
    case .input: fromInput
    case .layer(let index): index
    }
  }
}
