// Where each layer's output lies in the encoder's one block of memory. An output lives from its layer
// to the last layer that reads it; outputs that never live at the same time share bytes. For a chain
// with skips this comes out as two or three buffers used in turn.

/// Byte offsets of the layers' outputs.
struct ArenaPlan: Hashable, Sendable {
  /// Cache line: every output starts on one.
  static let alignment = 64

  /// Offset of each layer's output.
  let offsets: [Int]
  /// Bytes of the whole arena.
  let byteCount: Int

  /// Plans for inputs of up to `sampleCount` samples: first fit, in order of execution.
  init(_ graph: Graph, sampleCount: Int) {
    let sizes = zip(graph.layers, graph.lengths(sampleCount: sampleCount)).map { layer, length in
      let bytes = layer.outputChannels * length
      return (bytes + Self.alignment - 1) / Self.alignment * Self.alignment
    }
    let lastUse = Self.lastUses(graph)
    var offsets: [Int] = []
    for index in graph.layers.indices {
      let alive = offsets.indices.filter { lastUse[$0] >= index }
      let taken = alive.map { offsets[$0]..<offsets[$0] + sizes[$0] }
      var offset = 0
      for range in taken.sorted(by: { $0.lowerBound < $1.lowerBound })
      where range.lowerBound < offset + sizes[index] {
        offset = max(offset, range.upperBound)
      }
      offsets.append(offset)
    }
    self.offsets = offsets
    byteCount = zip(offsets, sizes).map(+).max() ?? 0
  }

  /// The last layer that reads each output. The frames of the last layer are read after all.
  private static func lastUses(_ graph: Graph) -> [Int] {
    var result = Array(graph.layers.indices)
    for (index, layer) in graph.layers.enumerated() {
      for case .layer(let source)? in [layer.input, layer.skip] { result[source] = index }
    }
    result[graph.layers.count - 1] = graph.layers.count
    return result
  }
}
