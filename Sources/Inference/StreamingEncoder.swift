// Runs the graph over a stream that grows: what was computed once is kept, so that a second of signal
// costs a second's share of the work. The frames are those of the whole-window encoder, bit for bit:
// without padding an output depends on its own samples alone, and the kernels are the same.

import CKernels
import ECGSignal

/// An encoder of one stream, with memory of its own. One thread at a time; allocates only when made.
public final class StreamingEncoder {
  /// The newest time steps of the input or of a layer's output, contiguous in memory. When the memory is
  /// full, what is still needed (some ten time steps) moves to the front.
  private struct History: BitwiseCopyable {
    let codes: UnsafeMutablePointer<Int8>
    let channels: Int
    let capacity: Int
    /// Time steps since the restart, and the one at the front of the memory.
    var length = 0
    var first = 0

    /// The code of a time step's first channel.
    func place(of time: Int) -> UnsafeMutablePointer<Int8> {
      codes + (time &- first) &* channels
    }
  }

  /// What the loop over layers needs of a layer besides its constants; sources are places in `histories`.
  private struct Step: BitwiseCopyable {
    let kernel: Int
    let stride: Int
    let crop: Int
    let skipCrop: Int
    let input: Int
    let skip: Int
  }

  private static let leadCount = 12
  private static let withoutSkip = -1
  /// Samples taken in before the layers run: more than the second that a monitor usually steps by.
  private static let newSamplesMax = 128

  /// Numbers in an embedding.
  public let embeddingWidth: Int
  /// Bytes of what is kept of the stream.
  public let historyByteCount: Int
  /// The kernels in use ("c").
  public let kernelName: String

  private let layerCount: Int
  private let frameChannels: Int
  private let windowFrames: Int
  private let constants: LayerConstants
  private let memory: UnsafeMutablePointer<Int8>
  private let histories: UnsafeMutablePointer<History>
  /// The first time step of each source that is still needed.
  private let needed: UnsafeMutablePointer<Int>
  private let steps: UnsafeMutablePointer<Step>
  private var newSamples = 0

  /// Makes an encoder for a graph without padding. `kernels` are the model's where they are not named.
  public init(model: Model, kernels: KernelSet? = nil) {
    let graph = model.graph
    precondition(graph.isStreamable, "a graph with padding has no stream")
    let kernels = kernels ?? model.kernels
    kernelName = kernels.name
    embeddingWidth = graph.embeddingWidth
    layerCount = graph.layers.count
    frameChannels = graph.frameChannels
    windowFrames = graph.windowFrames
    constants = LayerConstants(model, kernels: kernels)
    let plan = StreamPlan(graph, newSamples: Self.newSamplesMax)
    let channels = [Self.leadCount] + graph.layers.map(\.outputChannels)
    let sizes = zip(plan.capacities, channels).map { capacity, channels in
      ArenaPlan.rounded(capacity * channels)
    }
    historyByteCount = sizes.reduce(0, +)
    memory = AlignedMemory.allocate(byteCount: historyByteCount)
      .bindMemory(to: Int8.self, capacity: historyByteCount)
    memory.initialize(repeating: 0, count: historyByteCount)
    histories = .allocate(capacity: sizes.count)
    needed = .allocate(capacity: sizes.count)
    steps = .allocate(capacity: layerCount)
    var place = memory
    for (index, size) in sizes.enumerated() {
      (histories + index).initialize(
        to: History(codes: place, channels: channels[index], capacity: plan.capacities[index]))
      place += size
    }
    needed.initialize(repeating: 0, count: sizes.count)
    for (index, layer) in graph.layers.enumerated() {
      (steps + index).initialize(
        to: Step(
          kernel: layer.kernel, stride: layer.stride, crop: layer.crop, skipCrop: layer.skipCrop,
          input: StreamPlan.place(of: layer.input),
          skip: layer.skip.map { StreamPlan.place(of: $0) } ?? Self.withoutSkip))
    }
  }

