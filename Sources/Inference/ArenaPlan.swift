// Where each layer's output lies in the encoder's one block of memory. An output lives from its layer
// to the last layer that reads it; outputs that never live at the same time share bytes. For a chain
// with skips this comes out as two or three buffers used in turn. Where a reader wants zeros before and
// after an output, they have room around it.

import ECGSignal

/// Byte offsets of the layers' outputs.
struct ArenaPlan: Hashable, Sendable {
  /// Cache line: every output starts on one.
  static let alignment = 64

  /// Offset of each layer's output: of its first time step, behind the room for zeros.
  let offsets: [Int]
  /// Offset of a copy of the input with room around it; nil where no layer wants zeros around the input.
  let inputOffset: Int?
  /// Bytes of the whole arena.
  let byteCount: Int

  /// Plans for inputs of up to `sampleCount` samples: first fit, in order of execution.
  init(_ graph: Graph, sampleCount: Int) {
    func bytes(_ source: Graph.Source, channels: Int, length: Int) -> Int {
      Self.rounded(channels * (length + 2 * graph.padding(of: source)))
    }
    let lengths = graph.lengths(sampleCount: sampleCount)
    let sizes = graph.layers.indices.map { index in
      bytes(
        .layer(index), channels: graph.layers[index].outputChannels, length: lengths[index])
    }
    let lastUse = Self.lastUses(graph)
    var starts: [Int] = []
    for index in graph.layers.indices {
      let alive = starts.indices.filter { lastUse[$0] >= index }
      let taken = alive.map { starts[$0]..<starts[$0] + sizes[$0] }
      var start = 0
      for range in taken.sorted(by: { $0.lowerBound < $1.lowerBound })
      where range.lowerBound < start + sizes[index] {
        start = max(start, range.upperBound)
      }
      starts.append(start)
    }
    offsets = graph.layers.indices.map { index in
      starts[index] + graph.padding(of: .layer(index)) * graph.layers[index].outputChannels
    }
    let end = zip(starts, sizes).map(+).max() ?? 0
    let inputPadding = graph.padding(of: .input)
    let leads = Lead.allCases.count
    inputOffset = inputPadding == 0 ? nil : end + inputPadding * leads
    byteCount =
      inputPadding == 0 ? end : end + bytes(.input, channels: leads, length: sampleCount)
  }

  /// A size, rounded up to whole cache lines.
  static func rounded(_ byteCount: Int) -> Int {
    (byteCount + alignment - 1) / alignment * alignment
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
