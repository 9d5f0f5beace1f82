// The network before quantisation, evaluated plainly: every layer's windows are laid out as the rows of a
// matrix (im2col) and multiplied by its weights (sgemm). The oracle for what the integers lose, and the way to
// screen with a model that has none. It reads the same input codes as the integers do: rounding the input is
// part of the network, training did it too. No hot path: a call allocates what it needs.

import COpenBLAS
import ECGSignal

/// An encoder in 32-bit floats. One thread at a time.
public final class FloatEncoder {
  /// A layer's output or the input, `[time][channel]`.
  struct Signal {
    var values: [Float]
    let channels: Int
    var length: Int { values.count / channels }
  }

  /// Numbers that a call gives.
  public let featureCount: Int

  private let graph: Graph
  private let parameters: [FloatLayerParameters]

  /// Takes the weights of a model loaded in floats. Fails where OpenBLAS is not installed.
  public init(model: Model) throws(ModelError) {
    guard case .float(let parameters) = model.weights else {
      preconditionFailure("a model loaded in integers has no floats to run")
    }
    if let reason = copenblas_load() {
      throw ModelError(
        "Float weights need OpenBLAS (\(String(cString: reason))). Install it: apt-get install "
          + "libopenblas0-pthread.")
    }
    graph = model.graph
    featureCount = graph.embeddingWidth
    self.parameters = parameters
  }

  /// Encodes a window of `[time][12]` codes, a full one where the graph pads its input. `features` takes
  /// `featureCount` numbers: every channel's mean over the frames, with spread pooling the standard
  /// deviations behind them. Returns the frames, 0 where the input is shorter than one.
  public func encode(
    _ codes: UnsafePointer<Int8>, sampleCount: Int, into features: UnsafeMutablePointer<Double>
  ) -> Int {
    guard let frames = outputs(codes, sampleCount: sampleCount).last, frames.length > 0 else {
      return 0
    }
    pool(frames, into: features)
    return frames.length
  }

  /// The outputs of all layers.
  func outputs(_ codes: UnsafePointer<Int8>, sampleCount: Int) -> [Signal] {
    precondition(sampleCount >= 0 && sampleCount <= graph.windowSamples, "more than a window")
    let leads = Lead.allCases.count
    let input = Signal(
      values: UnsafeBufferPointer(start: codes, count: sampleCount * leads).map {
        Float(Double($0) * graph.millivoltsPerCode)
      }, channels: leads)
    let lengths = graph.lengths(sampleCount: sampleCount)
    var outputs: [Signal] = []
    func signal(_ source: Graph.Source) -> Signal {
      switch source {
      case .input: input
      case .layer(let index): outputs[index]
      }
    }
    for (index, layer) in graph.layers.enumerated() {
      outputs.append(
        run(layer, parameters[index], signal(layer.input), layer.skip.map(signal), lengths[index]))
    }
    return outputs
  }

  /// Bias and skip first, the products on top, then ReLU where the graph clamps to 0.
  private func run(
    _ layer: Graph.Layer, _ parameters: FloatLayerParameters, _ input: Signal, _ skip: Signal?,
    _ length: Int
  ) -> Signal {
    let channels = layer.outputChannels
    var sums: [Float] = []
    sums.reserveCapacity(length * channels)
    for _ in 0..<length { sums += parameters.bias }
    if let skip {
      let start = layer.skipCrop * channels
      for index in sums.indices { sums[index] += skip.values[start + index] }
    }
    let rows = windows(of: input, layer, count: length)
    copenblas_multiply_add(
      rows, parameters.weight, &sums, length, channels, layer.kernel * layer.inputChannels)
    if layer.codes.lowerBound >= 0 {
      for index in sums.indices { sums[index] = max(0, sums[index]) }
    }
    return Signal(values: sums, channels: channels)
  }

  /// What each output sees of the input, a row each; zeros where a window reaches beyond its ends.
  private func windows(of input: Signal, _ layer: Graph.Layer, count: Int) -> [Float] {
    let rowLength = layer.kernel * input.channels
    var rows = [Float](repeating: 0, count: count * rowLength)
    for time in 0..<count {
      let start = layer.crop - layer.padding + time * layer.stride
      let first = max(0, start)
      let end = min(input.length, start + layer.kernel)
      guard first < end else { continue }
      let place = time * rowLength + (first - start) * input.channels
      let part = input.values[first * input.channels..<end * input.channels]
      rows.replaceSubrange(place..<place + part.count, with: part)
    }
    return rows
  }

  /// In double precision, the spread about the mean: frames that are alike lose no digits.
  private func pool(_ frames: Signal, into features: UnsafeMutablePointer<Double>) {
    let count = Double(frames.length)
    for channel in 0..<frames.channels {
      let values = stride(from: channel, to: frames.values.count, by: frames.channels).map {
        Double(frames.values[$0])
      }
      let mean = values.reduce(0, +) / count
      features[channel] = mean
      guard graph.pooling == .spread else { continue }
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      features[frames.channels + channel] = (squares / count).squareRoot()
    }
  }
}
