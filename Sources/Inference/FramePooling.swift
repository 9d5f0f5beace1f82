// From sums of integers over frames to the numbers that the head reads, in double precision: the same bits
// as on the training side, since what is rounded is rounded once.

import ECGSignal

/// How an embedding's sums are read.
public struct FramePooling: Sendable {
  /// Numbers that come out, as many as there are sums.
  public let featureCount: Int

  private let channelCount: Int
  private let scale: Double

  /// The pooling of a graph.
  public init(_ graph: Graph) {
    featureCount = graph.embeddingWidth
    channelCount = graph.frameChannels
    scale = graph.embeddingScale
  }

  /// Writes the mean of every channel, then with spread pooling its standard deviation over the frames.
  ///
  /// `sums` and `features` are `[featureCount]`, `frames` at least 1. The numerator of the variance,
  /// frames * sum of squares - square of the sum, is an integer: below 2^53 for up to 2^19 frames.
  @inline(__always)
  public func features(
    of sums: UnsafePointer<Int32>, frames: Int, into features: UnsafeMutablePointer<Double>
  ) {
    let count = Double(frames)
    for channel in 0..<channelCount {
      features[channel] = Double(sums[channel]) * scale / count
    }
    for index in channelCount..<featureCount {
      let sum = Int(sums[index &- channelCount])
      let variance = frames &* Int(sums[index]) &- sum &* sum
      features[index] = Double(variance).squareRoot() * scale / count
    }
  }
}
