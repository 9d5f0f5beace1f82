// Runs the graph over a whole window of input codes: what golden vectors, textbook networks and
// measurements use. A monitored stream goes through `StreamingEncoder`, which gives the same frames.
// All memory is taken when the encoder is made: the layers' constants, one arena for the activations.

import CKernels
import ECGSignal

/// An encoder with memory of its own. One thread at a time; several encoders may share a model.
public final class Encoder {
  /// What the loop over layers needs of a layer besides its constants. Sources are indices of layers,
  /// `fromInput` or `withoutSkip`.
  private struct Step: BitwiseCopyable {
    let kernel: Int
    let stride: Int
    /// Time steps, and bytes, from the input's first one to the first window: the crop less the padding.
    let start: Int
    let startByteCount: Int
    let padding: Int
    /// The same for the skip.
    let skipCrop: Int
    let skipCropByteCount: Int
    let inputIndex: Int
    let skipIndex: Int
    let channels: Int
    /// Bytes that readers want as zeros before and after the output.
    let zeroByteCount: Int
    let output: UnsafeMutablePointer<Int8>
  }

  private static let fromInput = -1
  private static let withoutSkip = -2
  private static let leadCount = 12

  /// Samples that one call takes at most.
  public let sampleCountMax: Int
  /// Numbers in an embedding.
  public let embeddingWidth: Int
  /// Bytes of the activations' arena.
  public let arenaByteCount: Int
  /// Bytes of the constants.
  public var parameterByteCount: Int { constants.byteCount }
  /// The kernels in use ("c").
  public let kernelName: String

  let layerCount: Int
  private let receptiveField: Int
  private let frameChannels: Int
  private let arena: UnsafeMutablePointer<Int8>
  private let constants: LayerConstants
  private let steps: UnsafeMutablePointer<Step>
  private let lengths: UnsafeMutablePointer<Int>
  /// Where a copy of the input goes that has zeros around it.
  private let paddedInput: UnsafeMutablePointer<Int8>?
  private let inputZeroByteCount: Int

  /// Makes an encoder for inputs of up to `sampleCountMax` samples, at least a full window; a graph with
  /// padding takes full windows alone. `kernels` are the model's where they are not named.
  public init(model: Model, sampleCountMax: Int = 0, kernels: KernelSet? = nil) {
    let graph = model.graph
    self.sampleCountMax =
      graph.isStreamable ? max(sampleCountMax, graph.windowSamples) : graph.windowSamples
    embeddingWidth = graph.embeddingWidth
    receptiveField = graph.isStreamable ? graph.receptiveField : graph.windowSamples
    frameChannels = graph.frameChannels
    layerCount = graph.layers.count
    let kernels = kernels ?? model.kernels
    kernelName = kernels.name
    constants = LayerConstants(model, kernels: kernels)
    let plan = ArenaPlan(graph, sampleCount: self.sampleCountMax)
    arenaByteCount = plan.byteCount
    let arena = AlignedMemory.allocate(byteCount: plan.byteCount)
      .bindMemory(to: Int8.self, capacity: plan.byteCount)
    arena.initialize(repeating: 0, count: plan.byteCount)
    steps = .allocate(capacity: layerCount)
    lengths = .allocate(capacity: layerCount)
    lengths.initialize(repeating: 0, count: layerCount)
    for index in graph.layers.indices {
      (steps + index).initialize(to: Self.step(graph, index, output: arena + plan.offsets[index]))
    }
    paddedInput = plan.inputOffset.map { arena + $0 }
    inputZeroByteCount = graph.padding(of: .input) * Self.leadCount
    self.arena = arena
  }

  deinit {
    steps.deallocate()
    lengths.deallocate()
    arena.deallocate()
  }

  /// Encodes a window. `input` is `[time][12]` of `sampleCount` codes in -127...127; `embedding` takes
  /// `embeddingWidth` numbers: the sums over the frames, with spread pooling those of the squares behind
  /// them. Returns the frames, 0 where the input is shorter than one.
  public func encode(
    _ input: UnsafePointer<Int8>, sampleCount: Int, into embedding: UnsafeMutablePointer<Int32>
  ) -> Int {
    for index in 0..<layerCount { run(layer: index, input: input, sampleCount: sampleCount) }
    let frames = sampleCount < receptiveField ? 0 : lengths[layerCount &- 1]
    constants.sum(
      frames: self.frames, count: frames, channels: frameChannels,
      squares: embeddingWidth > frameChannels, into: embedding)
    return frames
  }

  /// The last call's frames `[frame][channel]`; valid until the next one.
  public var frames: UnsafePointer<Int8> { UnsafePointer(steps[layerCount &- 1].output) }

  /// Runs one layer, after those before it.
  package func run(layer index: Int, input: UnsafePointer<Int8>, sampleCount: Int) {
    precondition(sampleCount >= 0 && sampleCount <= sampleCountMax, "more samples than planned")
    if index == 0 { copyPadded(input, sampleCount: sampleCount) }
    let input = paddedInput.map { UnsafePointer($0) } ?? input
    let step = steps[index]
    var source = input
    var length = sampleCount
    if step.inputIndex != Self.fromInput {
      source = UnsafePointer(steps[step.inputIndex].output)
      length = lengths[step.inputIndex]
    }
    let room = length &+ step.padding &- step.start &- step.kernel
    var count = room < 0 || length == 0 ? 0 : room / step.stride &+ 1
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
    constants.run(
      layer: index, input: source + step.startByteCount, skip: skip, output: step.output,
      count: count)
    clear(around: step.output, byteCount: count &* step.channels, zeros: step.zeroByteCount)
  }

  /// The output of a layer that just ran: `[time][channel]` and the number of time steps.
  package func output(layer index: Int) -> (codes: UnsafePointer<Int8>, length: Int) {
    (UnsafePointer(steps[index].output), lengths[index])
  }

  private func copyPadded(_ input: UnsafePointer<Int8>, sampleCount: Int) {
    guard let paddedInput else { return }
    let byteCount = sampleCount &* Self.leadCount
    paddedInput.update(from: input, count: byteCount)
    clear(around: paddedInput, byteCount: byteCount, zeros: inputZeroByteCount)
  }

  private func clear(around codes: UnsafeMutablePointer<Int8>, byteCount: Int, zeros: Int) {
    (codes - zeros).update(repeating: 0, count: zeros)
    (codes + byteCount).update(repeating: 0, count: zeros)
  }

  private static func step(
    _ graph: Graph, _ index: Int, output: UnsafeMutablePointer<Int8>
  ) -> Step {
    let layer = graph.layers[index]
    let start = layer.crop - layer.padding
    return Step(
      kernel: layer.kernel, stride: layer.stride, start: start,
      startByteCount: start * layer.inputChannels, padding: layer.padding,
      skipCrop: layer.skipCrop, skipCropByteCount: layer.skipCrop * layer.outputChannels,
      inputIndex: Self.index(of: layer.input),
      skipIndex: layer.skip.map { Self.index(of: $0) } ?? withoutSkip,
      channels: layer.outputChannels,
      zeroByteCount: graph.padding(of: .layer(index)) * layer.outputChannels, output: output)
  }

  private static func index(of source: Graph.Source) -> Int {
    switch source {
    case .input: fromInput
    case .layer(let index): index
    }
  }
}
