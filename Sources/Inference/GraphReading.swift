// Reads a graph from the model's metadata and proves that it is consistent: names, channels, and the
// grid of frames that the rest of the program relies on.

import ECGSignal
import StrictJSON

extension Graph {
  private static let maximumSamples = 1 << 20
  /// Numbers in the outputs of all layers over a window: five times those of a dense R34 over 50 s.
  private static let activationCountMax = 1 << 25
  /// Multiply-accumulates of a window: nearly thirty times those of a dense R34 over 50 s.
  private static let multiplyAccumulatesMax = 100_000_000_000

  /// Reads a graph's text; `path` is for messages.
  package init(text: String, path: String) throws(ModelError) {
    let reader = try JSONReader(text: text.utf8, path: path)
    millivoltsPerCode = try Self.readInput(reader.member("input"))
    frameStride = try reader.member("frameStride").integer(in: 1...256)
    receptiveField = try reader.member("receptiveField").integer(in: 1...4096)
    windowFrames = try reader.member("windowFrames").integer(in: 1...4096)
    minimumFrames = try reader.member("minimumFrames").integer(in: 1...windowFrames)
    pooling = try Self.readPooling(reader.optional("pooling"))
    embeddingWidth = try reader.member("embeddingWidth").integer(in: 1...4096)
    embeddingScale = try reader.member("embeddingScale").number(in: 1e-9...1e9)
    weightMaximum = try reader.member("weightMaximum").integer(in: 1...127)
    layers = try Self.readLayers(reader.member("layers"))
    let samples = (windowFrames - 1) * frameStride + receptiveField
    windowSamples =
      try reader.optional("windowSamples")?.integer(in: 1...Self.maximumSamples) ?? samples
    try checkCost(path: path)
    if isStreamable {
      guard windowSamples == samples else {
        throw ModelError("\(path): a window without padding has \(samples) samples.")
      }
      try checkFrames(path: path)
    } else {
      try checkPaddedFrames(path: path)
    }
  }

  private static func readInput(_ reader: JSONReader) throws(ModelError) -> Double {
    let leads = try reader.member("leads")
    let names = Lead.allCases.map { JSONValue.string($0.name) }
    guard leads.value == .array(names) else { throw leads.failure("the twelve leads, I to V6") }
    _ = try reader.member("sampleRateHz").integer(in: sampleRateHz...sampleRateHz)
    return try reader.member("millivoltsPerCode").number(in: 1e-6...1)
  }

  /// Files of before the spread pooling have none: the mean.
  private static func readPooling(_ reader: JSONReader?) throws(ModelError) -> Pooling {
    guard let reader else { return .mean }
    guard let pooling = Pooling(rawValue: try reader.string()) else {
      throw reader.failure("mean or spread")
    }
    return pooling
  }

  private static func readLayers(_ reader: JSONReader) throws(ModelError) -> [Layer] {
    var sources: [String: Source] = ["input": .input]
    var layers: [Layer] = []
    func channels(_ source: Source) -> Int {
      switch source {
      case .input: Lead.allCases.count
      case .layer(let index): layers[index].outputChannels
      }
    }
    for element in try reader.elements(count: 1...256) {
      let layer = try Layer(element, sources: sources)
      guard channels(layer.input) == layer.inputChannels else {
        throw element.failure("as many input channels as its input has")
      }
      if let skip = layer.skip, channels(skip) != layer.outputChannels {
        throw element.failure("as many output channels as its skip has")
      }
      guard sources.updateValue(.layer(layers.count), forKey: layer.name) == nil else {
        throw element.failure("a layer with a name of its own")
      }
      layers.append(layer)
    }
    return layers
  }

  /// A file of a few bytes must not ask for all memory, nor its golden vectors for hours.
  private func checkCost(path: String) throws(ModelError) {
    let lengths = lengths(sampleCount: windowSamples)
    let activations = zip(layers, lengths).reduce(0) { sum, entry in
      sum + entry.0.outputChannels * (entry.1 + 2 * 64)
    }
    guard activations <= Self.activationCountMax else {
      throw ModelError(
        "\(path): a window has \(activations) activations, more than \(Self.activationCountMax). "
          + "Use a model written by the training tools.")
    }
    guard multiplyAccumulates <= Self.multiplyAccumulatesMax else {
      throw ModelError(
        "\(path): a window takes \(multiplyAccumulates) multiply-accumulates, more than "
          + "\(Self.multiplyAccumulatesMax). Use a model written by the training tools.")
    }
  }

