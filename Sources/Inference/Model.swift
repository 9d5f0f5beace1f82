// A model that was checked from the first to the last byte before anyone may use it: manifest,
// container, shapes, ranges, and of integers the golden vectors computed by this machine's own kernels.

import ECGSignal
import StrictJSON

/// A model ready to use. Immutable; encoders, heads and preprocessors made from it copy what they need.
public final class Model: Sendable {
  /// One number of the model's evaluation.
  public struct Metric: Hashable, Sendable {
    /// Where it stands in `metrics.json` ("testFold.macroAUROC").
    public let name: String
    /// The number.
    public let value: Double
  }

  private static let goldenName = "golden.safetensors"
  private static let metricsName = "metrics.json"

  /// The model's name ("ecgclip-r18").
  public let name: String
  /// SHA-256 of the file with the weights, 64 hexadecimal digits: what a report names the model by.
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
  /// The numbers of `metrics.json`, by path; empty where the model brings none or was not loaded completely.
  public let metrics: [Metric]
  /// Golden cases that gave the same bits when the model was loaded; 0 for floats, which have none.
  public let goldenCaseCount: Int

  /// The kernels that encoders made from it use.
  public let kernels: KernelSet

  let weights: Weights
  let head: HeadParameters

  /// Whether the weights are integers or floats.
  public var arithmetic: Arithmetic { weights.arithmetic }

  /// Multiply-accumulates of the encoder per 10 s window.
  public var multiplyAccumulates: Int { graph.multiplyAccumulates }

  /// Weights of the encoder and the head.
  public var parameterCount: Int {
    weights.count + head.weight.count + head.mask.count + head.bias.count
  }

  /// Loads the model in a folder and checks what it uses; with `completely` also the other files that the
  /// manifest lists, and reads the metrics. Where no `arithmetic` is asked for, a folder without integers
  /// gives its floats.
  public convenience init(
    folder path: String, arithmetic: Arithmetic? = .int8, completely: Bool = false
  ) throws(ModelError) {
    let folder = try ModelFolder(path)
    let holdsIntegers = folder.lists(Arithmetic.int8.fileName)
    let arithmetic = arithmetic ?? (holdsIntegers ? .int8 : .float)
    if arithmetic == .int8, !holdsIntegers, folder.lists(Arithmetic.float.fileName) {
      throw ModelError(
        "\(path) has float weights alone, which screen and evaluate; for this choose a model with "
          + "\(Arithmetic.int8.fileName).")
    }
    let fileName = arithmetic.fileName
    let bytes = try folder.bytes(fileName)
    let golden = arithmetic == .int8 ? try folder.bytes(Self.goldenName) : nil
    if completely { try folder.checkAll() }
    let metrics =
      completely && folder.lists(Self.metricsName)
      ? Self.numbers(try folder.bytes(Self.metricsName)) : []
    try self.init(
      bytes, golden: golden, in: path, arithmetic: arithmetic,
      sha256: folder.digest(fileName), metrics: metrics)
  }

  /// Reads the bytes of a model's main file; without `golden` no vectors are checked. `path` is the folder's,
  /// for messages.
  package init(
    _ bytes: [UInt8], golden: [UInt8]?, in path: String, arithmetic: Arithmetic,
    sha256: String = "", metrics: [Metric] = []
  ) throws(ModelError) {
    let file = try ModelFile(
      bytes, name: "\(path)/\(arithmetic.fileName)", arithmetic: arithmetic)
    name = file.name
    created = file.created
    training = file.training
    self.sha256 = sha256
    statements = file.statements
    graph = file.graph
    preprocessing = file.preprocessing
    self.metrics = metrics
    weights = file.weights
    head = file.head
    kernels = try KernelSet.chosen()
    guard let golden else {
      goldenCaseCount = 0
      return
    }
    let vectors = try GoldenVectors(
      golden, name: "\(path)/\(Self.goldenName)", graph: file.graph,
      statementCount: file.statements.count)
    goldenCaseCount = vectors.caseCount
    try vectors.check(self)
  }

  /// The numbers of a JSON text by path. Metrics are for people: whatever does not fit is left out.
  private static func numbers(_ bytes: [UInt8]) -> [Metric] {
    guard let root = try? JSONValue(parsing: bytes) else { return [] }
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
