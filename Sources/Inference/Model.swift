// A model that was checked from the first to the last byte before anyone may use it: manifest,
// container, shapes, ranges, and the golden vectors computed by this machine's own kernels.

import ECGSignal

/// A model ready to use. Immutable; encoders, heads and preprocessors made from it copy what they need.
public final class Model: Sendable {
  /// One number of the model's evaluation.
  public struct Metric: Hashable, Sendable {
    /// Where it stands in `metrics.json` ("testFold.macroAUROC").
    public let name: String
    /// The number.
    public let value: Double
  }

  /// The model's name ("ecgclip-r18-w32").
  public let name: String
  /// SHA-256 of `model.safetensors`, 64 hexadecimal digits: what a report names the model by.
  public let sha256: String
  /// The date on which it was made (ISO 8601).
  public let created: String
  /// SHA-256 over the training sources and splits.
  public let training: String
  /// The statements it can make, in the order of the head.
  public let statements: [Statement]
  /// The encoder's graph.
  public let graph: Graph
  /// What its input must go through.
  public let preprocessing: Preprocessing
  /// The numbers of `metrics.json`, by path; empty where the model brings none.
  public let metrics: [Metric]
  /// Golden cases that gave the same bits when the model was loaded.
  public let goldenCaseCount: Int

  let layers: [LayerParameters]
  let head: HeadParameters

  /// Multiply-accumulates of the encoder per 10 s window.
  public var multiplyAccumulates: Int { graph.multiplyAccumulates }

  /// Weights of the encoder and the head.
  public var parameterCount: Int {
    layers.reduce(0) { $0 + $1.weight.count + $1.bias.count } + head.weight.count + head.mask.count
      + head.bias.count
  }

  /// Loads and checks the model in a folder.
  public init(folder: String) throws(ModelError) {
    let modelName = "model.safetensors"
    let goldenName = "golden.safetensors"
    let metricsName = "metrics.json"
    let files = try ModelFolder(
      folder, required: [modelName, goldenName], keeping: [modelName, goldenName, metricsName])
    guard let modelBytes = files[modelName], let goldenBytes = files[goldenName],
      let digest = files.digests[modelName]
    else { throw ModelError("\(folder) is not a complete model. Copy the model folder again.") }
    let file = try SafeTensors(modelBytes, name: "\(folder)/\(modelName)")
    func text(_ key: String) throws(ModelError) -> String {
      guard let text = file.metadata[key] else {
        throw ModelError("\(file.name) has no '\(key)' in its metadata. Export the model again.")
      }
      return text
    }
    guard try text("format") == "ecgclip-model/1" else {
      throw ModelError("\(file.name) is not of format ecgclip-model/1. Export the model again.")
    }
    name = try text("name")
    created = try text("created")
    training = try text("training")
    sha256 = digest
    preprocessing = try Preprocessing(
      text: text("preprocessing"), path: "\(file.name): preprocessing")
    let graph = try Graph(text: text("graph"), path: "\(file.name): graph")
    self.graph = graph
    let list = try JSONReader(text: text("statements").utf8, path: "\(file.name): statements")
    statements = try Statement.list(list)
    var layers: [LayerParameters] = []
    for layer in graph.layers {
      layers.append(try LayerParameters(file, layer: layer, graph: graph))
    }
    self.layers = layers
    head = try HeadParameters(file, statementCount: statements.count, graph: graph)
    let expected = graph.layers.reduce(3) { $0 + ($1.skip == nil ? 3 : 4) }
    guard file.tensors.count == expected else {
      throw ModelError("\(file.name) has tensors that its graph does not name. Export it again.")
    }
    metrics = Self.numbers(files[metricsName])
    let golden = try GoldenVectors(
      goldenBytes, name: "\(folder)/\(goldenName)", graph: graph, statementCount: statements.count)
    goldenCaseCount = golden.caseCount
    try golden.check(self)
  }

  /// The numbers of a JSON text by path. Metrics are for people: whatever does not fit is left out.
  private static func numbers(_ bytes: [UInt8]?) -> [Metric] {
    guard let bytes, let root = try? JSONValue(parsing: bytes) else { return [] }
    var metrics: [Metric] = []
    func visit(_ value: JSONValue, _ path: String) {
      switch value {
      case .number(let number): metrics.append(Metric(name: path, value: number))
      case .object(let members):
        for (key, member) in members.sorted(by: { $0.key < $1.key }) {
          visit(member, path.isEmpty ? key : path + "." + key)
        }
      default: break
      }
    }
    visit(root, "")
    return metrics
  }
}
