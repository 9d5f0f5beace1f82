// What stands in model.safetensors and in float.safetensors: metadata, graph, statements and tensors, read
// and checked. The two say the same but for their weights.

/// A model's main file as values.
struct ModelFile {
  let name: String
  let created: String
  let training: String
  let preprocessing: Preprocessing
  let graph: Graph
  let statements: [Statement]
  let weights: Weights
  let head: HeadParameters

  /// Reads the file's bytes; `path` is for messages.
  init(_ bytes: [UInt8], name path: String, arithmetic: Arithmetic) throws(ModelError) {
    let file = try SafeTensors(bytes, name: path)
    guard try Self.text("format", file) == arithmetic.format else {
      throw ModelError("\(path) is not of format \(arithmetic.format). Export the model again.")
    }
    name = try Self.text("name", file)
    created = try Self.text("created", file)
    training = try Self.text("training", file)
    preprocessing = try Preprocessing(
      text: Self.text("preprocessing", file), path: "\(path): preprocessing")
    graph = try Graph(text: Self.text("graph", file), path: "\(path): graph")
    statements = try Statement.list(
      JSONReader(text: Self.text("statements", file).utf8, path: "\(path): statements"))
    weights = try Weights(file, graph: graph, arithmetic: arithmetic)
    head = try HeadParameters(file, statementCount: statements.count, graph: graph)
    guard file.tensors.count == weights.tensorCount + HeadParameters.tensorCount else {
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
