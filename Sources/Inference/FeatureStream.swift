// A stream's features, whichever arithmetic the model was loaded in: what stands between the preprocessing
// and the head. With integers nothing is allocated once it is made.

/// The encoder of one stream and the pooling of its frames. One thread at a time.
public final class FeatureStream {
  /// Not copyable, so that a switch borrows what it finds: no call retains or releases anything.
  private enum Network: ~Copyable {
    case int8(StreamingEncoder)
    case float(FloatStream)
  }

  /// Numbers that the head reads.
  public let featureCount: Int

  private let network: Network
  private let pooling: FramePooling
  private let sums: UnsafeMutablePointer<Int32>

  /// Makes the stream for a graph without padding. Float weights need OpenBLAS.
  public init(model: Model) throws(ModelError) {
    switch model.arithmetic {
    case .int8: network = .int8(StreamingEncoder(model: model))
    case .float: network = .float(try FloatStream(model: model))
    }
    pooling = FramePooling(model.graph)
    featureCount = pooling.featureCount
    sums = .allocate(capacity: featureCount)
    sums.initialize(repeating: 0, count: featureCount)
  }

  deinit { sums.deallocate() }

  /// The kernels in use ("c"), "openblas" for floats.
  public var kernelName: String {
    switch network {
    case .int8(let encoder): encoder.kernelName
    case .float: "openblas"
    }
  }

  /// Samples since the restart.
  public var sampleCount: Int {
    switch network {
    case .int8(let encoder): encoder.sampleCount
    case .float(let stream): stream.sampleCount
    }
  }

  /// Frames that exist; those of samples appended since the last `advance` may not yet.
  public var frameCount: Int {
    switch network {
    case .int8(let encoder): encoder.frameCount
    case .float(let stream): stream.frameCount
    }
  }

  /// Forgets the stream: after a gap, or when a lead came or went.
  public func restart() {
    switch network {
    case .int8(let encoder): encoder.restart()
    case .float(let stream): stream.restart()
    }
  }

  /// Appends a sample of twelve codes in -127...127, which `write` puts in place.
  @inline(__always)
  public func append(_ write: (UnsafeMutablePointer<Int8>) -> Void) {
    switch network {
    case .int8(let encoder): encoder.append(write)
    case .float(let stream): stream.append(write)
    }
  }

  /// Sees to it that the frames of all samples so far exist.
  public func advance() {
    switch network {
    case .int8(let encoder): encoder.advance()
    case .float: break
    }
  }

  /// Writes the features of the newest `frameCount` frames, at least 1 and at most a window's.
  public func features(frames frameCount: Int, into features: UnsafeMutablePointer<Double>) {
    switch network {
    case .int8(let encoder):
      encoder.sum(frames: frameCount, into: sums)
      pooling.features(of: sums, frames: frameCount, into: features)
    case .float(let stream): stream.features(frames: frameCount, into: features)
    }
  }
}