  /// With padding only whole windows are encoded: their frames must come out.
  private func checkPaddedFrames(path: String) throws(ModelError) {
    guard lengths(sampleCount: windowSamples).last == windowFrames,
      layers.last?.outputChannels == frameChannels, embeddingWidth == frameChannels * pooling.sums
    else {
      throw ModelError(
        "\(path): the layers do not give \(windowFrames) frames of \(frameChannels) channels.")
    }
  }

  /// Follows the input samples that the first output of each layer sees, and the samples between
  /// outputs: the last layer's are the frames.
  private func checkFrames(path: String) throws(ModelError) {
    var fields: [(stride: Int, samples: Range<Int>)] = []
    func field(_ source: Source) -> (stride: Int, samples: Range<Int>) {
      switch source {
      case .input: (1, 0..<1)
      case .layer(let index): fields[index]
      }
    }
    for layer in layers {
      let input = field(layer.input)
      let stride = input.stride * layer.stride
      var first = input.samples.lowerBound + layer.crop * input.stride
      var end = input.samples.upperBound + (layer.crop + layer.kernel - 1) * input.stride
      if let skip = layer.skip.map(field) {
        guard skip.stride == stride else {
          throw ModelError("\(path): layer \(layer.name) adds a skip of another stride.")
        }
        first = min(first, skip.samples.lowerBound + layer.skipCrop * skip.stride)
        end = max(end, skip.samples.upperBound + layer.skipCrop * skip.stride)
      }
      guard stride <= frameStride, end <= receptiveField else {
        throw ModelError("\(path): layer \(layer.name) sees more than the receptive field.")
      }
      fields.append((stride, first..<end))
    }
    guard let last = fields.last, let layer = layers.last, last.stride == frameStride,
      last.samples == 0..<receptiveField, layer.outputChannels == frameChannels,
      embeddingWidth == frameChannels * pooling.sums
    else {
      throw ModelError(
        """
        \(path): the layers do not give frames of \(frameChannels) channels every \(frameStride) \
        samples over \(receptiveField). Use a model written by the training tools.
        """)
    }
    guard lengths(sampleCount: windowSamples).last == windowFrames else {
      throw ModelError("\(path): a full window does not give \(windowFrames) frames.")
    }
  }
}

extension Graph.Layer {
  fileprivate init(
    _ reader: JSONReader, sources: [String: Graph.Source]
  ) throws(ModelError) {
    func source(_ reader: JSONReader) throws(ModelError) -> Graph.Source {
      guard let source = sources[try reader.string()] else {
        throw reader.failure("the name of an earlier layer, or input")
      }
      return source
    }
    name = try reader.member("name").string()
    input = try source(reader.member("input"))
    kernel = try reader.member("kernel").integer(in: 1...64)
    stride = try reader.member("stride").integer(in: 1...16)
    crop = try reader.member("crop").integer(in: 0...1024)
    padding = try reader.optional("padding")?.integer(in: 0...(kernel - 1)) ?? 0
    guard padding == 0 || crop == 0 else { throw reader.failure("padded without a crop") }
    inputChannels = try reader.member("inputChannels").integer(in: 1...4096)
    outputChannels = try reader.member("outputChannels").integer(in: 1...4096)
    let minimum = try reader.member("minimum").integer(in: -127...127)
    let maximum = try reader.member("maximum").integer(in: minimum...127)
    codes = minimum...maximum
    shift = try reader.member("shift").integer(in: 1...62)
    if let skip = try reader.optional("skip") {
      self.skip = try source(skip)
      skipCrop = try reader.member("skipCrop").integer(in: 0...1024)
    } else {
      skip = nil
      skipCrop = 0
    }
  }
}
