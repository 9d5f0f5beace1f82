// How much of every layer's output a stream keeps between two advances, found by walking the counts of
// samples through the graph: no signal, only lengths.

/// The sources of a streaming encoder: the input first, then the layers in order.
struct StreamPlan {
  /// Time steps to keep room for, per source.
  let capacities: [Int]

  /// Plans for up to `newSamples` samples between two advances and for the newest `windowFrames` frames.
  init(_ graph: Graph, newSamples: Int) {
    let strides = Self.strides(graph)
    var kept = [Int](repeating: 0, count: graph.layers.count + 1)
    let period = graph.receptiveField + 2 * graph.frameStride
    for sampleCount in 0...period {
      let lengths = [sampleCount] + graph.lengths(sampleCount: sampleCount)
      for (source, first) in Self.firstNeeded(graph, lengths: lengths).enumerated() {
        kept[source] = max(kept[source], lengths[source] - first)
      }
    }
    kept[kept.count - 1] = graph.windowFrames
    capacities = zip(kept, strides).map { $0 + (newSamples + $1 - 1) / $1 }
  }

  /// The first time step of every source that a later output needs, once all outputs of `lengths` exist.
  static func firstNeeded(_ graph: Graph, lengths: [Int]) -> [Int] {
    var first = lengths
    for (index, layer) in graph.layers.enumerated() {
      let next = lengths[index + 1]
      let input = place(of: layer.input)
      first[input] = min(first[input], layer.crop + next * layer.stride)
      if let skip = layer.skip.map(place) { first[skip] = min(first[skip], layer.skipCrop + next) }
    }
    return first
  }

  /// A source's place among the sources.
  static func place(of source: Graph.Source) -> Int {
    switch source {
    case .input: 0
    case .layer(let index): index + 1
    }
  }

  /// Samples between time steps of every source.
  private static func strides(_ graph: Graph) -> [Int] {
    var strides = [1]
    for layer in graph.layers { strides.append(strides[place(of: layer.input)] * layer.stride) }
    return strides
  }
}
