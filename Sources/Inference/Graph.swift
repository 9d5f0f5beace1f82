// The encoder's graph: a chain of valid convolutions with skips, and what follows from it (lengths,
// receptive field, cost). The words are those of docs/model-format.md.

import ECGSignal

/// The encoder as the model file describes it.
public struct Graph: Hashable, Sendable {
  /// Where a layer takes values from.
  public enum Source: Hashable, Sendable {
    /// The encoder's input codes.
    case input
    /// The output of the layer with this index.
    case layer(Int)
  }

  /// What becomes of a window's frames.
  public enum Pooling: String, Hashable, Sendable {
    /// Their mean, from the sum of every channel.
    case mean
    /// Mean and standard deviation, from the sums of every channel and of its squares. A frame sees two
    /// to four beats: how uneven a rhythm is shows in how frames differ, not in their mean.
    case spread

    /// Sums that are kept of every channel.
    var sums: Int { self == .spread ? 2 : 1 }
  }

  /// One convolution with bias, requantisation, optional skip and clamp.
  public struct Layer: Hashable, Sendable {
    /// The name under which its tensors stand in the file.
    public let name: String
    /// What it convolves.
    public let input: Source
    /// Time steps a window spans.
    public let kernel: Int
    /// Time steps between windows.
    public let stride: Int
    /// Time steps of the input before the first window.
    public let crop: Int
    /// Zeros before the input's first and after its last time step, as textbook networks have them. The
    /// networks made for the device have none: with padding a frame depends on where a window begins.
    public let padding: Int
    /// Channels of the input.
    public let inputChannels: Int
    /// Channels of the output.
    public let outputChannels: Int
    /// Smallest and largest output code.
    public let codes: ClosedRange<Int>
    /// Bits the product is shifted down.
    public let shift: Int
    /// What is added before the clamp.
    public let skip: Source?
    /// Time steps of the skip before the first one added.
    public let skipCrop: Int
  }

  /// Samples a second of the encoder's input.
  public static let sampleRateHz = 100
  /// The largest magnitude of an input code.
  public static let inputCodeMaximum = 127

  /// Millivolts that an input code stands for.
  public let millivoltsPerCode: Double
  /// Input samples between frames.
  public let frameStride: Int
  /// Input samples that a frame sees.
  public let receptiveField: Int
  /// Frames in a full window.
  public let windowFrames: Int
  /// Frames below which no statement is made.
  public let minimumFrames: Int
  /// What the head reads of the frames.
  public let pooling: Pooling
  /// Numbers in an embedding: the channels of the last layer, twice with spread pooling.
  public let embeddingWidth: Int
  /// What an embedding code stands for.
  public let embeddingScale: Double
  /// Largest magnitude of a weight.
  public let weightMaximum: Int
  /// Samples of a full window (987 for 49 frames of R18).
  public let windowSamples: Int
  /// The layers in order of execution; the last one's frames are pooled.
  public let layers: [Layer]

  /// Channels of a frame.
  public var frameChannels: Int { embeddingWidth / pooling.sums }

  /// Whether frames depend on their own samples alone, so that a stream gives the same ones as any window.
  public var isStreamable: Bool { layers.allSatisfy { $0.padding == 0 } }

  /// Length of a full window in seconds.
  public var windowSeconds: Double { Double(windowSamples) / Double(Self.sampleRateHz) }

  /// Frames that exist once `sampleCount` samples have arrived.
  public func frameCount(sampleCount: Int) -> Int {
    sampleCount < receptiveField ? 0 : (sampleCount - receptiveField) / frameStride + 1
  }

  /// Output length of every layer for an input of `sampleCount` samples.
  public func lengths(sampleCount: Int) -> [Int] {
    var lengths: [Int] = []
    func length(_ source: Source) -> Int {
      switch source {
      case .input: sampleCount
      case .layer(let index): lengths[index]
      }
    }
    for layer in layers {
      var count = layer.outputLength(inputLength: length(layer.input))
      if let skip = layer.skip { count = min(count, max(0, length(skip) - layer.skipCrop)) }
      lengths.append(count)
    }
    return lengths
  }

  /// Multiply-accumulates of the convolutions over a full window.
  public var multiplyAccumulates: Int {
    zip(layers, lengths(sampleCount: windowSamples)).reduce(0) { sum, entry in
      sum + entry.1 * entry.0.outputChannels * entry.0.inputChannels * entry.0.kernel
    }
  }

  /// The range of codes that a source delivers: the largest magnitude.
  func codeMaximum(of source: Source) -> Int {
    switch source {
    case .input: Self.inputCodeMaximum
    case .layer(let index): max(abs(layers[index].codes.lowerBound), layers[index].codes.upperBound)
    }
  }

  /// The smallest code that a source delivers.
  func codeMinimum(of source: Source) -> Int {
    switch source {
    case .input: -Self.inputCodeMaximum
    case .layer(let index): layers[index].codes.lowerBound
    }
  }

  /// Zeros that readers want before and after a source.
  func padding(of source: Source) -> Int {
    layers.filter { $0.input == source }.map(\.padding).max() ?? 0
  }
}

extension Graph.Layer {
  /// Windows that fit an input of `inputLength` time steps.
  @inline(__always)
  func outputLength(inputLength: Int) -> Int {
    let room = inputLength + 2 * padding - crop - kernel
    return room < 0 || inputLength == 0 ? 0 : room / stride + 1
  }
}
