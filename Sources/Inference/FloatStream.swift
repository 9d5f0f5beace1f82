// The float network on a stream: keeps the newest window's codes and evaluates them when asked, all of them
// each time. For screening, where a window is due every ten seconds; no monitor runs on it.

/// An encoder of one stream in 32-bit floats. One thread at a time.
public final class FloatStream {
  private static let leadCount = 12

  private let graph: Graph
  private let encoder: FloatEncoder
  /// The newest codes `[time][12]`: at least those of a window that ends with the newest frame.
  private var codes: [Int8] = []
  private let neededCount: Int

  /// Samples since the restart.
  public private(set) var sampleCount = 0

  /// Makes an encoder for a graph without padding, from a model loaded in floats.
  public init(model: Model) throws(ModelError) {
    precondition(model.graph.isStreamable, "a graph with padding has no stream")
    graph = model.graph
    encoder = try FloatEncoder(model: model)
    neededCount = (graph.windowSamples + graph.frameStride) * Self.leadCount
  }

  /// Frames that exist.
  public var frameCount: Int { graph.frameCount(sampleCount: sampleCount) }

  /// Forgets the stream: after a gap, or when a lead came or went. Never inlined: the arrays of floats stay out
  /// of the code that integers run (scripts/codegen).
  @inline(never)
  public func restart() {
    codes.removeAll(keepingCapacity: true)
    sampleCount = 0
  }

  /// Appends a sample of twelve codes in -127...127, which `write` puts in place.
  public func append(_ write: (UnsafeMutablePointer<Int8>) -> Void) {
    if codes.count >= 2 * neededCount { codes.removeFirst(codes.count - neededCount) }
    withUnsafeTemporaryAllocation(of: Int8.self, capacity: Self.leadCount) { row in
      row.initialize(repeating: 0)
      if let start = row.baseAddress { write(start) }
      codes.append(contentsOf: row)
    }
    sampleCount += 1
  }

  /// Writes what the head reads of the newest `frameCount` frames, at most a window's.
  public func features(frames frameCount: Int, into features: UnsafeMutablePointer<Double>) {
    precondition(
      1...min(graph.windowFrames, self.frameCount) ~= frameCount, "frames no longer kept")
    let first = (self.frameCount - frameCount) * graph.frameStride
    let count = (frameCount - 1) * graph.frameStride + graph.receptiveField
    let start = codes.count - (sampleCount - first) * Self.leadCount
    codes.withUnsafeBufferPointer { codes in
      guard let newest = codes.baseAddress else { return }
      _ = encoder.encode(newest + start, sampleCount: count, into: features)
    }
  }
}