  deinit {
    steps.deallocate()
    needed.deallocate()
    histories.deallocate()
    memory.deallocate()
  }

  /// Samples since the restart.
  public var sampleCount: Int { histories[0].length }

  /// Frames that exist; those of samples appended since the last `advance` do not yet.
  public var frameCount: Int { histories[layerCount].length }

  /// Forgets the stream: after a gap, or when a lead came or went.
  public func restart() {
    for index in 0...layerCount {
      histories[index].length = 0
      histories[index].first = 0
      needed[index] = 0
    }
    newSamples = 0
  }

  /// Appends a sample of twelve codes in -127...127, which `write` puts in place.
  @inline(__always)
  public func append(_ write: (UnsafeMutablePointer<Int8>) -> Void) {
    if newSamples == Self.newSamplesMax { advance() }
    makeRoom(0, count: 1)
    write(histories[0].place(of: histories[0].length))
    histories[0].length &+= 1
    newSamples &+= 1
  }

  /// Computes whatever the samples so far allow.
  public func advance() {
    for index in 0..<layerCount { run(layer: index) }
    for index in 0..<layerCount { needed[index] = histories[index].length }
    for index in 0..<layerCount { keepNeeded(layer: index) }
    newSamples = 0
  }

  /// Writes the sums over the newest `frameCount` frames, at most a window's, as `Encoder.encode` does.
  public func sum(frames frameCount: Int, into embedding: UnsafeMutablePointer<Int32>) {
    precondition(frameCount <= min(windowFrames, self.frameCount), "frames no longer kept")
    constants.sum(
      frames: frames(frameCount), count: frameCount, channels: frameChannels,
      squares: embeddingWidth > frameChannels, into: embedding)
  }

  /// Channels of a frame.
  var frameChannelCount: Int { frameChannels }

  /// The newest frames `[frame][channel]`; valid until the next call.
  func frames(_ frameCount: Int) -> UnsafePointer<Int8> {
    let last = histories[layerCount]
    return UnsafePointer(last.place(of: last.length &- frameCount))
  }

  private func run(layer index: Int) {
    let step = steps[index]
    let done = histories[index &+ 1].length
    let source = histories[step.input]
    let start = step.crop &+ done &* step.stride
    let room = source.length &- start &- step.kernel
    guard room >= 0 else { return }
    var count = room / step.stride &+ 1
    var skip: UnsafePointer<Int8>?
    if step.skip != Self.withoutSkip {
      let skipped = histories[step.skip]
      count = min(count, skipped.length &- step.skipCrop &- done)
      skip = UnsafePointer(skipped.place(of: step.skipCrop &+ done))
    }
    guard count > 0 else { return }
    makeRoom(index &+ 1, count: count)
    let output = histories[index &+ 1].place(of: done)
    constants.run(
      layer: index, input: UnsafePointer(source.place(of: start)), skip: skip, output: output,
      count: count)
    histories[index &+ 1].length = done &+ count
  }

  /// Lowers what is needed of a layer's sources to what its next output reads.
  private func keepNeeded(layer index: Int) {
    let step = steps[index]
    let next = histories[index &+ 1].length
    needed[step.input] = min(needed[step.input], step.crop &+ next &* step.stride)
    if step.skip != Self.withoutSkip {
      needed[step.skip] = min(needed[step.skip], step.skipCrop &+ next)
    }
  }

  /// Sees to it that `count` time steps fit behind those of a source that are still needed.
  private func makeRoom(_ index: Int, count: Int) {
    var history = histories[index]
    guard history.length &- history.first &+ count > history.capacity else { return }
    let isLast = index == layerCount
    let first = isLast ? max(0, history.length &- windowFrames) : needed[index]
    let kept = history.length &- first
    precondition(kept &+ count <= history.capacity, "the stream's plan is too small")
    history.codes.update(from: history.place(of: first), count: kept &* history.channels)
    history.first = first
    histories[index] = history
  }
}
