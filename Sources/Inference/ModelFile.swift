// What stands in model.safetensors: metadata, graph, statements and tensors, read and checked.

/// A model's main file as values.
struct ModelFile {
  let name: String
  let created: String
  let training: String
  let preprocessing: Preprocessing
  let graph: Graph
  let statements: [Statement]
  let layers: [LayerParameters]
  let head: HeadParameters

  /// Reads the file's bytes; `path` is for messages.
  init(_ bytes: [UInt8], name path: String) throws(ModelError) {
    let file = try SafeTensors(bytes, name: path)
    guard try Self.text("format", file) == "ecgclip-model/1" else {
      throw ModelError("\(path) is not of format ecgclip-model/1. Export the model again.")
    }
    name = try Self.text("name", file)
    created = try Self.text("created", file)
    training = try Self.text("training", file)
    preprocessing = try Preprocessing(
      text: Self.text("preprocessing", file), path: "\(path): preprocessing")
    graph = try Graph(text: Self.text("graph", file), path: "\(path): graph")
    statements = try Statement.list(
      JSONReader(text: Self.text("statements", file).utf8, path: "\(path): statements"))
    var layers: [LayerParameters] = []
    for layer in graph.layers {
      layers.append(try LayerParameters(file, layer: layer, graph: graph))
    }
    self.layers = layers
    head = try HeadParameters(file, statementCount: statements.count, graph: graph)
    let headTensors = 3
    let known = graph.layers.reduce(headTensors) { $0 + ($1.skip == nil ? 3 : 4) }
    guard file.tensors.count == known else {
      throw ModelError("\(path) has tensors that its graph does not name. Export it again.")
    }
  }

  private static func text(_ key: String, _ file: SafeTensors) throws(ModelError) -> String {
    guard let text = file.metadata[key], !text.isEmpty else {
      throw ModelError("\(file.name) has no '\(key)' in its metadata. Export the model again.")
    }
    return text
  }
}
